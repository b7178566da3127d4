"""Proves on a live database that the index says what the articles say, or names what differs and what helps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from pymongo.collection import Collection
from pymongo.database import Database

from store import counters, manifest, segments
from store.connection import Document
from store.manifest import DamagedManifest, Entry, Manifest
from store.packed import Packed
from store.segments import DamagedSegment, MissingSegment, Segment, id_strings
from store.snapshot import PENDING, PROJECTION
from store.vectors import CorruptVector, unpack_many

COMPACT = "python -m similarity compact"
REBUILD = "python -m similarity rebuild"
REREAD = "scrapy reread"

_AT_ONCE = 1000  # articles in one question
_EXAMPLES = 3
_MOST_TRIES = 5


@dataclass(frozen=True)
class Difference:
    """One thing that is not as it should be, in one line, and the command that helps."""

    what: str
    command: str


def verify(database: Database[Document], analyzer: str | None = None) -> list[Difference]:
    """All differences; empty when the index is right. *analyzer*: the version that it should have been made by.

    What changes while it is compared is compared again, so that work in progress is no difference.
    """
    for _ in range(_MOST_TRIES):
        try:
            before = manifest.read(database)
            found = list(_differences(database, before, analyzer))
            if not found or manifest.read(database) == before:
                break
        except DamagedManifest as error:
            return [Difference(str(error), REBUILD)]
    return found


def _differences(database: Database[Document], named: Manifest, analyzer: str | None) -> Iterator[Difference]:
    if analyzer is not None and named.version and named.analyzer != analyzer:
        yield Difference(f"the index was made by analyzer {named.analyzer!r}, this one is {analyzer!r}", REREAD)
    words = _Words(named.terms)
    packed = Packed(named)
    packed.load(database, thorough=False, keep=lambda: None)
    for entry in named.segments:
        try:
            segment = _whole(database, entry)
        except (DamagedSegment, MissingSegment) as error:
            yield Difference(str(error), COMPACT)
            continue
        yield from _compare(database, entry, segment, words)
    yield from _coverage(database, packed)
    yield from _pending(database, words)
    yield from words.differences(database)


def _whole(database: Database[Document], entry: Entry) -> Segment:
    data = segments.read(database, entry.sha256, entry.parts)
    segment = segments.decode(data)
    if (len(data), segment.documents, segments.number_of_parts(data)) != (entry.bytes, entry.documents, entry.parts):
        raise DamagedSegment(f"segment {entry.sha256[:12]}… is not what the manifest says of it")
    return segment


def _compare(database: Database[Document], entry: Entry, segment: Segment, words: _Words) -> Iterator[Difference]:
    """The rows that count against the articles: revision, facts, and vectors byte for byte."""
    alive = np.ones(segment.documents, bool)
    alive[entry.dead_rows] = False
    rows = segments.rows_of(segment, alive)
    wrong: dict[str, list[str]] = {}
    for place in range(0, len(rows), _AT_ONCE):
        some = {row["_id"]: row for row in rows[place : place + _AT_ONCE]}
        if not words.take(list(some.values())):
            yield Difference(f"segment {entry.sha256[:12]}… holds vectors that cannot be read", REBUILD)
        for article in database.articles.find({"_id": {"$in": list(some)}}, PROJECTION | {"pending": 1}):
            row = some[article["_id"]]
            if row["revision"] != article["revision"]:
                if not article.get("pending"):
                    wrong.setdefault("revision", []).append(row["_id"])
                continue
            given = article | {"published": segments.seconds(article["published"])}
            given |= {field: segments.held(article, kind) for kind, field in segments.FIELDS.items()}
            packed = row | {"published": segments.seconds(row["published"])}
            for name in (name for name in packed if packed[name] != given[name]):
                wrong.setdefault(name, []).append(row["_id"])
    for name, ids in wrong.items():
        yield Difference(f"segment {entry.sha256[:12]}… has another {name} than {_articles(ids)}", REBUILD)


def _coverage(database: Database[Document], packed: Packed) -> Iterator[Difference]:
    """Every article in one row that counts, or pending; every row of an article that is stored."""
    lost, gone = packed.missing_from(_stored_ids(database))
    lost = [key for some in _in_pieces(lost) for key in _ids(database.articles, some, {"pending": {"$ne": True}})]
    if lost:
        yield Difference(f"no segment holds {_articles(lost)}, and they are not pending", COMPACT)
    there = {key for some in _in_pieces(gone) for key in _ids(database.articles, some, {})}
    # After the articles: a deletion is noted before it is done.
    noted = {key for some in _in_pieces(gone) for key in _ids(database.deleted, some, {})}
    gone = [key for key in gone if key not in there | noted]
    if gone:
        yield Difference(f"segments hold {_articles(gone)}, which are not stored", COMPACT)
    everything = [one.head.ids[one.alive].view("S12").ravel() for one in packed.held]
    ids, times = np.unique(np.concatenate(everything or [np.zeros(0, "S12")]), return_counts=True)
    twice = id_strings(ids[times > 1].view(np.uint8).reshape(-1, segments.ID_BYTES))
    if twice:
        yield Difference(f"segments hold twice {_articles(twice)}", REBUILD)


def _pending(database: Database[Document], words: _Words) -> Iterator[Difference]:
    rows = database.articles.find({"pending": True}, PROJECTION, hint=PENDING)
    unreadable = []
    while some := list(islice(rows, _AT_ONCE)):
        if not words.take(some):
            unreadable += [row["_id"] for row in some if not _is_readable(row)]
    if unreadable:
        yield Difference(f"vectors that cannot be read, of {_articles(unreadable)}", REREAD)


class _Words:
    """The ids of tokens that vectors use, against the dictionary."""

    def __init__(self, terms: int) -> None:
        self._terms = terms
        self._used: NDArray[np.bool_] = np.zeros(terms, bool)

    def take(self, rows: Sequence[Document]) -> bool:
        """Note the ids in the vectors of *rows*; False where vectors cannot be read."""
        try:
            for kind in segments.SPARSE:
                ids = unpack_many([segments.held(row, kind) for row in rows]).ids
                if len(ids) and ids.max() >= len(self._used):
                    self._used = np.append(self._used, np.zeros(int(ids.max()) + 1 - len(self._used), bool))
                self._used[ids] = True
        except CorruptVector:
            return False
        return True

    def differences(self, database: Database[Document]) -> Iterator[Difference]:
        """Asked last: a writer has the ids of his words before he writes an article."""
        next_one = counters.upper_bound(database, counters.TERMS)
        known = np.zeros(max(len(self._used), next_one), bool)
        beyond = []
        for row in database.terms.find({}, {"id": 1}, batch_size=100_000):
            if row["id"] < len(known):
                known[row["id"]] = True
            if row["id"] >= next_one:
                beyond.append(str(row["_id"]))
        unknown = np.flatnonzero(self._used & ~known[: len(self._used)]).tolist()
        if unknown:
            yield Difference(f"the dictionary lacks {_some('id', list(map(str, unknown)))} that vectors use", REREAD)
        if beyond or self._terms > next_one:
            fault = f"the counter of ids ({next_one:,}) is behind the dictionary: its next ids would be taken"
            yield Difference(fault, "scrapy crawl KEY (every crawl puts it right before it writes)")


def _stored_ids(database: Database[Document]) -> Iterator[list[str]]:
    rows = database.articles.find({}, {"_id": 1}, hint="_id_", batch_size=10_000)
    while some := [row["_id"] for row in islice(rows, 10_000)]:
        yield some


def _ids(collection: Collection[Document], ids: list[str], further: Document) -> list[str]:
    return [row["_id"] for row in collection.find({"_id": {"$in": ids}} | further, {"_id": 1})]


def _in_pieces(ids: list[str]) -> Iterator[list[str]]:
    return (ids[place : place + _AT_ONCE] for place in range(0, len(ids), _AT_ONCE))


def _is_readable(row: Document) -> bool:
    try:
        unpack_many([segments.held(row, kind) for kind in segments.SPARSE])
    except CorruptVector:
        return False
    return True


def _articles(ids: list[str]) -> str:
    return _some("article", sorted(ids))


def _some(kind: str, names: list[str]) -> str:
    more = ", …" if len(names) > _EXAMPLES else ""
    return f"{len(names):,} {kind}{'s' if len(names) > 1 else ''} ({', '.join(names[:_EXAMPLES])}{more})"
