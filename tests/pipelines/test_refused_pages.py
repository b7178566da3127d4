"""An article whose page is refused is stored as its feed describes it, and never replaces a longer version."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.crawler.tiny_web import add
from tests.pipelines.crawls import crawl, samples_of

pytestmark = pytest.mark.slow

SITE = "https://www.semi.org/en"
LONG = timedelta(days=400) // timedelta(milliseconds=1)
TEXT = "Makers of equipment for chips sold more of it in every region than in the quarter before. "


def site(folder: Path, refused: set[str], slugs: tuple[str, ...] = ("a", "b")) -> Path:
    """A sample web of SEMI's releases; the pages of *refused* are challenges."""
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


def test_a_run_with_all_pages_refused_is_blocked_and_stores_the_summaries(tmp_path: Path, uri: str) -> None:
    run = crawl(site(tmp_path, {"a", "b"}), "semi", uri, tmp_path / "requests")
    assert (run.record["verdict"], run.record["why"], run.record["new"]) == ("blocked", "2 pages refused", 2)
    # After the first refusal no further page is requested.
    assert len(run.urls("page")) == 1
    with (database := samples_of(uri)).client:
        kept = list(database.articles.find().sort("_id"))
        assert {(row["title"], row["access"], row["body"]) for row in kept} == {
            ("Release a", "abstract", ""),
            ("Release b", "abstract", ""),
        }
        assert {row["summary"] for row in kept} == {"In short, a.", "In short, b."}


@pytest.mark.parametrize(("before", "after"), [(set(), {"a"}), ({"a"}, set())])
def test_a_refusal_keeps_the_stored_text_and_a_readable_page_replaces_the_summary(
    tmp_path: Path, uri: str, before: set[str], after: set[str]
) -> None:
    crawl(site(tmp_path / "one", before, ("a",)), "semi", uri, tmp_path / "requests")
    with (database := samples_of(uri)).client:
        database.pages.delete_many({"outcome": "entry"})
        database.pages.update_many({}, [{"$set": {"due": {"$subtract": ["$due", LONG]}}}])
        run = crawl(site(tmp_path / "two", after, ("a",)), "semi", uri, tmp_path / "requests")
        (article,) = database.articles.find()
    assert len(run.urls("page")) == 1
    # The length of the vector of the whole text: of an abstract the text itself is not stored.
    assert article["length"] > 10
    assert run.record["changed"] == (1 if before else 0)
