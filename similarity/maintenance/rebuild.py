"""Rebuilds all segments of the index, with many workers in parallel."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pymongo.database import Database

from similarity.maintenance.executor import Executor
from similarity.maintenance.partitions import IdRange, partitions
from store.connection import Document, connect
from store.index import compactor, segment_format
from store.index.manifest import Manifest, SegmentEntry
from store.index.segment_set import SegmentSet
from store.index.writer import IndexWriter

ROWS = segment_format.MAX_ROWS
"""Articles per partition: one full segment each."""


def rebuild_segments(
    database: Database[Document], address: str, executor: Executor, remote: bool
) -> compactor.CompactionReport:
    """As ``compactor.rebuild``, with the same result.

    An index of a single segment is rebuilt in this process, unless the workers are *remote*.
    """
    ranges = partitions(database, address, ROWS)
    if len(ranges) < 2 and not remote:
        return compactor.rebuild(database)

    def prepare(renew: Callable[[], None]) -> Iterator[SegmentEntry]:
        for entries in executor.map(segments_of, ranges, renew):
            yield from entries

    return compactor.rebuild(database, prepare=prepare)


def segments_of(partition: IdRange) -> tuple[SegmentEntry, ...]:
    """Write the segments of *partition*; a second call writes the same again. Runs on a worker."""
    database = connect(partition.address)
    with database.client:
        writer = IndexWriter(database, _NoLease(), _no_step, SegmentSet(Manifest("", 0)))
        writer.pack([row["_id"] for row in partition.rows(database, ["_id"])])
        return writer.segment_set.entries()


class _NoLease:
    """In place of a lease: the process that started the workers holds it."""

    def renew(self) -> None:
        pass


def _no_step(step: str) -> None:
    pass
