"""Sites that misbehave, one each by the kind of their fault, and what a crawl of each must come to."""

from __future__ import annotations

from tests.pipelines.bad_sites import articles, connections, entries, redirects, robots, too_much, walls
from tests.pipelines.bad_sites.case import GOOD, Case, host_of, three

__all__ = ["CASES", "Case", "host_of"]

CASES = {
    "good": Case(three(), "ok", {"new": 3}, titles=GOOD),
    **walls.CASES,
    **redirects.CASES,
    **too_much.CASES,
    **entries.CASES,
    **articles.CASES,
    **connections.CASES,
    **robots.CASES,
}
