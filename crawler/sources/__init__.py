"""The source table: one module a source, each with one value ``SOURCE``."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable
from difflib import get_close_matches
from importlib import import_module

from crawler.source import Source, SourceError


class UnknownSource(LookupError):
    """No source has that key; the message names those that are spelled alike."""

    def __str__(self) -> str:
        return str(self.args[0])


def table(rows: Iterable[Source]) -> dict[str, Source]:
    """*rows* by key, in order of number. Refuses two with one key or number, and gaps in the numbers."""
    found: dict[str, Source] = {}
    for place, row in enumerate(sorted(rows, key=lambda row: row.number), start=1):
        if row.key in found:
            raise SourceError(f"source {row.key}: two rows have this key")
        if row.number < place:
            raise SourceError(f"source {row.key}: number {row.number} is taken by another row")
        if row.number > place:
            raise SourceError(f"source {row.key}: number {row.number}, but no row has number {place}")
        found[row.key] = row
    return found


def source(key: str) -> Source:
    """The row of *key*; UnknownSource when there is none."""
    if key in SOURCES:
        return SOURCES[key]
    close = get_close_matches(key.lower().replace("-", "_"), SOURCES, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(close)}?" if close else "`scrapy list` prints all keys"
    raise UnknownSource(f"unknown source {key!r}: {hint}")


def _rows() -> Iterable[Source]:
    for module in pkgutil.iter_modules(__path__):
        row = getattr(import_module(f"{__name__}.{module.name}"), "SOURCE", None)
        if not isinstance(row, Source):
            raise SourceError(f"crawler/sources/{module.name}.py holds no SOURCE")
        if row.key != module.name:
            raise SourceError(f"source {row.key}: its file is called {module.name}.py")
        yield row


SOURCES: dict[str, Source] = table(_rows())
