"""Measures an extraction on the pages of the gate: body, title and date, by group of shapes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from statistics import mean
from time import process_time

from trafilatura import bare_extraction
from trafilatura.settings import Document

from crawler.extraction import read_document
from crawler.extraction.title_key import title_key
from tests.extraction.cases import Case

CAPTURED = datetime(2026, 11, 20, 4, tzinfo=UTC)
_TOKEN = re.compile(r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+")  # single Han characters, and other words


@dataclass(frozen=True)
class Reading:
    """What an extraction makes of a page."""

    body: str
    title: str
    published: date | None


Extractor = Callable[[Case], Reading]


def ours(case: Case) -> Reading:
    article = read_document(case.data, case.url, captured=CAPTURED)
    published = article.published
    return Reading(article.body, article.title, (published + case.offset).date() if published else None)


def trafilatura_fast(case: Case) -> Reading:
    return _trafilatura(case, fast=True)


def trafilatura_full(case: Case) -> Reading:
    return _trafilatura(case, fast=False)


def _trafilatura(case: Case, fast: bool) -> Reading:
    read = bare_extraction(case.data, url=case.url, with_metadata=True, fast=fast, include_comments=False)
    if not isinstance(read, Document):
        return Reading("", "", None)
    return Reading(read.text or "", read.title or "", date.fromisoformat(read.date) if read.date else None)


EXTRACTORS: Mapping[str, Extractor] = {"ours": ours, "fast": trafilatura_fast, "full": trafilatura_full}


def scores(pairs: Sequence[tuple[Case, Reading]]) -> dict[str, float]:
    """Shares of 1 over the pages: precision, recall and F1 of the body, titles, dates.

    ``dates`` is the share of right dates less twice the share of wrong ones; ``dated`` the share of pages with a date
    of which one was found, ``date precision`` the share of right ones among these.
    """
    overlaps = [_overlap(reading.body, case.body) for case, reading in pairs]
    found = [(case, reading) for case, reading in pairs if reading.published]
    right = sum(reading.published == case.published for case, reading in found)
    stated = sum(case.published is not None for case, _ in pairs)
    values = {
        "F1": mean(f1 for _, _, f1 in overlaps),
        "precision": mean(precision for precision, _, _ in overlaps),
        "recall": mean(recall for _, recall, _ in overlaps),
        "titles": mean(title_key(reading.title) == title_key(case.title) for case, reading in pairs),
        "dates": (right - 2 * (len(found) - right)) / max(stated, 1),
        "dated": sum(case.published is not None for case, _ in found) / max(stated, 1),
        "date precision": right / max(len(found), 1),
    }
    return {name: round(value, 4) for name, value in values.items()}


def _overlap(found: str, expected: str) -> tuple[float, float, float]:
    """Precision, recall and F1 by tokens."""
    one, other = (Counter(_TOKEN.findall(text.lower())) for text in (found, expected))
    common = (one & other).total()
    return (
        common / max(one.total(), 1),
        common / max(other.total(), 1),
        2 * common / max(one.total() + other.total(), 1),
    )


def read_all(extractor: Extractor, pages: Iterable[Case]) -> list[tuple[Case, Reading]]:
    return [(case, extractor(case)) for case in pages]


def milliseconds(pages: Sequence[Case], rounds: int) -> dict[str, float]:
    """CPU time a page of each extraction, the least of *rounds* that take turns."""
    least = dict.fromkeys(EXTRACTORS, float("inf"))
    for _ in range(rounds):
        for name, extractor in EXTRACTORS.items():
            start = process_time()
            read_all(extractor, pages)
            least[name] = min(least[name], 1000 * (process_time() - start) / len(pages))
    return least


def values_of(pairs: Sequence[tuple[Case, Reading]]) -> dict[str, dict[str, float]]:
    """The scores by group, and of all pages under ``all``."""
    groups = dict.fromkeys(case.group for case, _ in pairs)
    by_group = {group: scores([pair for pair in pairs if pair[0].group == group]) for group in groups}
    return {"all": scores(pairs)} | by_group
