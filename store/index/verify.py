"""Compares the index of a live database with its articles, and names what differs and which command helps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from pymongo.collection import Collection
from pymongo.database import Database

from store import counters
from store.connection import Document
from store.index import manifest, segment_format, segments
from store.index.manifest import DamagedManifest, Manifest, SegmentEntry
from store.index.segment_format import FIELDS, DamagedSegment, Segment, id_strings, packed_vector
from store.index.segment_set import SegmentSet
from store.index.segments import MissingSegment
from store.index.snapshot import PROJECTION
from store.schema import PENDING_INDEX
from store.vectors import CorruptVector, unpack_many

COMPACT = "xinwen compact"
REBUILD = "xinwen rebuild"
RETOKENIZE = "xinwen retokenize"
REREAD = "xinwen reread"

_BATCH = 1000  # articles in one query
_MAX_EXAMPLES = 3
_MAX_TRIES = 5


@dataclass(frozen=True)
class Difference:
    """One difference between index and articles, in one line, and the command that helps."""

    what: str
    command: str


def verify(database: Database[Document], analyzer: str | None = None) -> list[Difference]:
    """All differences; empty when the index is right. *analyzer*: the version that should have made the index.

    If the manifest changes during the comparison, the comparison is repeated, so work in progress is no difference.
    """
    for _ in range(_MAX_TRIES):
        try:
            before = manifest.read(database)
            differences = list(_differences(database, before, analyzer))
            if not differences or manifest.read(database) == before:
                break
        except DamagedManifest as error:
            return [Difference(str(error), REBUILD)]
    return differences


def _differences(database: Database[Document], current: Manifest, analyzer: str | None) -> Iterator[Difference]:
    if analyzer is not None and current.version and current.analyzer != analyzer:
        yield Difference(f"the index was made by analyzer {current.analyzer!r}, this one is {analyzer!r}", RETOKENIZE)
    tokens = _UsedTokens(current.terms)
    segment_set = SegmentSet(current)
    segment_set.load(database, thorough=False, renew=lambda: None)
    for entry in current.segments:
        try:
            segment = _read_whole(database, entry)
        except (DamagedSegment, MissingSegment) as error:
            yield Difference(str(error), COMPACT)
            continue
        yield from _compare_rows(database, entry, segment, tokens)
    yield from _compare_ids(database, segment_set)
    yield from _check_pending(database, tokens)
    yield from tokens.differences(database)


def _read_whole(database: Database[Document], entry: SegmentEntry) -> Segment:
    """The segment of *entry*, which must be what the manifest says. Raises DamagedSegment, MissingSegment."""
    data = segments.read(database, entry.sha256, entry.parts)
    segment = segment_format.decode(data)
    if (len(data), segment.documents, segments.number_of_parts(data)) != (entry.bytes, entry.documents, entry.parts):
        raise DamagedSegment(f"segment {entry.sha256[:12]}… is not what the manifest says of it")
    return segment


def _compare_rows(
    database: Database[Document], entry: SegmentEntry, segment: Segment, tokens: _UsedTokens
) -> Iterator[Difference]:
    """Compare the live rows with their articles: revision, metadata, and vectors byte for byte."""
    live = np.ones(segment.documents, bool)
    live[entry.deleted_rows] = False
    rows = segment_format.documents_of(segment, live)
    differing: dict[str, list[str]] = {}
    for start in range(0, len(rows), _BATCH):
        batch = {row["_id"]: row for row in rows[start : start + _BATCH]}
        if not tokens.add(list(batch.values())):
            yield Difference(f"segment {entry.sha256[:12]}… holds vectors that cannot be read", REBUILD)
        for article in database.articles.find({"_id": {"$in": list(batch)}}, PROJECTION | {"pending": 1}):
            row = batch[article["_id"]]
            if row["revision"] != article["revision"]:
                if not article.get("pending"):
                    differing.setdefault("revision", []).append(row["_id"])
                continue
            expected = article | {"published": segment_format.seconds(article["published"])}
            expected |= {field: packed_vector(article, kind) for kind, field in FIELDS.items()}
            packed = row | {"published": segment_format.seconds(row["published"])}
            for name in (name for name in packed if packed[name] != expected[name]):
                differing.setdefault(name, []).append(row["_id"])
    for name, ids in differing.items():
        yield Difference(f"segment {entry.sha256[:12]}… has another {name} than {_articles(ids)}", REBUILD)


def _compare_ids(database: Database[Document], segment_set: SegmentSet) -> Iterator[Difference]:
    """Every article must be in exactly one live row or be pending; the article of every live row must be stored."""
    missing, absent = segment_set.compare_ids(_stored_ids(database))
    unpacked = {"pending": {"$ne": True}}
    missing = [key for batch in _batches(missing) for key in _existing(database.articles, batch, unpacked)]
    if missing:
        yield Difference(f"no segment holds {_articles(missing)}, and they are not pending", COMPACT)
    stored = {key for batch in _batches(absent) for key in _existing(database.articles, batch, {})}
    # Read after the articles: a deletion is noted before it is done.
    noted = {key for batch in _batches(absent) for key in _existing(database.deleted, batch, {})}
    absent = [key for key in absent if key not in stored | noted]
    if absent:
        yield Difference(f"segments hold {_articles(absent)}, which are not stored", COMPACT)
    live_ids = [segment.head.ids[segment.live].view("S12").ravel() for segment in segment_set.segments]
    ids, counts = np.unique(np.concatenate(live_ids or [np.zeros(0, "S12")]), return_counts=True)
    duplicates = id_strings(ids[counts > 1].view(np.uint8).reshape(-1, segment_format.ID_BYTES))
    if duplicates:
        yield Difference(f"segments hold twice {_articles(duplicates)}", REBUILD)


def _check_pending(database: Database[Document], tokens: _UsedTokens) -> Iterator[Difference]:
    """The vectors of pending articles must be readable."""
    rows = database.articles.find({"pending": True}, PROJECTION, hint=PENDING_INDEX)
    unreadable = []
    while batch := list(islice(rows, _BATCH)):
        if not tokens.add(batch):
            unreadable += [row["_id"] for row in batch if not _is_readable(row)]
    if unreadable:
        yield Difference(f"vectors that cannot be read, of {_articles(unreadable)}", REREAD)


class _UsedTokens:
    """The token ids that vectors use, to be compared with the dictionary. All are below *terms* in a sound index."""

    def __init__(self, terms: int) -> None:
        self._terms = terms
        self._used: NDArray[np.bool_] = np.zeros(terms, bool)

    def add(self, rows: Sequence[Document]) -> bool:
        """Add the token ids of the vectors of *rows*; False where vectors cannot be read."""
        try:
            for kind in segment_format.TOKEN_VECTORS:
                ids = unpack_many([packed_vector(row, kind) for row in rows]).ids
                if len(ids) and ids.max() >= len(self._used):
                    self._used = np.append(self._used, np.zeros(int(ids.max()) + 1 - len(self._used), bool))
                self._used[ids] = True
        except CorruptVector:
            return False
        return True

    def differences(self, database: Database[Document]) -> Iterator[Difference]:
        """Compare with the dictionary. Call it last: a writer stores new tokens before the articles that use them."""
        next_id = counters.upper_bound(database, counters.TERMS)
        known = np.zeros(max(len(self._used), next_id), bool)
        beyond = []
        for row in database.terms.find({}, {"id": 1}, batch_size=100_000):
            if row["id"] < len(known):
                known[row["id"]] = True
            if row["id"] >= next_id:
                beyond.append(str(row["_id"]))
        unknown = np.flatnonzero(self._used & ~known[: len(self._used)]).tolist()
        if unknown:
            yield Difference(f"the dictionary lacks {_listed('id', list(map(str, unknown)))} that vectors use", REREAD)
        if beyond or self._terms > next_id:
            fault = f"the counter of ids ({next_id:,}) is behind the dictionary: its next ids would be taken"
            yield Difference(fault, "xinwen crawl KEY (every crawl puts it right before it writes)")


def _stored_ids(database: Database[Document]) -> Iterator[list[str]]:
    rows = database.articles.find({}, {"_id": 1}, hint="_id_", batch_size=10_000)
    while batch := [row["_id"] for row in islice(rows, 10_000)]:
        yield batch


def _existing(collection: Collection[Document], ids: list[str], condition: Document) -> list[str]:
    """Those of *ids* that *collection* holds and that meet *condition*."""
    return [row["_id"] for row in collection.find({"_id": {"$in": ids}} | condition, {"_id": 1})]


def _batches(ids: list[str]) -> Iterator[list[str]]:
    return (ids[start : start + _BATCH] for start in range(0, len(ids), _BATCH))


def _is_readable(row: Document) -> bool:
    try:
        unpack_many([packed_vector(row, kind) for kind in segment_format.TOKEN_VECTORS])
    except CorruptVector:
        return False
    return True


def _articles(ids: list[str]) -> str:
    return _listed("article", sorted(ids))


def _listed(kind: str, names: list[str]) -> str:
    """The number of *names* and the first of them, for a message."""
    more = ", …" if len(names) > _MAX_EXAMPLES else ""
    return f"{len(names):,} {kind}{'s' if len(names) > 1 else ''} ({', '.join(names[:_MAX_EXAMPLES])}{more})"
