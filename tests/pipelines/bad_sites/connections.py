"""Sites whose replies hang, drip, break off or are malformed."""

from __future__ import annotations

import gzip
import json

from crawler.discovery.methods import JsonApi
from crawler.source import Thresholds
from tests.pipelines.bad_sites.case import (
    FEED,
    GOOD,
    HASTY,
    LIST,
    NO_RETRY,
    Case,
    article,
    feed,
    html,
    item,
    listing,
    moved,
    three,
)
from tests.pipelines.bad_web import Reply

BAD_GZIP = gzip.compress(article("x").encode(), mtime=0)[:10] + b"\xff" * 100


GZIP = {"Content-Encoding": "gzip"}

CASES: dict[str, Case] = {
    "hanging_list": Case({"/": Reply(wait=30)}, "failed", reasons={"/": "DownloadTimeoutError"}, settings=HASTY),
    "hanging_page": Case(
        three(b=Reply(wait=30)),
        "ok",
        {"new": 2, "failed": 1},
        reasons={"/b/": "DownloadTimeoutError"},
        settings=HASTY,
    ),
    "dripping": Case(
        three(b=Reply(article("b").encode(), drip=0.2)),
        "ok",
        {"new": 2, "failed": 1},
        reasons={"/b/": "DownloadTimeoutError"},
        settings=HASTY,
    ),
    "closing": Case(
        {
            path: (lambda number, reply=reply: Reply(close=True) if number % 3 == 0 else reply)
            for path, reply in {**three(), "/robots.txt": Reply(type="text/plain")}.items()
        },
        "ok",
        {"new": 3},
        titles=GOOD,
    ),
    # Some pages meet a closed connection more than once.
    "closing_many": Case(
        {
            path: (lambda number, reply=reply: Reply(close=True) if number % 3 == 0 else reply)
            for path, reply in {
                "/": listing(*(f"/{slug}/" for slug in "abcdefghi")),
                **{f"/{slug}/": html(article(slug)) for slug in "abcdefghi"},
                "/robots.txt": Reply(type="text/plain"),
            }.items()
        },
        "ok",
        {"new": 9},
    ),
    "closing_always": Case(
        three(Reply(close=True)),
        "failed",
        {"failed": 3},
        "none of 3 pages could be stored",
        reasons={f"/{slug}/": "DownloadFailedError" for slug in "abc"},
        settings=NO_RETRY,
    ),
    "cut_short": Case(
        three(b=Reply(article("b").encode(), missing=1000)),
        "ok",
        {"new": 2, "failed": 1},
        reasons={"/b/": "DataLoss"},
        settings=NO_RETRY,
    ),
    "garbage": Case(three(b=Reply(status=99, headers={"": "x"})), "ok", {"new": 2, "failed": 1}, settings=NO_RETRY),
    "bad_gzip": Case(
        {"/feed/": Reply(BAD_GZIP, headers=GZIP), **three(b=Reply(BAD_GZIP, headers=GZIP))},
        "ok",
        {"new": 2, "failed": 1},
        discovery=(FEED, LIST),
        settings=NO_RETRY,
        reasons={"/feed/": "decompress", "/b/": "decompress"},
    ),
    "bad_location": Case(
        {"/feed/": moved("http://[nowhere/"), **three(b=moved("http://[nowhere/"))},
        "ok",
        {"new": 2, "failed": 1},
        discovery=(FEED, LIST),
        reasons={"/feed/": "Invalid", "/b/": "Invalid"},
    ),
    "retry_after_ages": Case(
        three(Reply(status=503, headers={"Retry-After": f"Mon, 01 Jan {'9' * 30} 00:00:00 GMT"})),
        "failed",
        {"failed": 3},
        "none of 3 pages",
        settings=NO_RETRY,
        reasons={"/a/": "HTTP 503"},
    ),
    "never_modified": Case(
        {"/": Reply(status=304)},
        "failed",
        reasons={"/": "HTTP 304"},
        requests={"/": 1},
    ),
    "half_characters": Case(
        {
            "/api": Reply(
                json.dumps(
                    [
                        {"url": "/a/", "title": "Title of a \ud83d", "summary": "half \udc00", "tags": ["\ud800"]},
                        {"url": "/b/\ud800", "title": "Title of b"},
                        {"url": "/c/", "title": "Title of c"},
                    ]
                ).encode(),
                type="application/json",
            )
        },
        "ok",
        {"new": 2},
        dropped={"address": 1},
        discovery=(JsonApi("/api", fields={name: name for name in ("url", "title", "summary", "tags")}),),
        facts={"read": "entry", "keep": "abstract", "thresholds": Thresholds(0, 0, 0)},
        titles=frozenset({"Title of a \ufffd", "Title of c"}),
    ),
    "half_character_in_page": Case(
        three(
            b=article(
                "b",
                title="",
                head="""<script type="application/ld+json">{"@type": "NewsArticle", "headline":
            "Chips \\ud83d of b", "author": "A \\ud800", "keywords": "\\udc00"}</script>""",
            )
        ),
        "ok",
        {"new": 3},
    ),
    "huge_summary": Case(
        {
            "/feed/": feed(
                f"<item><title>Title of a</title><link>/a/</link><description>{'chips ' * 3_000_000}</description></item>",
                item("b"),
            )
        },
        "ok",
        {"new": 1, "quarantined": 1},
        discovery=(FEED,),
        refused={"/a/": "summary of"},
        facts={"read": "entry", "keep": "abstract", "thresholds": Thresholds(0, 0, 0)},
    ),
}
