"""Sites whose entry pages lead to no article."""

from __future__ import annotations

from crawler.discovery.methods import Sitemap
from tests.pipelines.bad_sites.case import MAP, Case, listing, sitemap, three

EMPTY = "fewer links than the minimum"

CASES: dict[str, Case] = {
    "index_of_itself": Case(
        {"/sitemap.xml": sitemap("/sitemap.xml", name="sitemapindex")},
        "empty",
        why=EMPTY,
        discovery=(MAP,),
        requests={"/sitemap.xml": 1},
    ),
    "index_without_end": Case(
        {"/sitemap.xml*": lambda number: sitemap(f"/sitemap.xml?{number}", name="sitemapindex")},
        "empty",
        why=EMPTY,
        discovery=(Sitemap("/sitemap.xml", pages=4),),
    ),
    "index_and_child": Case(
        {
            "/sitemap.xml": sitemap("/sitemap.xml", "/child.xml", name="sitemapindex"),
            **three(),
            "/child.xml": sitemap("/a/", "/b/", "/c/", "/sitemap.xml"),
        },
        "ok",
        {"new": 3},
        discovery=(MAP,),
        facts={"include": r"/\w/$"},
        dropped={"include": 1},
    ),
    "others_only": Case(
        {"/": listing("http://casino.example/1", "//casino.example/2", "https://others-only.example.casino.example/")},
        "empty",
        why=EMPTY,
        dropped={"host": 3},
    ),
}
