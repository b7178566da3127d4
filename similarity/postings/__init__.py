"""Inverted index of a segment: postings by token, and bitsets of frequent tokens."""
