"""``xinwen links``: captured entries, real ones in place and our own, to one line a link."""

from __future__ import annotations

import gzip
import html
import json
import re
import subprocess
from collections import Counter
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from scrapy.robotstxt import ProtegoRobotParser

from crawler.authoring.captured_links import read_captured
from crawler.discovery.entry_page import EntryPageError
from crawler.discovery.methods import JsonApi, Listing
from crawler.discovery.reader import start_urls
from crawler.sources import source
from tests.commands import PROJECT, assert_one_line_error, run

pytestmark = pytest.mark.slow

SAMPLES = PROJECT / "samples"


def links(file: Path, key: str, *more: str) -> subprocess.CompletedProcess[str]:
    return run("crawler", "links", file, "--source", key, *more)


def lines(file: Path, key: str, *more: str) -> list[dict[str, Any]]:
    done = links(file, key, *more)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_old_list_of_seeking_alpha_against_its_table(captures: Path) -> None:
    found = lines(captures / "seeking_alpha/listing-dividend-news-2020-03-30.html", "seeking_alpha")
    table = (captures / "seeking_alpha/listing-dividend-news-2020-03-30-expected.tsv").read_text("utf-8").splitlines()
    expected = [[cell.strip() for cell in line.split("\t")] for line in table[1:]]
    new_york = ZoneInfo("America/New_York")
    seen = [
        (
            " | ".join(link["tags"]),
            datetime.fromisoformat(link["published"]).astimezone(new_york).strftime("%Y-%m-%d %H:%M"),
        )
        for link in found
    ]
    assert seen == [(re.sub(r"\s*\|\s*", " | ", row[1]), row[11]) for row in expected]
    assert found[0]["url"] == "https://seekingalpha.com/news/3556117"
    assert {link["way"] for link in found} == {"listing https://seekingalpha.com/dividends/dividend-news"}


def test_the_feed_of_reuters_item_by_item(captures: Path) -> None:
    file = captures / "reuters/feed-worldNews-2020.rss"
    items = re.findall(r"<item>.*?</item>", file.read_text("utf-8"), re.DOTALL)
    expected = []
    for item in items:
        text = {name: re.search(rf"<{name}[^>]*>(.*?)</{name}>", item)[1] for name in ("title", "guid", "pubDate")}
        moment = parsedate_to_datetime(text["pubDate"]).astimezone(UTC)
        published = moment.isoformat().replace("+00:00", "Z")
        expected.append((html.unescape(text["guid"]), html.unescape(text["title"]), published))
    found = lines(file, "reuters")
    assert [(link["url"], link["title"], link["published"]) for link in found] == expected
    assert not any("<" in link["summary"] for link in found)


@pytest.mark.parametrize(
    "name",
    ["listing-world-2026-03-14.html", "listing-business-finance-2025-06-23.html"],
)
def test_the_list_inside_a_section_page_of_reuters(captures: Path, name: str) -> None:
    file = captures / "reuters" / name
    found = lines(file, "reuters")
    block = file.read_text("utf-8").split("Fusion.globalContent=", 1)[1]
    articles = json.JSONDecoder().raw_decode(block)[0]["result"]["articles"]
    assert len(found) == 20
    assert [link["url"] for link in found] == [f"https://www.reuters.com{one['canonical_url']}" for one in articles]
    assert [datetime.fromisoformat(link["published"]) for link in found] == [
        datetime.fromisoformat(one["published_time"]).replace(microsecond=0) for one in articles
    ]
    assert [link.get("authors", []) for link in found] == [
        [author["name"] for author in one.get("authors", [])] for one in articles
    ]
    assert "@" not in json.dumps(found)
    assert "\u2060" not in json.dumps(found, ensure_ascii=False)


def test_the_news_sitemap_of_bloomberg_in_english(captures: Path) -> None:
    found = lines(captures / "bloomberg/news-sitemap-2023-12-01.pasted.xml", "bloomberg")
    assert len(found) == 663
    assert all(link["url"].startswith("https://www.bloomberg.com/") and link["published"] for link in found)


def test_what_a_run_would_not_take_is_marked(captures: Path) -> None:
    found = lines(captures / "seeking_alpha/rss-symbol-AAPL-2026-03-08.xml", "seeking_alpha")
    assert Counter(link["wanted"] for link in found)[True] >= 1
    assert found[0]["wanted"] is False


ROBOTS = {
    "bloomberg/robots-old-c2017.txt": "bloomberg",
    "kpmg/robots-2022-12-20.txt": "kpmg",
    "mckinsey/robots-old-c2016-2019.txt": "mckinsey",
    "reuters/robots-c2023.txt": "reuters",
    "reuters/robots-c2024.txt": "reuters",
    "samsung/www.samsung.com-robots.txt": "samsung",
    "statista/robots-c2024.txt": "statista",
}


def asked(key: str) -> list[str]:
    """Where a run of *key* would ask: every way in, its second page, and pages of articles as the site names them."""
    row = source(key)
    urls = [url for way in row.discovery for url in start_urls(way, datetime(2026, 7, 1, tzinfo=UTC))]
    urls += [way.page_url.format(page=2) for way in row.discovery if isinstance(way, Listing) and way.page_url]
    urls += [f"{way.url}&{way.page}=2" for way in row.discovery if isinstance(way, JsonApi) and way.page]
    if row.read == "page":
        facts = [json.loads(file.read_text("utf-8")) for file in PROJECT.glob(f"tests/fixtures/{key}/*/meta.json")]
        urls += [fact["url"] for fact in facts if fact["kind"] == "article"]
    return urls


@pytest.mark.parametrize("name", ROBOTS)
def test_robots_txt_lets_a_run_ask_what_it_asks(captures: Path, name: str) -> None:
    row = source(ROBOTS[name])
    rules = ProtegoRobotParser((captures / name).read_bytes(), None)
    site = row.address.split("/")[2].removeprefix("www.").removeprefix("home.")
    barred = [url for url in asked(row.key) if site in url and not rules.allowed(url, "Xinwen")]
    assert barred == []


def test_robots_txt_of_reuters_bars_columns_which_no_run_asks_for(captures: Path) -> None:
    rules = ProtegoRobotParser((captures / "reuters/robots-c2024.txt").read_bytes(), None)
    assert not rules.allowed("https://www.reuters.com/commentary/breakingviews/x-2026-03-14/", "Xinwen")
    assert source("reuters").read == "entry"


def test_each_shape_of_entry_by_its_way(tmp_path: Path) -> None:
    for file, key, way, number in (
        ("sia/feed.xml", "sia", "feed https://www.semiconductors.org/feed/", 10),
        ("sia/wp-json/posts.json", "sia", "json https://www.semiconductors.org/wp-json/", 10),
        ("sia/pages/latest-news.html", "sia", "listing https://www.semiconductors.org/news-events/", 10),
        ("mckinsey/sitemap.xml", "mckinsey", "sitemap https://www.mckinsey.com/sitemap.xml", None),
        ("intel/pages/annual-reports.html", "intel", "reports https://www.intc.com/filings-reports/annual", None),
    ):
        found = lines(SAMPLES / file, key)
        assert found and len(found) == (number or len(found))
        assert all(link["way"].startswith(way) for link in found)
        assert all(list(link)[:3] == ["url", "title", "published"] for link in found)
    packed = tmp_path / "feed.xml.gz"
    packed.write_bytes(gzip.compress((SAMPLES / "sia/feed.xml").read_bytes()))
    assert lines(packed, "sia") == lines(SAMPLES / "sia/feed.xml", "sia")


def test_an_index_leads_to_further_entries() -> None:
    found = lines(SAMPLES / "reuters/news-sitemap-index.xml", "reuters")
    assert [link["entry"] for link in found] == [True, True]
    assert found[1]["url"].endswith("&from=100")


def test_an_address_picks_the_way_that_the_file_came_by() -> None:
    page = SAMPLES / "intel/pages/quarterly-reports.html"
    way = "https://www.intc.com/filings-reports/quarterly-reports"
    assert {link["way"] for link in lines(page, "intel", "--url", way)} == {f"reports {way}"}
    assert {link["way"] for link in lines(page, "intel")} == {
        "reports https://www.intc.com/filings-reports/annual-reports"
    }


def test_ways_for_captured_files_are_never_asked() -> None:
    for key in ("reuters", "seeking_alpha", "bloomberg"):
        row = source(key)
        assert row.captured
        assert not [way for way in row.captured if way in row.discovery]
    assert "feeds.reuters.com" not in source("reuters").allowed
    row = source("seeking_alpha")
    with pytest.raises(EntryPageError):
        read_captured(b"<html><body>nothing</body></html>", row, datetime(2026, 7, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "an empty reply"),
        (b"<html><title>Just a moment...</title></html>", "no discovery method of sia reads it"),
        (b"<!DOCTYPE x [<!ENTITY a 'b'>]><rss>&a;</rss>", "document type"),
        (b"\x1f\x8b broken", "broken gzip"),
    ],
)
def test_a_file_that_no_discovery_method_reads_gives_one_line(tmp_path: Path, text: bytes, reason: str) -> None:
    file = tmp_path / "entry"
    file.write_bytes(text)
    assert_one_line_error(links(file, "sia"), reason)


def test_wrong_arguments_are_one_line(tmp_path: Path) -> None:
    assert_one_line_error(links(tmp_path / "none.xml", "sia"), "no such file")
    assert_one_line_error(links(SAMPLES / "sia/feed.xml", "sai"), "did you mean sia")
    assert_one_line_error(links(SAMPLES / "sia/feed.xml", "sia", "--url", "nowhere"), "no http address")
