"""The verdict on a run: pure, from what it counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Verdict = Literal["ok", "nothing_new", "degraded", "empty", "blocked", "login_needed", "failed"]

_GOOD_ENDS = ("finished", "closespider_itemcount", "limit")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a verdict is made from; ``outcomes`` are those of ``crawler.ledger``."""

    reason: str = "finished"
    outcomes: Mapping[str, int] = field(default_factory=dict)
    short_ways: int = 0
    """Ways in that were read and showed fewer links than the row's minimum."""
    failed_parts: int = 0
    """Parts of the source that no way leads to any more."""
    failure: str = ""
    """Why the first way in failed."""
    ways: int = 0
    quiet: int = 0
    """Ways in that are alive and show nothing."""
    refusals: int = 0
    wrong_again: int = 0
    """Pages that could not be stored, as before."""
    known_wrong: int = 0
    """Pages that are known for that, and were not asked for again."""
    login_pages: int = 0
    """Pages that ask for a login."""
    stood_in: int = 0
    """Articles of which only the entry is known, as their pages were refused."""
    login_needed: bool = False
    storage_failed: bool = False
    faults: int = 0
    """Errors of our own in spider or pipelines."""
    shortcomings: Sequence[str] = ()
    files: bool = False
    """No site was asked: the articles came from files."""


def judge(facts: Facts) -> tuple[Verdict, str]:
    """The verdict, and in a few words why where it is not a good one."""

    def number(*names: str) -> int:
        return sum(facts.outcomes.get(name, 0) for name in names)

    refused = number("blocked") + facts.stood_in
    stored = number("new", "changed", "unchanged", "not_modified", "duplicate") - facts.stood_in
    good = stored + number("known") - facts.known_wrong
    if facts.storage_failed or number("lost"):
        return "failed", "the database failed"
    if facts.reason not in _GOOD_ENDS:
        return "failed", f"ended early: {facts.reason}"
    if facts.faults or number("unfinished"):
        return "failed", "an error of the program itself; see the log"
    if facts.login_needed and not number("new", "changed"):
        return "login_needed", "the site wants an account"
    if not (facts.ways or facts.quiet or facts.files):
        if facts.refusals:
            return "blocked", "every way in is refused"
        return ("empty", "fewer links than the least") if facts.short_ways else ("failed", facts.failure or "no way in")
    # A bad page that is tried again each day says nothing new of the source; one that is seen first does.
    every = number("quarantined", "failed", "ignored") + refused
    wrong = every - facts.wrong_again
    if facts.login_pages and not good:
        return "login_needed", "the site wants an account"
    if refused and not stored and (wrong or not good):
        return "blocked", f"{refused} pages refused"
    if number("barred") and not good:
        return "blocked", f"{number('barred')} pages barred by robots.txt"
    if not good and every + facts.known_wrong:
        # Not even where all of it is as it was: a source that gives nothing must not pass for a quiet one.
        return "failed", f"none of {every + facts.known_wrong} pages could be stored"
    if wrong > stored:
        return "degraded", f"{wrong} pages could not be stored, {stored} could"
    if facts.shortcomings:
        return "degraded", "; ".join(facts.shortcomings)
    if facts.failed_parts:
        return "degraded", f"{facts.failed_parts} parts have no way in any more"
    return ("ok", "") if number("new", "changed") else ("nothing_new", "")
