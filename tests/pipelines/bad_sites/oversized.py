"""Sites that give more than anybody can take: bombs, huge feeds, sitemaps with entities."""

from __future__ import annotations

import gzip
import zlib

from backports import zstd

from tests.pipelines.bad_sites.case import FEED, LIST, MAP, Case, feed, item, sitemap, three
from tests.pipelines.bad_web import Answer


def packed(megabytes: int) -> bytes:
    """A gzip file of one feed with so much in it, made without holding it."""
    packer = zlib.compressobj(9, wbits=31)
    parts = [packer.compress(b'<?xml version="1.0"?><rss version="2.0"><channel><title>')]
    parts += [packer.compress(b"x" * 2**20) for _ in range(megabytes)]
    return b"".join([*parts, packer.compress(b"</title></channel></rss>"), packer.flush()])


ENTITIES = (
    '<!DOCTYPE urlset [<!ENTITY a "aaaaaaaaaaaaaaaaaaaa">'
    + "".join(f'<!ENTITY {name} "{f"&{inner};" * 20}">' for inner, name in zip("abcdefg", "bcdefgh", strict=True))
    + "]>"
)


HUGE = Answer(b'<?xml version="1.0"?><rss version="2.0"><channel>' + b"<item/>" * (100 * 2**20 // 7), length=False)

CASES: dict[str, Case] = {
    "feed_bomb": Case(
        {"/feed/": Answer(packed(300), headers={"Content-Encoding": "gzip"})},
        "failed",
        ways=(FEED,),
        reasons={"/feed/": "exceeded"},
    ),
    "feed_bomb_zstd": Case(
        {"/feed/": Answer(zstd.compress(gzip.decompress(packed(150))), headers={"Content-Encoding": "zstd"})},
        "failed",
        ways=(FEED,),
        reasons={"/feed/": "exceeded"},
    ),
    "feed_items": Case({"/feed/": feed("<item/>" * 100_000)}, "failed", ways=(FEED,), reasons={"/feed/": "items"}),
    "sitemap_gzip": Case(
        {"/sitemap.xml": Answer(packed(300), type="application/gzip")},
        "failed",
        ways=(MAP,),
        reasons={"/sitemap.xml": "more than 50 MiB"},
    ),
    "sitemap_tags": Case(
        {"/sitemap.xml": Answer(gzip.compress(b"<urlset>" + b"<x/>" * 2**22 + b"</urlset>", 6, mtime=0))},
        "failed",
        ways=(MAP,),
        reasons={"/sitemap.xml": "tags"},
    ),
    "sitemap_entities": Case(
        {"/sitemap.xml": sitemap("/a/&h;", head=ENTITIES)},
        "failed",
        ways=(MAP,),
        reasons={"/sitemap.xml": "document type"},
    ),
    "sitemap_hidden": Case(
        {"/sitemap.xml": sitemap("/a/&h;", "/b/", head=f"<!-- <a> -->{ENTITIES}")},
        "failed",
        ways=(MAP,),
        reasons={"/sitemap.xml": "document type"},
    ),
    "feed_entities": Case(
        {"/feed/": feed(item("a", title="&h;"), head=f"<!-- <a> -->{ENTITIES}")},
        "failed",
        ways=(FEED,),
        reasons={"/feed/": "document type"},
    ),
    "sitemap_doctype": Case(
        {"/sitemap.xml": sitemap("/a/", head="<!DOCTYPE urlset SYSTEM 'file:///etc/passwd'>"), **three()},
        "ok",
        {"new": 3},
        ways=(MAP, LIST),
        reasons={"/sitemap.xml": "document type"},
    ),
    # In a process of its own, to see its memory.
    "feed_of_100_mb": Case(
        {"/feed/": HUGE, **three()},
        "ok",
        {"new": 3},
        ways=(FEED, LIST),
        reasons={"/feed/": "longer than a reply may be"},
    ),
}
