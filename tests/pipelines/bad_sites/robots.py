"""Sites whose robots.txt (RFC 9309) cannot be read or disallows pages."""

from __future__ import annotations

from tests.pipelines.bad_sites.case import CHALLENGE, HASTY, NO_RETRY, Case, article, html, listing, moved, three
from tests.pipelines.bad_web import Reply

CASES: dict[str, Case] = {
    "robots_slow": Case(
        {**three(), "/robots.txt": Reply(b"User-agent: *\nCrawl-delay: 86400\n")},
        "blocked",
        requests={},
        why="every discovery method is refused",
        reasons={"/": "asks for 86400 s"},
        settings={"XINWEN_POLITE": True},
    ),
    "robots_hanging": Case(
        {**three(), "/robots.txt": Reply(wait=30)},
        "failed",
        reasons={"/": "/robots.txt cannot be read"},
        requests={},
        settings=HASTY,
    ),
    "robots_500": Case(
        {**three(), "/robots.txt": Reply(status=500)},
        "failed",
        settings=NO_RETRY,
        reasons={"/": "/robots.txt cannot be read: HTTP 500"},
        requests={},
    ),
    "robots_429": Case(
        {**three(), "/robots.txt": Reply(status=429)},
        "failed",
        settings=NO_RETRY,
        reasons={"/": "/robots.txt cannot be read: HTTP 429"},
        requests={},
    ),
    "robots_nowhere": Case(
        {**three(), "/robots.txt": Reply(status=302)},
        "failed",
        reasons={"/": "/robots.txt cannot be read: HTTP 302"},
        requests={},
    ),
    "robots_404": Case({**three(), "/robots.txt": Reply(b"User-agent: *\nDisallow: /", status=404)}, "ok", {"new": 3}),
    "robots_challenge": Case(
        {**three(), "/robots.txt": html(CHALLENGE)},
        "blocked",
        why="every discovery method is refused",
        requests={},
        reasons={"/": "/robots.txt cannot be read: Cloudflare's challenge"},
    ),
    "robots_endless": Case(
        {**three(), "/robots.txt": moved("/robots.txt")},
        "failed",
        reasons={"/": "/robots.txt cannot be read: max"},
        requests={},
    ),
    "robots_403": Case(
        {**three(), "/robots.txt": Reply(status=403)},
        "blocked",
        why="every discovery method is refused",
        reasons={"/": "/robots.txt cannot be read: HTTP 403"},
        requests={},
    ),
    "robots_html": Case({**three(), "/robots.txt": html(article("robots"))}, "ok", {"new": 3}),
    "robots_huge": Case(
        {**three(), "/robots.txt": Reply(b"# much ado\n" * 2**20, type="text/plain")},
        "failed",
        requests={},
        reasons={"/": "/robots.txt cannot be read"},
    ),
    "robots_bars_pages": Case(
        {**three(), "/robots.txt": Reply(b"User-agent: *\nDisallow: /a/\nDisallow: /b/\nDisallow: /c/\n")},
        "blocked",
        {"barred": 3},
        "3 pages barred by robots.txt",
    ),
    "robots_500_of_pages": Case(
        {"/": listing(*(f"http://pages.robots-500.example/{slug}/" for slug in "ab"))},
        "failed",
        {"failed": 2},
        "none of 2 pages could be stored",
        settings=NO_RETRY,
        others={"pages.robots-500.example": {"/robots.txt": Reply(status=500)}},
        reasons={"http://pages.robots-500.example/a/": "/robots.txt cannot be read: HTTP 500"},
    ),
    "robots_403_of_pages": Case(
        {"/": listing(*(f"http://pages.robots-403.example/{slug}/" for slug in "ab"))},
        "blocked",
        {"blocked": 2},
        "2 pages refused",
        settings=NO_RETRY,
        others={"pages.robots-403.example": {"/robots.txt": Reply(status=403)}},
        reasons={"http://pages.robots-403.example/a/": "/robots.txt cannot be read: HTTP 403"},
    ),
}
