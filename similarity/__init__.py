"""MongoDB to answers: which articles are like this one. Reads what the pipelines write; never loads Scrapy."""

from similarity.errors import QueryError, TooFewArticles
from similarity.index import Hit, SimilarityIndex, Status
from similarity.keywords import Keyword
from similarity.related import Related
from similarity.trend import Period, Trend

__all__ = ["Hit", "Keyword", "Period", "QueryError", "Related", "SimilarityIndex", "Status", "TooFewArticles", "Trend"]
