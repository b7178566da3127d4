"""The compactor: packs pending articles into segments, merges small segments, applies deletions, collects garbage.

It may be killed at any step and loses nothing, for three reasons:

* segments are written before a manifest names them, so a manifest never names what is not there;
* ``pending`` and ``deleted`` are cleared only after a committed manifest has made them superfluous;
* no commit leaves out an article that the manifest before it held in its current revision.

A compactor that was paused, for however long, therefore either does what is still right when it goes on, or its commit
is refused by the manifest's compare-and-set (``CommitConflict``). The steps themselves are in ``writer``.
A compaction that a change of primary interrupts begins again from the manifest that is there then, under its lease.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from pymongo.database import Database

from store.connection import Document, committed
from store.failover import repeat
from store.index import manifest
from store.index.manifest import DamagedManifest, SegmentEntry
from store.index.merge_policy import find_merges
from store.index.segment_format import DamagedSegment
from store.index.segment_set import SegmentSet
from store.index.segments import MissingSegment
from store.index.writer import CommitConflict, IndexWriter
from store.leases import LeaseTaken, NumberedLease, hold_index_lease
from store.schema import PENDING_INDEX

STEPS = (
    "lease taken",
    "planned",
    "segment written",
    "committed",
    "deletion notes removed",
    "pending cleared",
    "merge written",
    "merge committed",
    "garbage announced",
    "garbage removed",
)
"""The names with which ``step`` is called. Tests kill and pause a compaction at each of them."""

GRACE = 600.0
"""Seconds since it was stored for which a segment that the manifest does not name is kept: a compactor may be about to
commit it, or a reader may be loading it."""

MIN_PENDING = 2000
"""Pending articles from which a crawl packs them when it ends."""

Step = Callable[[str], None]
Prepare = Callable[[Callable[[], None]], Iterable[SegmentEntry]]


@dataclass
class CompactionReport:
    """What a compaction did; its fields are the keys of the commands' JSON output, whose names are partly older.

    ``packed``: articles written into segments; ``buried``: rows marked deleted; ``merged``: segments replaced by a
    merge; ``swept``: parts of segments removed as garbage. ``unreadable``: ids of articles with damaged vectors, which
    stay pending. ``broken``: what was wrong with segments that were replaced. ``busy``: another compactor is running,
    and nothing more was done. ``segments`` and ``documents``: those of the index afterwards.
    """

    packed: int = 0
    buried: int = 0
    merged: int = 0
    swept: int = 0
    unreadable: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    busy: bool = False
    segments: int = 0
    documents: int = 0


def _do_nothing(step: str) -> None:
    """The default of ``step``."""


def _no_segments(renew: Callable[[], None]) -> Iterable[SegmentEntry]:
    """The default of ``prepare``."""
    return ()


def compact(
    database: Database[Document], *, thorough: bool = False, step: Step = _do_nothing, grace: float = GRACE
) -> CompactionReport:
    """Bring the segments up to date with the articles.

    With *thorough* every byte of the segments is read, all ids are compared with the articles', and damage is repaired.
    Otherwise ids are compared only when the numbers of articles and rows differ, and only missing parts are noticed.
    *grace*: see ``GRACE``. Raises DamagedManifest, which ``rebuild`` repairs.
    """
    return _with_lease(database, step, lambda compaction: compaction.compact(thorough, grace))


def rebuild(
    database: Database[Document], *, step: Step = _do_nothing, grace: float = GRACE, prepare: Prepare = _no_segments
) -> CompactionReport:
    """Rebuild all segments from the articles' vectors. Readers use the old segments until the new ones are committed.

    *prepare* may write segments of some or all articles and yield their entries; it is given a function that it has to
    call every few seconds to renew the lease.
    """
    return _with_lease(database, step, lambda compaction: compaction.rebuild(grace, prepare))


def is_worthwhile(database: Database[Document]) -> bool:
    """Whether at least ``MIN_PENDING`` articles are pending, so that packing them makes searches noticeably faster."""
    return database.articles.count_documents({"pending": True}, limit=MIN_PENDING, hint=PENDING_INDEX) >= MIN_PENDING


def _with_lease(database: Database[Document], step: Step, work: Callable[[_Compaction], None]) -> CompactionReport:
    report = CompactionReport()
    # What a primary alone has may be gone with it: a segment must not hold that in place of what was there before.
    database = committed(database)
    try:
        with hold_index_lease(database) as lease:
            step("lease taken")
            repeat(database, lambda: work(_Compaction(database, lease, step, report)))
    except (LeaseTaken, CommitConflict):
        report.busy = True
    return report


class _Compaction:
    """One compaction, from the lease to the report."""

    def __init__(
        self, database: Database[Document], lease: NumberedLease, step: Step, report: CompactionReport
    ) -> None:
        self._database, self._lease, self._step, self._report = database, lease, step, report

    def compact(self, thorough: bool, grace: float) -> None:
        old = manifest.read(self._database)
        if old.version == 0:
            return  # no index yet
        writer = self._writer(SegmentSet(old))
        writer.segment_set.load(self._database, thorough, self._lease.renew)
        if writer.segment_set.broken:
            self._repair(writer)
        self._pack(writer)
        if thorough or self._is_miscounted(writer):
            self._repair(writer)
        self._merge(writer)
        self._finish(writer, grace)

    def rebuild(self, grace: float, prepare: Prepare) -> None:
        try:
            old = manifest.read(self._database)
        except DamagedManifest:
            old = manifest.read_damaged(self._database)
        if self._database.manifest.find_one({"_id": "index"}, {"_id": 1}) is None:
            return  # no index yet
        writer = self._writer(SegmentSet(old))
        for entry in prepare(self._lease.renew):
            writer.add_segment(entry)
        self._repair(writer, always_commit=True)
        self._finish(writer, grace)

    def _writer(self, segment_set: SegmentSet) -> IndexWriter:
        return IndexWriter(self._database, self._lease, self._step, segment_set)

    def _pack(self, writer: IndexWriter) -> None:
        """Pack the pending articles, one segment and one commit at a time, so that searches gain early."""
        has_committed = False
        for pending in writer.pending():
            packed = writer.segment_set.revisions(pending)
            new = [key for (key, revision), there in zip(pending.items(), packed, strict=True) if there != revision]
            self._step("planned")
            self._commit(writer, changed=writer.pack(new))
            has_committed = True
            writer.clear_pending(pending)
        if not has_committed:
            self._commit(writer, changed=False)

    def _repair(self, writer: IndexWriter, always_commit: bool = False) -> None:
        """Compare all ids: pack articles in no readable segment, delete rows of absent ones, drop broken segments."""
        segment_set = writer.segment_set
        self._report.broken += tuple(segment_set.broken.values())
        missing, absent = segment_set.compare_ids(writer.stored_ids())
        self._step("planned")
        writer.pack(missing)
        writer.delete_absent(absent)
        self._commit(writer, changed=always_commit or segment_set.entries() != segment_set.manifest.segments)
        segment_set.broken.clear()
        for pending in writer.pending():
            writer.clear_pending(pending)

    def _commit(self, writer: IndexWriter, changed: bool) -> None:
        """Apply the deletions, commit if *changed* or if there were any, then remove their notes."""
        notes = writer.apply_deletions()
        # Also for notes alone: a compactor paused since before them must not be able to commit after they are removed.
        if changed or notes:
            writer.commit()
            self._step("committed")
        writer.remove_notes(notes)

    def _is_miscounted(self, writer: IndexWriter) -> bool:
        """Whether articles and rows differ in number, as after deletions by another program; in doubt True."""
        new = sum(int((writer.segment_set.revisions(pending) < 0).sum()) for pending in writer.pending())
        stored = self._database.articles.count_documents({}, hint="_id_")
        return stored != writer.segment_set.live_documents() + new

    def _merge(self, writer: IndexWriter) -> None:
        for group in find_merges(writer.segment_set):
            try:
                writer.merge(group)
            except (DamagedSegment, MissingSegment) as error:
                for segment in group:
                    writer.segment_set.segments.remove(segment)
                writer.segment_set.broken["merge"] = str(error)
                self._repair(writer)
                return
            writer.commit()
            self._step("merge committed")
            self._report.merged += len(group)

    def _finish(self, writer: IndexWriter, grace: float) -> None:
        """Collect garbage and fill in the report."""
        # The server's clock, which has also set the segments' times.
        now = self._database.command("hello")["localTime"]
        self._report.swept = writer.collect_garbage(now - timedelta(seconds=grace))
        self._report.packed, self._report.buried = writer.written, writer.deleted
        self._report.unreadable = tuple(sorted(writer.unreadable))
        self._report.segments = len(writer.segment_set.manifest.segments)
        self._report.documents = writer.segment_set.live_documents()
