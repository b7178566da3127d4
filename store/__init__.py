"""Everything in MongoDB: the connection, the embedded server, documents and the index.

Imports go one way: ``article``, ``errors``, ``settings`` and ``vectors`` import nothing else of the package; then
``server``, ``connection``, ``schema`` and ``counters``; then ``documents``, which are the collections of articles and
what belongs to them; then ``index``, the search index. The crawler imports only ``article``, ``errors`` and
``settings``, which do not load pymongo.
"""
