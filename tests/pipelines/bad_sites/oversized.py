"""Sites with oversized replies: decompression bombs, huge feeds, sitemaps that expand entities."""

from __future__ import annotations

import gzip
import zlib

from backports import zstd

from tests.pipelines.bad_sites.case import FEED, LIST, MAP, Case, feed, item, sitemap, three
from tests.pipelines.bad_web import Reply


def feed_bomb(megabytes: int) -> bytes:
    """A feed of *megabytes*, compressed with gzip piece by piece, so that it is never in memory as a whole."""
    packer = zlib.compressobj(9, wbits=31)
    parts = [packer.compress(b'<?xml version="1.0"?><rss version="2.0"><channel><title>')]
    parts += [packer.compress(b"x" * 2**20) for _ in range(megabytes)]
    return b"".join([*parts, packer.compress(b"</title></channel></rss>"), packer.flush()])


ENTITIES = (
    '<!DOCTYPE urlset [<!ENTITY a "aaaaaaaaaaaaaaaaaaaa">'
    + "".join(f'<!ENTITY {name} "{f"&{inner};" * 20}">' for inner, name in zip("abcdefg", "bcdefgh", strict=True))
    + "]>"
)


HUGE = Reply(b'<?xml version="1.0"?><rss version="2.0"><channel>' + b"<item/>" * (100 * 2**20 // 7), length=False)

CASES: dict[str, Case] = {
    "feed_bomb": Case(
        {"/feed/": Reply(feed_bomb(300), headers={"Content-Encoding": "gzip"})},
        "failed",
        discovery=(FEED,),
        reasons={"/feed/": "exceeded"},
    ),
    "feed_bomb_zstd": Case(
        {"/feed/": Reply(zstd.compress(gzip.decompress(feed_bomb(150))), headers={"Content-Encoding": "zstd"})},
        "failed",
        discovery=(FEED,),
        reasons={"/feed/": "exceeded"},
    ),
    "feed_items": Case({"/feed/": feed("<item/>" * 100_000)}, "failed", discovery=(FEED,), reasons={"/feed/": "items"}),
    "sitemap_gzip": Case(
        {"/sitemap.xml": Reply(feed_bomb(300), type="application/gzip")},
        "failed",
        discovery=(MAP,),
        reasons={"/sitemap.xml": "more than 50 MiB"},
    ),
    "sitemap_tags": Case(
        {"/sitemap.xml": Reply(gzip.compress(b"<urlset>" + b"<x/>" * 2**22 + b"</urlset>", 6, mtime=0))},
        "failed",
        discovery=(MAP,),
        reasons={"/sitemap.xml": "tags"},
    ),
    "sitemap_entities": Case(
        {"/sitemap.xml": sitemap("/a/&h;", head=ENTITIES)},
        "failed",
        discovery=(MAP,),
        reasons={"/sitemap.xml": "document type"},
    ),
    "sitemap_hidden": Case(
        {"/sitemap.xml": sitemap("/a/&h;", "/b/", head=f"<!-- <a> -->{ENTITIES}")},
        "failed",
        discovery=(MAP,),
        reasons={"/sitemap.xml": "document type"},
    ),
    "feed_entities": Case(
        {"/feed/": feed(item("a", title="&h;"), head=f"<!-- <a> -->{ENTITIES}")},
        "failed",
        discovery=(FEED,),
        reasons={"/feed/": "document type"},
    ),
    "sitemap_doctype": Case(
        {"/sitemap.xml": sitemap("/a/", head="<!DOCTYPE urlset SYSTEM 'file:///etc/passwd'>"), **three()},
        "ok",
        {"new": 3},
        discovery=(MAP, LIST),
        reasons={"/sitemap.xml": "document type"},
    ),
    # In a process of its own, to measure its memory.
    "feed_of_100_mb": Case(
        {"/feed/": HUGE, **three()},
        "ok",
        {"new": 3},
        discovery=(FEED, LIST),
        reasons={"/feed/": "longer than a reply may be"},
    ),
}
