"""What a company's earlier reports said where a later one has a page or a passage: the most similar page of each.

Pages are compared by the cosine of their tf-idf weights. Document frequencies are those among the pages of the
company's own reports: what stands on every page of them (its name, notes on the forecast) weighs next to nothing, and
what is particular to a section (capacity, inventory, risk factors) weighs most. Figures differ between quarters and
count as words that are not there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import log, sqrt
from typing import Any

from pymongo.database import Database

from similarity.errors import QueryError
from similarity.query.term_ids import TermIds
from store.article import Article
from store.connection import Document
from store.documents import articles
from store.vectors import unpack
from text.analysis.analyzer import Analyzer

MOST_REPORTS = 200
"""Reports of a company that are compared, the newest before the given one: of fifty years by quarters."""

_KINDS = ("report", "filing")
_BAGS = {"page_vectors": 1, "vector": 1, "files.fiscal_year": 1, "files.quarter": 1}

Bag = dict[int, int]
"""The count of each token of a page."""


@dataclass(frozen=True, slots=True)
class EarlierPage:
    """A page of an earlier report: its number from 1, how like it is (0 to 1), and its text, "" where that is not kept.

    ``year`` and ``quarter`` are those that the report is on; the quarter is 0 for one on a whole year, and both are 0
    where the report does not say.
    """

    article: Article
    page: int
    score: float
    year: int
    quarter: int
    text: str


@dataclass(frozen=True, slots=True)
class Earlier:
    """The page or passage that was asked for, and the most similar page of each earlier report, the newest first.

    ``page``: 0 for a passage. ``company``: whose reports they are, a name or the key of the source.
    """

    article: Article
    page: int
    text: str
    company: str
    reports: tuple[EarlierPage, ...]


def earlier(
    database: Database[Document],
    analyzer: Analyzer,
    term_ids: TermIds,
    article_id: str,
    page: int | None,
    passage: str | None,
    k: int,
) -> Earlier:
    """What the *k* newest reports before *article_id* of the same company have on its *page*, or on a *passage*.

    With neither: on its first page. Of the reports on one quarter or year only the most similar one is taken. Those
    that share no word with it are left out. Raises QueryError for an article without a date, for a page that it does
    not have, and for both a page and a passage.
    """
    if page is not None and passage is not None:
        message = "give the page of the report, or a passage of it: one of the two"
        raise QueryError(message, "page", "page 与 passage 只能给一个：报告的一页，或其中一段")
    if passage is None and page is None:
        page = 1
    stored = articles.read(database, [article_id])
    if article_id not in stored:
        raise QueryError(f"no article {article_id!r} is stored", "article", f"没有存有文章 {article_id!r}")
    article = stored[article_id].article
    if article.published is None:
        title = repr(article.title[:60])
        raise QueryError(f"{title} has no date: nothing is earlier", "article", f"{title} 没有日期，无从比较先后")
    bag = _bag_of(database, analyzer, term_ids, article_id, page, passage)
    rows = list(_before(database, article, article.published, article_id))
    pages = [(row["_id"], number, own) for row in rows for number, own in enumerate(_bags(row), 1)]
    best = _best_pages(bag, pages)
    found = _one_a_period(rows, best)[:k]
    read = articles.read(database, found)
    reports = tuple(
        _earlier_page(read[key].article, *best[key]) for key in found if key in read
    )  # one that was deleted meanwhile is left out
    text = passage if passage is not None else _text(article, page or 1)
    return Earlier(article, page or 0, text, _company(article), reports)


def _bag_of(
    database: Database[Document],
    analyzer: Analyzer,
    term_ids: TermIds,
    article_id: str,
    page: int | None,
    passage: str | None,
) -> Bag:
    if passage is not None:
        tokens = analyzer.tokens(passage)
        ids = term_ids.ids(set(tokens))
        bag: Bag = {}
        for token in tokens:
            if token in ids:
                bag[ids[token]] = bag.get(ids[token], 0) + 1
        if not bag:
            message = "the passage has no words that any article has"
            raise QueryError(message, "passage", "这段文字里没有任何文章有的词")
        return bag
    row = database.articles.find_one({"_id": article_id}, _BAGS)
    bags = _bags(row) if row else []
    if page is None or not 1 <= page <= len(bags):
        message = f"there is no page {page}: the report has {len(bags)}"
        raise QueryError(message, "page", f"没有第 {page} 页：报告共 {len(bags)} 页")
    return bags[page - 1]


def _before(database: Database[Document], article: Article, published: datetime, article_id: str) -> Sequence[Document]:
    """The dated reports of the same company before *published*, the newest first, with the bags of their pages.

    Not those on the same quarter or year: a release and the statements that follow it say the same.
    """
    wanted: dict[str, Any] = {
        "source": article.source,
        "kind": {"$in": [*_KINDS]},
        "published": {"$lt": published},
        "_id": {"$ne": article_id},
    }
    if name := _named_company(article):
        wanted["files.company"] = name
    if periods := _periods(article):
        wanted["files"] = {"$not": {"$elemMatch": {"fiscal_year": periods[0][0], "quarter": periods[0][1]}}}
    order = [("published", -1), ("_id", 1)]
    return list(database.articles.find(wanted, _BAGS).sort(order).limit(MOST_REPORTS))


def _bags(row: Document) -> list[Bag]:
    """The bags of the pages of a stored report; one that is not divided into pages is one page."""
    return [dict(unpack(vector)) for vector in row["page_vectors"] or [row["vector"]]]


def _one_a_period(rows: Sequence[Document], best: Mapping[str, tuple[int, float]]) -> list[str]:
    """The ids of the reports *rows*, of each period only the most similar one.

    A quarter has a report in each language and slides beside the statements. The newest of them may be the one in
    which the page is not.
    """
    chosen: dict[tuple[int, int] | str, str] = {}
    for row in rows:
        if (key := row["_id"]) not in best:
            continue
        periods = [(file["fiscal_year"], file["quarter"]) for file in row.get("files", ()) if file.get("fiscal_year")]
        period = periods[0] if periods else key
        if period not in chosen or best[key][1] > best[chosen[period]][1]:
            chosen[period] = key
    taken = set(chosen.values())
    return [row["_id"] for row in rows if row["_id"] in taken]


def _best_pages(bag: Bag, pages: Sequence[tuple[str, int, Bag]]) -> dict[str, tuple[int, float]]:
    """For each report of *pages* (id, number, bag) the page most like *bag* and its score; of equal ones the first."""
    frequencies: dict[int, int] = {}
    for _, _, own in pages:
        for token in own:
            frequencies[token] = frequencies.get(token, 0) + 1

    def weights(of: Bag) -> dict[int, float]:
        return {
            token: (1 + log(count)) * log(1 + (len(pages) + 1) / (frequencies.get(token, 0) + 0.5))
            for token, count in of.items()
        }

    wanted = weights(bag)
    norm = sqrt(sum(weight * weight for weight in wanted.values()))
    best: dict[str, tuple[int, float]] = {}
    for key, number, own in pages:
        theirs = weights(own)
        product = sum(weight * theirs[token] for token, weight in wanted.items() if token in theirs)
        if not product:
            continue
        score = product / (norm * sqrt(sum(weight * weight for weight in theirs.values())))
        if key not in best or score > best[key][1]:
            best[key] = number, score
    return best


def _earlier_page(article: Article, page: int, score: float) -> EarlierPage:
    year, quarter = next(iter(_periods(article)), (0, 0))
    return EarlierPage(article, page, score, year, quarter, _text(article, page))


def _periods(article: Article) -> list[tuple[int, int]]:
    """The years and quarters that the files of a report are on."""
    return [(file.fiscal_year, file.quarter) for file in article.files if file.fiscal_year]


def _text(article: Article, page: int) -> str:
    """The text of a page; "" where it is not kept or may not be shown."""
    pages = article.pages if article.access == "full" and article.body else []
    return pages[page - 1] if page <= len(pages) else ""


def _named_company(article: Article) -> str:
    return next((file.company for file in article.files if file.company), "")


def _company(article: Article) -> str:
    return _named_company(article) or article.source
