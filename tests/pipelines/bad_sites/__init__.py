"""Misbehaving sites, one file for each kind of fault, and the record that a crawl of each must end with."""

from __future__ import annotations

from tests.pipelines.bad_sites import (
    articles,
    blocked_pages,
    connections,
    entry_pages,
    faults,
    oversized,
    redirects,
    robots,
)
from tests.pipelines.bad_sites.case import GOOD, Case, host_of, three

__all__ = ["CASES", "Case", "host_of"]

CASES = {
    "good": Case(three(), "ok", {"new": 3}, titles=GOOD),
    **blocked_pages.CASES,
    **redirects.CASES,
    **oversized.CASES,
    **entry_pages.CASES,
    **articles.CASES,
    **connections.CASES,
    **robots.CASES,
    **faults.CASES,
}
