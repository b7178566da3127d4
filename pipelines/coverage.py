"""Measure what the articles of a run have of dates and texts, before anything is withheld."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import Self

from scrapy.crawler import Crawler

from crawler.source import Thresholds
from store.article import Article


@dataclass
class Coverage:
    """Numbers over articles; those of which a text cannot be expected do not count for texts, and so on."""

    dated: list[bool] = field(default_factory=list)
    texts: list[bool] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)

    def add(self, article: Article, read: bool) -> None:
        """*read*: the source's articles are read from their pages, so there should be a body."""
        if article.kind == "data":
            return
        if article.kind == "news":
            self.dated.append(article.published is not None)
        if article.access != "headline":
            self.texts.append(bool(article.body.strip() or article.summary.strip()))
            if read:
                self.lengths.append(len(article.body))

    def figures(self) -> dict[str, float]:
        """Shares and the median by name, as in a row's thresholds; only those of which there is something to tell."""
        found = {}
        if self.dated:
            found["published"] = round(sum(self.dated) / len(self.dated), 3)
        if self.texts:
            found["text"] = round(sum(self.texts) / len(self.texts), 3)
        if self.lengths:
            found["length"] = median(self.lengths)
        return found


def shortcomings(figures: dict[str, float], thresholds: Thresholds) -> list[str]:
    """What of *figures* lies below *thresholds*, in words."""
    return [
        f"{name} {value:g} is below {least:g}"
        for name, value in figures.items()
        if value < (least := getattr(thresholds, name))
    ]


class Measure:
    """Adds every article that passes to the coverage of the run."""

    def __init__(self, crawler: Crawler, coverage: Coverage) -> None:
        self._crawler, self._coverage = crawler, coverage

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        from pipelines.memory import memory_of

        return cls(crawler, memory_of(crawler).coverage)

    def process_item(self, article: Article) -> Article:
        row = getattr(self._crawler.spider, "row", None)
        self._coverage.add(article, read=row is not None and row.read == "page")
        return article
