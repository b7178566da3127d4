"""The default model, in two steps: candidates by words and embeddings, then an exact score of each."""
