"""Link discovery: reads entry pages (feeds, sitemaps, listings, JSON replies, report pages) to links.

``methods`` declares the discovery methods, ``reader`` reads an entry page by its method (and says how to add one),
``select`` keeps the links that are articles of the source.
"""
