"""MongoDB to answers: which articles are like this one. Reads what the pipelines write; never loads Scrapy."""

from similarity.index import Hit, QueryError, SimilarityIndex, Status

__all__ = ["Hit", "QueryError", "SimilarityIndex", "Status"]
