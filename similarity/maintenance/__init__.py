"""Jobs over all articles: rebuild the segments, re-tokenize the texts, train LSI."""
