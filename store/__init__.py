"""What lies in MongoDB: the connection, the embedded server, articles, dictionary and vectors.

``store.article`` and ``store.settings`` are free of MongoDB; the crawler imports nothing else from here.
"""
