"""The segments of a whole index made anew, by many workers at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pymongo.database import Database

from similarity.bulk import Bulk
from similarity.partitions import Partition, partitions
from store import compactor, segments
from store.connection import Document, connect
from store.manifest import Entry, Manifest
from store.packed import Packed
from store.packing import Packing

ROWS = segments.MOST_ROWS
"""Articles a partition: a full segment each."""


def rebuild(database: Database[Document], address: str, bulk: Bulk, elsewhere: bool) -> compactor.Report:
    """As ``compactor.rebuild``, with the same result. What is one segment is made here, unless *elsewhere*."""
    pieces = partitions(database, address, ROWS)
    if len(pieces) < 2 and not elsewhere:
        return compactor.rebuild(database)

    def prepare(keep: Callable[[], None]) -> Iterator[Entry]:
        for entries in bulk.map(segments_of, pieces, keep):
            yield from entries

    return compactor.rebuild(database, prepare=prepare)


def segments_of(partition: Partition) -> tuple[Entry, ...]:
    """Write the segments of *partition*; the same again when it is done twice. Runs on a worker."""
    database = connect(partition.address)
    with database.client:
        act = Packing(database, _NoLease(), _go_on, Packed(Manifest("", 0)))
        act.pack([row["_id"] for row in partition.rows(database, ["_id"])])
        return act.packed.entries()


class _NoLease:
    """A worker needs none: whoever called it has one."""

    def keep(self) -> None:
        pass


def _go_on(step: str) -> None:
    pass
