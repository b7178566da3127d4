"""A whole store as one file and back: articles with their packed words and embeddings, stories, and the dictionary.

A file is JSON, an object a line. The first line names versions; then come documents, each under the name of its
collection, as MongoDB's Extended JSON; the last line counts them and has the SHA-256 of all lines before it. The raw
archive, the visits and the segments are not in it: segments are packed from the articles.
"""
