"""Sites that redirect to other sites or in circles."""

from __future__ import annotations

from tests.pipelines.bad_sites.case import Case, listing, moved, three

CASES: dict[str, Case] = {
    "endless_list": Case(
        {"/": moved("/2/"), "/2/": moved("/")},
        "failed",
        why="listing http://endless-list.example/: max redirections",
        reasons={"/": "max redirections reached"},
    ),
    "endless_page": Case(
        three(b=moved("/b/")),
        "ok",
        {"new": 2, "failed": 1},
        reasons={"/b/": "max redirections reached"},
        requests={"/": 1, "/a/": 1, "/b/": 6, "/c/": 1},
    ),
    "endless_pages": Case(
        {"/": listing("/a/", "/b/"), "/a/": moved("/b/"), "/b/": moved("/a/")},
        "failed",
        {"failed": 2},
        "none of 2 pages could be stored",
        reasons={"/a/": "max redirections", "/b/": "max redirections"},
    ),
    "sold": Case(
        three(moved("http://casino.example/")),
        "failed",
        {"ignored": 3},
        "none of 3 pages could be stored",
        reasons={f"/{slug}/": "leads to casino.example" for slug in "abc"},
    ),
}
