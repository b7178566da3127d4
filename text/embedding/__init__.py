"""Sentence embeddings in one space for Chinese and English, and the passages they are made of."""
