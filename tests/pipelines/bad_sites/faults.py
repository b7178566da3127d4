"""Sites on which a reader or the downloader fails as nobody foresaw, and sites that lead where nobody may ask."""

from __future__ import annotations

from typing import Any

from crawler.discovery.methods import Link
from store.article import Article
from tests.pipelines.bad_sites.case import FEED, GOOD, LIST, MAP, Case, article, feed, item, moved, three
from tests.pipelines.bad_web import Reply, Site

FAULT = "a fault of the reader: ZeroDivisionError"
OTHERS = GOOD - {"Title of b"}


def fails_on_b(_: bytes, read: Article) -> Article:
    return read if read.title != "Title of b" else 1 // 0


def fails_on_feeds(item: dict[str, Any], link: Link) -> Link:
    return 1 // 0 if "pubDate" in item else link


def leading_to(location: str) -> Site:
    return three(b=moved(location))


CASES: dict[str, Case] = {
    "fault_of_page": Case(
        three(), "ok", {"new": 2, "quarantined": 1}, refused={"/b/": FAULT}, titles=OTHERS,
        facts={"article_of": fails_on_b},
    ),
    "fault_of_feed": Case(
        {**three(), "/feed/": feed(item("a"))}, "ok", {"new": 3}, reasons={"/feed/": FAULT}, titles=GOOD,
        discovery=(FEED, LIST), facts={"link_of": fails_on_feeds},
    ),
    "undeclared_prefix": Case(
        {**three(), "/sitemap.xml": Reply(
            b"<urlset><url><loc>/a/</loc><image:image><image:loc>/a.png</image:loc></image:image></url></urlset>"
        )},
        "ok", {"new": 1}, titles=frozenset({"Title of a"}), discovery=(MAP,),
    ),
    "broken_brotli": Case(three(b=Reply(b"\x0b\x02\x80no", headers={"Content-Encoding": "br"})), "ok",
                          {"new": 2, "quarantined": 1}, titles=OTHERS, refused={"/b/": "no content"}),
    "broken_zstd": Case(three(b=Reply(b"\x28\xb5\x2f\xfd\x04\x00no", headers={"Content-Encoding": "zstd"})), "ok",
                        {"new": 2, "quarantined": 1}, titles=OTHERS, refused={"/b/": "empty: 0 bytes"}),
    "to_a_script": Case(leading_to("javascript:alert(1)"), "ok", {"new": 2, "failed": 1}, titles=OTHERS),
    "to_a_file": Case(leading_to("file:///etc/passwd"), "ok", {"new": 2, "failed": 1}, titles=OTHERS),
    "to_a_long_name": Case(leading_to(f"http://{'a' * 64}.example/"), "ok", {"new": 2, "ignored": 1}, titles=OTHERS),
    "to_this_machine": Case(
        leading_to("http://127.0.0.1/secret"), "ok", {"new": 2, "ignored": 1}, titles=OTHERS,
        reasons={"/b/": "none of the source's hosts"},
    ),
    "to_a_user": Case(
        leading_to("http://user:word@to-a-user.example/c/"), "ok", {"new": 2, "ignored": 1}, titles=OTHERS,
        reasons={"/b/": "not asked: the address names a user"},
    ),
    "to_a_port": Case(
        leading_to("http://to-a-port.example:6379/"), "ok", {"new": 2, "ignored": 1}, titles=OTHERS,
        reasons={"/b/": "not asked: port 6379"},
    ),
    "robots_to_metadata": Case(
        {**three(), "/robots.txt": moved("http://169.254.169.254/latest/")}, "failed", requests={},
        reasons={"/": "169.254.169.254 is not a public address"},
        others={"169.254.169.254": {"/latest/": Reply(article("secret").encode())}},
    ),
}  # fmt: skip
