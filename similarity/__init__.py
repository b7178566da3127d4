"""MongoDB to answers: which articles are like this one. Reads what the pipelines write; never loads Scrapy."""

from similarity.errors import QueryError
from similarity.index import Hit, SimilarityIndex, Status

__all__ = ["Hit", "QueryError", "SimilarityIndex", "Status"]
