"""The index: whether this program can use what is stored, or which command brings it up to date."""

from __future__ import annotations

from collections.abc import Iterator

from similarity.condition import index_fault
from store.connection import StoreError, opened
from store.layout import LAYOUT
from xinwen.doctor.finding import Finding, judged


def index() -> Iterator[Finding]:
    """Whether the stored layout and its analyzer are those of this program, and no restore is half done."""
    try:
        with opened() as database:
            fault, fix = index_fault(database)
    except StoreError:
        return  # the check of MongoDB says so
    yield judged("index 索引", fault, f"layout {LAYOUT}", fix)
