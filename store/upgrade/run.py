"""Runs the steps from the layout that the store has to the one that this program writes."""

from __future__ import annotations

from collections.abc import Callable

from pymongo.database import Database

from store.connection import Document
from store.index.preparation import IndexMismatch, layout_of
from store.layout import LAYOUT, wrong_layout
from store.leases import LeaseTaken, NumberedLease, hold_index_lease
from store.upgrade import to_layout_2, to_layout_3

STEPS: dict[int, Callable[[Database[Document], Callable[[str], None]], None]] = {
    2: to_layout_2.upgrade,
    3: to_layout_3.upgrade,
}
"""By number of a layout the step that leads to it. Each writes the number last, so a step that was killed is done
again, and finds that a part of its work is done."""


class UpgradeBusy(RuntimeError):
    """Another process upgrades the store or compacts its index; the message is one line."""


def upgrade(database: Database[Document], report: Callable[[int, str], None] = lambda layout, work: None) -> list[int]:
    """Bring *database* to ``LAYOUT``; the layouts that it got, none where there was nothing to do.

    *report* hears what is done for which layout, also between batches. Raises IndexMismatch for a newer layout, and
    UpgradeBusy.
    """
    reached: list[int] = []
    if not _is_older(layout_of(database)):
        return reached
    try:
        with hold_index_lease(database) as lease:
            while _is_older(layout := layout_of(database)):
                assert layout
                STEPS[layout + 1](database, _teller(layout + 1, lease, report))
                reached.append(layout + 1)
    except LeaseTaken as error:
        raise UpgradeBusy(f"the store is being upgraded or compacted: {error}; try again when it has ended") from None
    return reached


def _is_older(layout: int | None) -> bool:
    """Whether a step leads from *layout* on; None: there is no index yet. Raises IndexMismatch."""
    if layout is None or layout == LAYOUT:
        return False
    if layout + 1 not in STEPS:
        raise IndexMismatch(wrong_layout(layout))
    return True


def _teller(layout: int, lease: NumberedLease, report: Callable[[int, str], None]) -> Callable[[str], None]:
    def tell(work: str) -> None:
        lease.renew()
        report(layout, work)

    return tell
