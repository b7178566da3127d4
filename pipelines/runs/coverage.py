"""Item pipeline: counts which articles of the run have a date and a text, before texts are withheld."""

from __future__ import annotations

from typing import Self

from scrapy.crawler import Crawler

from pipelines.runs.memory import memory_of
from pipelines.runs.verdict import Coverage
from store.article import Article


class MeasureCoverage:
    """Adds every article to the coverage of the run; the articles pass unchanged."""

    def __init__(self, crawler: Crawler, coverage: Coverage) -> None:
        self._crawler, self._coverage = crawler, coverage

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler, memory_of(crawler).coverage)

    def process_item(self, article: Article) -> Article:
        source = getattr(self._crawler.spider, "source", None)
        self._coverage.add(article, read=source is not None and source.read == "page")
        return article
