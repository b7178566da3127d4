"""The compactor: packs pending articles into segments, merges small segments, settles deletions, sweeps what is left.

It may be killed at any step. What holds it together: segments are written before the manifest names them; ``pending``
and ``deleted`` are taken away only when a switched manifest has made them superfluous; and no switch leaves out an
article that the manifest before it held in its present revision. So whoever was paused, for however long, can only do
what is still right when it goes on, or is refused by the manifest's compare-and-set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from pymongo.database import Database

from store import manifest, snapshot
from store.connection import Document
from store.lease import Lease, Taken, held
from store.manifest import DamagedManifest, Entry
from store.packed import Packed, merges
from store.packing import Overtaken, Packing
from store.segments import DamagedSegment, MissingSegment

STEPS = (
    "lease taken",
    "planned",
    "segment written",
    "switched",
    "deletions settled",
    "pending cleared",
    "merge written",
    "merge switched",
    "sweep announced",
    "swept",
)
"""The places at which ``step`` is called with their name."""

GRACE = 600.0
"""Seconds for which segments that no manifest names any more are kept, for readers that are loading them."""

MANY = 2000
"""Pending articles at which packing is worth a crawl's while."""

Step = Callable[[str], None]
Prepare = Callable[[Callable[[], None]], Iterable[Entry]]


@dataclass
class Report:
    """What a compaction did. ``busy``: another compactor is at work, and the rest is its business.

    ``unreadable``: articles whose own vectors are damaged; they stay pending. ``broken``: what was wrong with segments
    that were replaced.
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


def _go_on(step: str) -> None:
    """What happens at a step by default: nothing."""


def _nothing(keep: Callable[[], None]) -> Iterable[Entry]:
    """No segments are prepared by default."""
    return ()


def compact(
    database: Database[Document], *, thorough: bool = False, step: Step = _go_on, grace: float = GRACE
) -> Report:
    """Bring the segments up to date with the articles.

    *thorough*: read every byte of them, compare all ids, and mend what is damaged. Otherwise ids are compared only when
    their numbers differ, and of damage only missing parts are seen.

    Raises DamagedManifest, which ``rebuild`` mends.
    """
    return _leased(database, step, lambda work: work.compact(thorough, grace))


def rebuild(
    database: Database[Document], *, step: Step = _go_on, grace: float = GRACE, prepare: Prepare = _nothing
) -> Report:
    """Make all segments anew from the articles' vectors. Readers have the old ones until the new are there.

    *prepare* may write segments of some or all articles: its argument is to be called every few seconds.
    """
    return _leased(database, step, lambda work: work.rebuild(grace, prepare))


def is_worth_while(database: Database[Document]) -> bool:
    """Whether so much is pending that readers are better off when it is packed."""
    return database.articles.count_documents({"pending": True}, limit=MANY, hint=snapshot.PENDING) >= MANY


def _leased(database: Database[Document], step: Step, do: Callable[[_Work], None]) -> Report:
    report = Report()
    try:
        with held(database) as lease:
            step("lease taken")
            do(_Work(database, lease, step, report))
    except (Taken, Overtaken):
        report.busy = True
    return report


class _Work:
    """One compaction, from the lease to the report."""

    def __init__(self, database: Database[Document], lease: Lease, step: Step, report: Report) -> None:
        self._database, self._lease, self._step, self._report = database, lease, step, report

    def compact(self, thorough: bool, grace: float) -> None:
        old = manifest.read(self._database)
        if old.version == 0:
            return  # nothing was ever stored
        act = self._acting_on(Packed(old))
        act.packed.load(self._database, thorough, self._lease.keep)
        if act.packed.broken:
            self._mend(act)
        self._pack(act)
        if thorough or self._is_miscounted(act):
            self._mend(act)
        self._merge(act)
        self._finish(act, grace)

    def rebuild(self, grace: float, prepare: Prepare) -> None:
        try:
            old = manifest.read(self._database)
        except DamagedManifest:
            old = manifest.read_damaged(self._database)
        if self._database.manifest.find_one({"_id": "index"}, {"_id": 1}) is None:
            return  # nothing was ever stored
        act = self._acting_on(Packed(old))
        for entry in prepare(self._lease.keep):
            act.adopt(entry)
        self._mend(act, anew=True)
        self._finish(act, grace)

    def _acting_on(self, packed: Packed) -> Packing:
        return Packing(self._database, self._lease, self._step, packed)

    def _pack(self, act: Packing) -> None:
        """Pack what is pending, a segment at a time, so that a long list is searched from segments as they come."""
        settled = False
        for found in act.pending():
            packed_as = act.packed.revisions(found)
            new = [key for (key, revision), there in zip(found.items(), packed_as, strict=True) if there != revision]
            self._step("planned")
            self._switch_and_settle(act, changed=act.pack(new))
            settled = True
            act.clear(found)
        if not settled:
            self._switch_and_settle(act, changed=False)

    def _mend(self, act: Packing, anew: bool = False) -> None:
        """Compare all ids: pack what no readable segment holds, bury what is not stored, leave broken segments out."""
        self._report.broken += tuple(act.packed.broken.values())
        lost, gone = act.packed.missing_from(act.stored_ids())
        self._step("planned")
        act.pack(lost)
        act.bury_absent(gone)
        self._switch_and_settle(act, changed=anew or act.packed.entries() != act.packed.manifest.segments)
        act.packed.broken.clear()
        for found in act.pending():
            act.clear(found)

    def _switch_and_settle(self, act: Packing, changed: bool) -> None:
        notes = act.settle_deletions()
        # For notes alone too: a compactor that was paused since before them must not switch after they are gone.
        if changed or notes:
            act.switch()
            self._step("switched")
        act.forget(notes)

    def _is_miscounted(self, act: Packing) -> bool:
        """Whether articles were deleted, or came, behind our back; in doubt yes."""
        new = sum(int((act.packed.revisions(found) < 0).sum()) for found in act.pending())
        stored = self._database.articles.count_documents({}, hint="_id_")
        return stored != act.packed.alive() + new

    def _merge(self, act: Packing) -> None:
        for group in merges(act.packed):
            try:
                act.merge(group)
            except (DamagedSegment, MissingSegment) as error:
                for one in group:
                    act.packed.held.remove(one)
                act.packed.broken["merge"] = str(error)
                self._mend(act)
                return
            act.switch()
            self._step("merge switched")
            self._report.merged += len(group)

    def _finish(self, act: Packing, grace: float) -> None:
        """Remove segments that no manifest names any more, and fill in the report."""
        now = self._database.command("hello")["localTime"]
        self._report.swept = act.sweep(now - timedelta(seconds=grace))
        self._report.packed, self._report.buried = act.written, act.buried
        self._report.unreadable = tuple(sorted(act.unreadable))
        self._report.segments = len(act.packed.manifest.segments)
        self._report.documents = act.packed.alive()
