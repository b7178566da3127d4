"""Removes what was kept long enough (``retention``), in small steps; articles themselves are never removed.

It may be killed at any moment and run again, while crawls and readers go on. A page is removed after its article has
ceased to refer to it, so no article ever refers to a page that is gone; pages that a kill has left so count as those of
earlier versions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from pymongo.database import Database

from store.connection import Document
from store.documents import archive, downloads
from store.documents.retention import RetentionTable
from store.settings import settings

AT_ONCE = 200
"""Documents that one step removes at most."""

KEPT_RUNS = 8
"""Latest records of each source that stay, however old: those that its health is judged by."""

_GOOD = ("ok", "nothing_new")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Pruned:
    """What goes, or went, of one source ("" for what belongs to none): how many, their bytes where that is known."""

    kind: str
    source: str
    number: int
    bytes: int
    before: datetime


def prune(
    database: Database[Document],
    table: RetentionTable,
    now: datetime,
    dry: bool = False,
    step: Callable[[str], None] = lambda _: None,
) -> list[Pruned]:
    """Remove what *table* does not keep any longer at *now*; what that was. *dry*: only say it.

    *step* is called with what is about to be removed.
    """
    numbers, sizes = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for kind, work in _WORK.items():
        for source, keys, size, remove in work(database, table, now):
            numbers[kind, source] += len(keys)
            sizes[kind, source] += size
            if not dry:
                step(f"{kind} {source}")
                remove()
    return [
        Pruned(kind, source, number, sizes[kind, source], _before(table, kind, source, now))
        for (kind, source), number in numbers.items()
        if number
    ]


_Step = tuple[str, list[Any], int, Callable[[], object]]
"""Source, keys of what goes, its bytes, and what removes it."""


def _pages(database: Database[Document], table: RetentionTable, now: datetime) -> Iterator[_Step]:
    for source in sorted(database.articles.distinct("source")):
        if table.of(source).pages is None:
            continue
        old = {"source": source, "raw.captured": {"$lt": _before(table, "pages", source, now)}}
        for rows in _steps(database.articles.find(old, {"raw.sha256": 1, "raw.size": 1})):
            ids = [row["_id"] for row in rows]
            keys = [row["raw"]["sha256"] for row in rows]
            # Asked again by what is old: a page may have been read again meanwhile.
            remove = partial(_drop_pages, database, old | {"_id": {"$in": ids}}, keys)
            yield source, ids, sum(row["raw"]["size"] for row in rows), remove


def _drop_pages(database: Database[Document], old: Document, keys: list[str]) -> None:
    database.articles.update_many(old, {"$unset": {"raw": ""}})
    archive.drop_unused(database, keys)


def _revisions(database: Database[Document], table: RetentionTable, now: datetime) -> Iterator[_Step]:
    found = database.raw.find({}, {"size": 1, "stored": 1, "source": 1})
    for rows in _steps(found, 10 * AT_ONCE):
        wanted = {"raw.sha256": {"$in": [row["_id"] for row in rows]}}
        used = {row["raw"]["sha256"] for row in database.articles.find(wanted, {"raw.sha256": 1})}
        used |= {row["raw"]["sha256"] for row in database.quarantine.find(wanted, {"raw.sha256": 1})}
        by_source: dict[str, list[Document]] = {}
        for row in rows:
            source = row.get("source", "")
            kept = table.of(source).revisions
            if row["_id"] not in used and kept is not None and row["stored"] < now - kept:
                by_source.setdefault(source, []).append(row)
        for source, gone in by_source.items():
            before = _before(table, "revisions", source, now)
            for some in _steps(gone):
                keys = [row["_id"] for row in some]
                remove = partial(archive.drop_unused, database, keys, before)
                yield source, keys, sum(row["size"] for row in some), remove


def _runs(database: Database[Document], table: RetentionTable, now: datetime) -> Iterator[_Step]:
    for source in sorted(database.runs.distinct("source")):
        if table.of(source).runs is None:
            continue
        newest = database.runs.find({"source": source}, {"_id": 1}, sort=[("ended", -1)]).limit(KEPT_RUNS)
        kept = [row["_id"] for row in newest]
        good = database.runs.find_one({"source": source, "verdict": {"$in": _GOOD}}, {"_id": 1}, sort=[("ended", -1)])
        kept += [good["_id"]] if good else []
        old = {"source": source, "ended": {"$lt": _before(table, "runs", source, now)}, "_id": {"$nin": kept}}
        for keys in _steps(row["_id"] for row in database.runs.find(old, {"_id": 1})):
            yield source, keys, 0, partial(database.runs.delete_many, {"_id": {"$in": keys}})


def _outbox(database: Database[Document], table: RetentionTable, now: datetime) -> Iterator[_Step]:
    waiting = {key for row in database.messages.find({"state": "waiting"}, {"matches": 1}) for key in row["matches"]}
    # What a watch like an article knew when it was made is no notification, and has no time.
    ended = {"waiting": [], "kind": {"$ne": "known"}}
    for rows in _steps(database.outbox.find(ended, {"found": 1, "entry.source": 1})):
        by_source: dict[str, list[str]] = {}
        for row in rows:
            source = row.get("entry", {}).get("source", "")
            kept = table.of(source).outbox
            if kept is not None and row["found"] < now - kept and row["_id"] not in waiting:
                by_source.setdefault(source, []).append(row["_id"])
        for source, keys in by_source.items():
            yield source, keys, 0, partial(_forget, database, keys)


def _forget(database: Database[Document], keys: list[str]) -> None:
    """Remove the rows *keys* of the outbox, after the messages that tell of no others."""
    matched = {"matches": {"$in": keys}, "state": {"$in": ["delivered", "failed"]}}
    messages = list(database.messages.find(matched, {"matches": 1}))
    others = {key for message in messages for key in message["matches"]}.difference(keys)
    left = {row["_id"] for row in database.outbox.find({"_id": {"$in": list(others)}}, {"_id": 1})}
    empty = [message["_id"] for message in messages if left.isdisjoint(message["matches"])]
    # First: messages whose rows are gone would be found by nobody after a kill.
    database.messages.delete_many({"_id": {"$in": empty}})
    database.outbox.delete_many({"_id": {"$in": keys}, "waiting": []})


def _downloads(database: Database[Document], table: RetentionTable, now: datetime) -> Iterator[_Step]:
    zone = ZoneInfo(settings().zone)
    for source in sorted(database.downloads.distinct("source")):
        if table.of(source).downloads is None:
            continue
        day = _before(table, "downloads", source, now).astimezone(zone).date()
        for keys in _steps(downloads.before(database, source, day)):
            yield source, keys, 0, partial(database.downloads.delete_many, {"_id": {"$in": keys}})


_WORK = {"pages": _pages, "revisions": _revisions, "runs": _runs, "outbox": _outbox, "downloads": _downloads}
"""By each field of ``Retention`` what goes."""


def _before(table: RetentionTable, kind: str, source: str, now: datetime) -> datetime:
    kept: timedelta | None = getattr(table.of(source), kind)
    assert kept is not None  # else nothing goes
    return now - kept


def _steps(rows: Iterable[_T], size: int = AT_ONCE) -> Iterator[list[_T]]:
    left = iter(rows)
    while some := list(islice(left, size)):
        yield some
