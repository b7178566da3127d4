"""What the index says about terms, apart from search: keywords, trends and related terms."""
