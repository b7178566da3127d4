"""Similarity search over the stored articles. Reads what the pipelines write to MongoDB; never imports Scrapy.

from similarity import SimilarityIndex

with SimilarityIndex.open() as index:
    for hit in index.search("先进封装 产能", k=5):
        print(hit.score, hit.article.title)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from similarity.analytics.earlier import Earlier, EarlierPage
    from similarity.analytics.keywords import Keyword
    from similarity.analytics.related_terms import Related
    from similarity.analytics.trend import Period, Trend
    from similarity.errors import IndexClosed, NotInstalled, QueryError, TooFewArticles
    from similarity.index import SimilarityIndex
    from similarity.ranking.results.hit_list import HitList
    from similarity.ranking.results.hits import Hit, Status
    from store.connection import StoreError

__all__ = [
    "Earlier",
    "EarlierPage",
    "Hit",
    "HitList",
    "IndexClosed",
    "Keyword",
    "NotInstalled",
    "Period",
    "QueryError",
    "Related",
    "SimilarityIndex",
    "Status",
    "StoreError",
    "TooFewArticles",
    "Trend",
]

_MODULES = {
    "Earlier": "similarity.analytics.earlier",
    "EarlierPage": "similarity.analytics.earlier",
    "Hit": "similarity.ranking.results.hits",
    "HitList": "similarity.ranking.results.hit_list",
    "IndexClosed": "similarity.errors",
    "Keyword": "similarity.analytics.keywords",
    "NotInstalled": "similarity.errors",
    "Period": "similarity.analytics.trend",
    "QueryError": "similarity.errors",
    "Related": "similarity.analytics.related_terms",
    "SimilarityIndex": "similarity.index",
    "Status": "similarity.ranking.results.hits",
    "StoreError": "store.connection",
    "TooFewArticles": "similarity.errors",
    "Trend": "similarity.analytics.trend",
}
"""Where each name is. It is imported when it is first used: ``python -m similarity --help`` needs none of them."""


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_MODULES[name]), name)
    return value


def __dir__() -> list[str]:
    return __all__
