"""Text analysis: language, tokens, embeddings, translation of queries, stories. Knows no crawler and no database."""
