"""What the entry says of an article whose page is refused is kept, and never put in the place of more."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.crawler.tiny_web import add
from tests.pipelines.crawls import crawl, samples_of

SITE = "https://www.semi.org/en"
LONG = timedelta(days=400) // timedelta(milliseconds=1)
TEXT = "Makers of equipment for chips sold more of it in every region than in the quarter before. "


def site(folder: Path, refused: set[str], slugs: tuple[str, ...] = ("a", "b")) -> Path:
    """Releases of SEMI; of some of them the page is a challenge."""
    items = ""
    for slug in slugs:
        url = f"{SITE}/semi-press-release/{slug}"
        items += f"""<item><title>Release {slug}</title><link>{url}</link><description>In short, {slug}.</description>
            <pubDate>Tue, 05 May 2026 07:00:00 -0700</pubDate></item>"""
        page = (
            f"<title>Release {slug}</title><h1>Release {slug}</h1><div class=field--name-body><p>{TEXT * 3}</p></div>"
        )
        challenge = "<title>Just a moment...</title>"
        add(folder, "semi", url, challenge if slug in refused else page, status=403 if slug in refused else 200)
    feed = f"<rss version='2.0'><channel><title>SEMI</title>{items}</channel></rss>"
    add(folder, "semi", f"{SITE}/rss.xml", feed, type="application/rss+xml")
    add(folder, "semi", "https://www.semi.org/robots.txt", "", type="text/plain")
    return folder


def test_every_page_refused_is_blocked_and_nothing_is_lost(tmp_path: Path, uri: str) -> None:
    run = crawl(site(tmp_path, {"a", "b"}), "semi", uri, tmp_path / "asked")
    assert (run.record["verdict"], run.record["why"], run.record["new"]) == ("blocked", "2 pages refused", 2)
    # The second one is not asked for once the first has been refused.
    assert len(run.urls("page")) == 1
    with (database := samples_of(uri)).client:
        kept = list(database.articles.find().sort("_id"))
        assert {(one["title"], one["access"], one["body"]) for one in kept} == {
            ("Release a", "abstract", ""),
            ("Release b", "abstract", ""),
        }
        assert {one["summary"] for one in kept} == {"In short, a.", "In short, b."}


@pytest.mark.parametrize(("before", "after"), [(set(), {"a"}), ({"a"}, set())])
def test_what_was_read_stands_and_what_can_be_read_is(
    tmp_path: Path, uri: str, before: set[str], after: set[str]
) -> None:
    crawl(site(tmp_path / "one", before, ("a",)), "semi", uri, tmp_path / "asked")
    with (database := samples_of(uri)).client:
        database.pages.delete_many({"outcome": "entry"})
        database.pages.update_many({}, [{"$set": {"due": {"$subtract": ["$due", LONG]}}}])
        run = crawl(site(tmp_path / "two", after, ("a",)), "semi", uri, tmp_path / "asked")
        (article,) = database.articles.find()
    assert len(run.urls("page")) == 1
    # The vector of the whole text, which of an abstract is all that is kept of it.
    assert article["length"] > 10
    assert run.record["changed"] == (1 if before else 0)
