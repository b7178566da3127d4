"""The verdict on a run: a pure function of its counts, and the coverage of its articles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Literal

from crawler.source import Thresholds
from store.article import Article

Verdict = Literal["ok", "nothing_new", "degraded", "empty", "blocked", "login_needed", "failed"]

_NORMAL_REASONS = ("finished", "closespider_itemcount", "limit")
"""Why Scrapy closed the spider, where that is no failure."""


@dataclass(frozen=True, slots=True)
class RunFacts:
    """The counts that decide the verdict; ``outcomes`` has the links by ``crawler.spider.link_ledger.OUTCOMES``."""

    reason: str = "finished"
    outcomes: Mapping[str, int] = field(default_factory=dict)
    short_methods: int = 0
    """Discovery methods that were read and gave fewer links than the minimum of the source."""
    failed_parts: int = 0
    """Parts of the source (sections with discovery methods of their own) of which every discovery method failed."""
    failure: str = ""
    """Why the first discovery method failed."""
    methods: int = 0
    """Discovery methods that gave links."""
    quiet_methods: int = 0
    """Discovery methods that work and have no article at present."""
    refusals: int = 0
    """Requests that the site or its robots.txt refused."""
    failed_again: int = 0
    """Pages that could not be stored, in this run as in an earlier one."""
    known_failed: int = 0
    """Pages that could not be stored in an earlier run and were not fetched in this one."""
    login_pages: int = 0
    """Pages that ask for a login."""
    fallbacks: int = 0
    """Articles stored from their entry page alone, because their own pages were refused."""
    login_needed: bool = False
    lease_lost: bool = False
    """Another process has taken the source over."""
    storage_failed: bool = False
    disk_full: bool = False
    """The database failed as there is no room to write."""
    faults: int = 0
    """Exceptions in spider or pipelines: errors of the program, not of the site."""
    shortcomings: Sequence[str] = ()
    """Coverage figures below the thresholds of the source, in words."""
    stopped: str = ""
    """The budget that has ended the run, as ``pages (200 a run)``."""
    lists_unread: bool = False
    """It did before all lists were read."""
    files: bool = False
    """The articles came from files; no site was crawled."""


def judge(facts: RunFacts) -> tuple[Verdict, str]:
    """The verdict, and the reason in a few words; "" for ``ok`` and ``nothing_new`` of a run that met no budget."""
    verdict, why = _judge(facts)
    if not facts.stopped:
        return verdict, why
    stopped = f"stopped: {facts.stopped}{', before the lists were read' * facts.lists_unread}"
    return ("ok", stopped) if verdict == "nothing_new" else (verdict, "; ".join(filter(None, (why, stopped))))


def _judge(facts: RunFacts) -> tuple[Verdict, str]:
    def number(*names: str) -> int:
        return sum(facts.outcomes.get(name, 0) for name in names)

    refused = number("blocked") + facts.fallbacks
    stored = number("new", "changed", "unchanged", "not_modified", "duplicate") - facts.fallbacks
    good = stored + number("known") - facts.known_failed
    if facts.lease_lost:
        return "failed", "lease lost"
    if facts.disk_full:
        return "failed", "disk full"
    if facts.storage_failed or number("lost"):
        return "failed", "the database failed"
    if facts.reason not in _NORMAL_REASONS:
        return "failed", f"ended early: {facts.reason}"
    if facts.faults or number("unfinished"):
        return "failed", "an error of the program itself; see the log"
    if facts.lists_unread:
        # There is nothing to judge. A run whose time is too short for the lists alone would never come further.
        return ("degraded" if facts.stopped.startswith("seconds") else "ok"), ""
    if facts.login_needed and not number("new", "changed"):
        return "login_needed", "the site wants an account"
    if not (facts.methods or facts.quiet_methods or facts.files):
        if facts.refusals:
            return "blocked", "every discovery method is refused"
        if facts.short_methods:
            return "empty", "fewer links than the minimum"
        return "failed", facts.failure or "no discovery method gave links"
    # A page that failed before and fails again is not news about the source; one that fails for the first time is.
    failed = number("quarantined", "failed", "ignored") + refused
    newly_failed = failed - facts.failed_again
    if facts.login_pages and not good:
        return "login_needed", "the site wants an account"
    if refused and not stored and (newly_failed or not good):
        return "blocked", f"{refused} pages refused"
    if number("barred") and not good:
        return "blocked", f"{number('barred')} pages barred by robots.txt"
    if not good and failed + facts.known_failed:
        # Also where every page had failed before: a source that gives nothing must not look like one without news.
        return "failed", f"none of {failed + facts.known_failed} pages could be stored"
    if newly_failed > stored:
        return "degraded", f"{newly_failed} pages could not be stored, {stored} could"
    if facts.shortcomings:
        return "degraded", "; ".join(facts.shortcomings)
    if facts.failed_parts:
        return "degraded", f"{facts.failed_parts} parts of the source have no working discovery method"
    return ("ok", "") if number("new", "changed") else ("nothing_new", "")


@dataclass
class Coverage:
    """How many articles of a run have a date and a text.

    An article counts only for the figures that can be expected of it: ``data``, for example, needs no text.
    """

    dated: list[bool] = field(default_factory=list)
    texts: list[bool] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)

    def add(self, article: Article, read: bool) -> None:
        """Count *article*; *read*: the articles of the source are read from their pages, so a body is expected."""
        if article.kind == "data":
            return
        if article.kind == "news":
            self.dated.append(article.published is not None)
        if article.access != "headline":
            self.texts.append(bool(article.body.strip() or article.summary.strip()))
            if read:
                self.lengths.append(len(article.body))

    def figures(self) -> dict[str, float]:
        """``published`` and ``text``: shares from 0 to 1; ``length``: median characters of a body.

        A figure without articles is left out.
        """
        figures = {}
        if self.dated:
            figures["published"] = round(sum(self.dated) / len(self.dated), 3)
        if self.texts:
            figures["text"] = round(sum(self.texts) / len(self.texts), 3)
        if self.lengths:
            figures["length"] = median(self.lengths)
        return figures


def shortcomings(figures: dict[str, float], thresholds: Thresholds) -> list[str]:
    """The *figures* that are below *thresholds*, in words."""
    return [
        f"{name} {value:g} is below {threshold:g}"
        for name, value in figures.items()
        if value < (threshold := getattr(thresholds, name))
    ]
