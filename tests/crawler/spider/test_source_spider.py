"""The spider, run by its command over small sample webs."""

from __future__ import annotations

import json
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

import pytest

from crawler.sources import SOURCES
from crawler.spider.arguments import ArgumentError, arguments
from tests.commands import assert_one_line_error
from tests.crawler.tiny_web import add, crawl, scrapy

pytestmark = pytest.mark.slow

SIA = "https://www.semiconductors.org"
API = f"{SIA}/wp-json/wp/v2/posts?categories=3&per_page=10&_fields=id,date_gmt,slug,link,title,categories,content"
TEXT = "Sales of chips rose in every region of the world, the association said in its report on the month. " * 5


def post(slug: str, date: str = "2026-03-06T21:00:00", **facts: Any) -> dict[str, Any]:
    fields = {"link": f"{SIA}/{slug}/", "date_gmt": date, "title": {"rendered": f"Title of {slug}"}}
    return fields | {"content": {"rendered": f"<p>{TEXT}</p><p>###</p><p>Media contact</p>"}} | facts


def page(slug: str) -> str:
    return f"""<html><head><title>Title of {slug}</title><link rel=canonical href="{SIA}/{slug}/">
        <meta property="article:published_time" content="2026-03-06T21:00:00+00:00"></head>
        <body><main id=main><h1>Title of {slug}</h1><div class=newshr></div><p>{TEXT}</p></main></body></html>"""


def add_posts(folder: Path, *posts: dict[str, Any]) -> None:
    """Adds the reply of SIA's JSON API, the first of its discovery methods."""
    add(folder, "sia", API, json.dumps(posts), type="application/json")


def test_the_first_discovery_method_that_yields_links_is_used(tmp_path: Path) -> None:
    add_posts(tmp_path, post("a"), post("b", "2026-04-06T21:00:00"))
    run = crawl(tmp_path, "sia")
    assert run.status == 0, run.errors
    assert list(run.articles) == [f"{SIA}/b/", f"{SIA}/a/"]
    article = run.articles[f"{SIA}/a/"]
    assert article["title"] == "Title of a"
    assert article["published"] == "2026-03-06T21:00:00+00:00"
    assert article["body"] == TEXT.strip()
    assert (article["access"], article["language"], article["kind"]) == ("abstract", "en", "news")
    assert article["summary"].startswith("Sales of chips rose in every region")
    assert run.stats["xinwen/ways"] == [f"json {API}"]
    assert (run.stats["xinwen/links/found"], run.stats["xinwen/links/taken"]) == (2, 2)
    assert run.stats["xinwen/articles/found"] == 2
    assert run.stats["xinwen/entries/asked"] == 1
    assert "xinwen/way/failed/1" not in run.stats
    # robots.txt and the reply, which holds the text of the articles.
    assert run.stats["downloader/request_count"] == 2


def test_a_discovery_method_that_fails_is_reported_and_the_next_is_tried(tmp_path: Path) -> None:
    add(tmp_path, "sia", API, "<html>maintenance</html>")
    item = "<item><title>Title of {0}</title><link>{1}/{0}/</link></item>"
    items = "".join(item.format(slug, SIA) for slug in ("a", "gone", "unchanged", "empty"))
    feed = f'<rss version="2.0"><channel><title>t</title>{items}</channel></rss>'
    add(tmp_path, "sia", f"{SIA}/feed/", feed, type="application/rss+xml")
    add(tmp_path, "sia", f"{SIA}/a/", page("a"))
    add(tmp_path, "sia", f"{SIA}/unchanged/", status=304)
    add(tmp_path, "sia", f"{SIA}/empty/", "<html><head><title></title></head><body></body></html>")
    run = crawl(tmp_path, "sia")
    assert run.status == 0, run.errors
    assert run.stats["xinwen/way/failed/1"].startswith(f"json {API}: no JSON")
    assert run.stats["xinwen/ways"] == [f"feed {SIA}/feed/"]
    assert list(run.articles) == [f"{SIA}/a/"]
    assert run.unreadable == {f"{SIA}/empty/": ["no content"]}
    outcomes = {name: number for name, number in run.stats.items() if name.startswith("xinwen/pages/")}
    assert outcomes == {
        "xinwen/pages/asked": 4,
        "xinwen/pages/read": 1,
        "xinwen/pages/gone": 1,
        "xinwen/pages/not_modified": 1,
        "xinwen/pages/unreadable": 1,
    }


def test_all_discovery_methods_fail(tmp_path: Path) -> None:
    add(tmp_path, "sia", API, "[]", type="application/json")
    add(tmp_path, "sia", f"{SIA}/feed/", close=True)
    add(tmp_path, "sia", f"{SIA}/news-events/latest-news/", status=403)
    run = crawl(tmp_path, "sia")
    assert run.items == []
    assert run.stats["xinwen/ways"] == []
    failures = [reason for name, reason in run.stats.items() if name.startswith("xinwen/way/failed/")]
    assert len(failures) == len(SOURCES["sia"].discovery)
    reasons = dict(failure.split(": ", 1) for failure in failures)
    assert reasons[f"json {API}"] == "0 links, 1 are the least"
    assert reasons[f"feed {SIA}/feed/"].startswith("DownloadFailedError")
    assert reasons[f"listing {SIA}/news-events/latest-news/"] == "HTTP 403"
    assert run.stats["xinwen/blocked"] == 1
    assert "Traceback" not in run.errors


def test_not_modified_in_reply_to_an_unconditional_request_is_a_failure(tmp_path: Path) -> None:
    add(tmp_path, "sia", API, status=304)
    run = crawl(tmp_path, "sia")
    assert run.items == []
    assert f"json {API}" not in run.stats["xinwen/ways"]
    assert run.stats["xinwen/way/failed/1"].endswith("HTTP 304 to a request without conditions")
    assert run.stats.get("xinwen/entries/unchanged", 0) == 0


def test_limit_and_since(tmp_path: Path) -> None:
    add_posts(
        tmp_path,
        post("a"),
        post("b", "2026-05-06T03:59:00"),
        post("c", "2026-05-06T04:00:00"),
        post("d", "2026-06-06T21:00:00"),
    )
    assert list(crawl(tmp_path, "sia", "-a", "limit=2").articles) == [f"{SIA}/d/", f"{SIA}/c/"]
    # The day begins at midnight in the source's time zone: four o'clock UTC in summer.
    since = crawl(tmp_path, "sia", "-a", "since=2026-05-06")
    assert list(since.articles) == [f"{SIA}/d/", f"{SIA}/c/"]
    assert since.stats["xinwen/links/dropped/older"] == 2


def test_robots_txt_is_obeyed(tmp_path: Path) -> None:
    # A version behind the name is no part of it; a name in which ours is only a part is another one.
    rules = "User-agent: Xinwen/1.0\nDisallow: /wp-json/\nDisallow: /a/\n\nUser-agent: Xinwenbot/2\nDisallow: /\n"
    add(tmp_path, "sia", f"{SIA}/robots.txt", rules, type="text/plain")
    add_posts(tmp_path, post("a"))
    item = "<item><title>Title of {0}</title><link>{1}/{0}/</link></item>"
    feed = f"<rss version='2.0'><channel><title>t</title>{item.format('a', SIA)}{item.format('b', SIA)}</channel></rss>"
    add(tmp_path, "sia", f"{SIA}/feed/", feed, type="application/rss+xml")
    add(tmp_path, "sia", f"{SIA}/b/", page("b"))
    run = crawl(tmp_path, "sia")
    assert run.stats["xinwen/way/failed/1"].endswith(": barred by robots.txt of www.semiconductors.org")
    assert list(run.articles) == [f"{SIA}/b/"]
    assert run.stats["xinwen/pages/barred"] == 1
    interfaces = [method for method in SOURCES["sia"].discovery if "/wp-json/" in method.url]
    assert run.stats["xinwen/robots/barred"] == 1 + len(interfaces)


@pytest.mark.parametrize("robots", [{"status": 403}, {"status": 503}, {"body": "<title>Just a moment...</title>"}])
def test_an_unreadable_robots_txt_disallows_the_host(tmp_path: Path, robots: dict[str, Any]) -> None:
    add(tmp_path, "sia", f"{SIA}/robots.txt", **robots)
    add_posts(tmp_path, post("a"))
    run = crawl(tmp_path, "sia", "-s", "RETRY_TIMES=0")
    assert run.items == []
    assert f"{SIA}/robots.txt cannot be read: " in run.stats["xinwen/way/failed/1"]
    assert run.stats["downloader/request_count"] == 1


def test_no_more_pages_are_requested_from_a_host_that_blocks_one(tmp_path: Path) -> None:
    add_posts(tmp_path, *(post(slug, content=None) for slug in "abc"))
    for slug in "abc":
        add(tmp_path, "sia", f"{SIA}/{slug}/", "<html><title>Just a moment...</title></html>")
    run = crawl(tmp_path, "sia")
    assert run.items == []
    assert run.stats["xinwen/pages/blocked"] == 3
    assert run.stats["downloader/request_count"] == 3
    assert "Cloudflare's challenge" in run.errors


def test_a_redirect_to_another_host_is_not_followed(tmp_path: Path) -> None:
    add_posts(tmp_path, post("a", content=None), post("b", content=None))
    add(tmp_path, "sia", f"{SIA}/a/", status=302, headers={"Location": "https://elsewhere.example/"})
    add(tmp_path, "sia", f"{SIA}/b/", status=301, headers={"Location": f"{SIA}/c/"})
    add(tmp_path, "sia", f"{SIA}/c/", page("c"))
    add(tmp_path, "other", "https://elsewhere.example/", page("x"))
    run = crawl(tmp_path, "sia")
    assert list(run.articles) == [f"{SIA}/c/"]
    assert run.stats["xinwen/pages/ignored"] == 1


def test_an_article_with_two_addresses_is_yielded_once(tmp_path: Path) -> None:
    add_posts(tmp_path, post("a", content=None), post("b", content=None))
    add(tmp_path, "sia", f"{SIA}/a/", page("a"))
    add(tmp_path, "sia", f"{SIA}/b/", page("a"))
    run = crawl(tmp_path, "sia")
    assert [item["url"] for item in run.items] == [f"{SIA}/a/"]
    assert (run.stats["xinwen/articles/found"], run.stats["xinwen/articles/duplicate"]) == (1, 1)


def test_parts_that_fail_do_not_affect_the_others(tmp_path: Path) -> None:
    item = "<item><title>Nvidia orders</title><guid>https://seekingalpha.com/MarketCurrent:7</guid>{}</item>"
    feed = "<rss version='2.0'><channel><title>t</title>{}</channel></rss>"
    tickers = {"NVDA": '<category type="symbol">NVDA</category>', "TSM": '<category type="symbol">TSM</category>'}
    for ticker, category in tickers.items():
        url = f"https://seekingalpha.com/api/sa/combined/{ticker}.xml"
        add(tmp_path, "seeking_alpha", url, feed.format(item.format(category)), type="text/xml")
    run = crawl(tmp_path, "seeking_alpha")
    (article,) = run.articles.values()
    # The item is in two feeds, each of which names another company.
    assert (article["url"], article["tags"]) == ("https://seekingalpha.com/news/7", ["NVDA", "TSM"])
    assert (article["access"], article["body"]) == ("headline", "")
    answered = {
        method.part
        for method in SOURCES["seeking_alpha"].discovery
        if any(f"/{ticker}.xml" in method.url for ticker in tickers)
    }
    others = [method for method in SOURCES["seeking_alpha"].discovery if method.part not in answered]
    assert len([name for name in run.stats if name.startswith("xinwen/way/failed/")]) == len(others)
    assert run.stats["xinwen/links/dropped/duplicate"] == 1


def test_a_page_under_the_address_of_a_document_is_unreadable(tmp_path: Path) -> None:
    place = "filings-reports/all-sec-filings"
    path = "content/0000050863-26-000011/0000050863-26-000011.pdf"
    add(tmp_path, "intel", f"https://www.intc.com/{place}", f'<p>Annual Report <a href="/{place}/{path}">PDF</a></p>')
    add(tmp_path, "intel", f"https://www.intc.com/{place}/{path}", page("x"), type="application/pdf")
    run = crawl(tmp_path, "intel")
    assert run.articles == {}
    (reasons,) = run.unreadable.values()
    assert reasons[0].endswith("bytes under the address of a PDF, but no PDF")


def test_list_prints_the_keys_in_the_order_of_the_table() -> None:
    done = scrapy("list")
    assert (done.returncode, done.stderr) == (0, "")
    keys = done.stdout.split()
    assert (keys[:3], keys[19]) == (["semi", "sia", "wsts"], "semiinsights")


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["smci"], ["unknown source 'smci'", "did you mean", "smic"]),
        (["sia", "-a", "limit=0"], ["limit=0", "1 or more"]),
        (["sia", "-a", "limit=many"], ["limit=many"]),
        (["sia", "-a", "since=06.03.2026"], ["since=06.03.2026", "2026-03-06"]),
        (["sia", "-a", "since=2999-01-01"], ["since=2999-01-01", "in the future"]),
        (["sia", "-a", "colour=red"], ["unknown argument 'colour'", "limit=N"]),
    ],
)
def test_wrong_arguments_end_with_one_line(tmp_path: Path, arguments: list[str], parts: list[str]) -> None:
    assert_one_line_error(scrapy("crawl", *arguments, folder=tmp_path), *parts)


@pytest.mark.parametrize(("text", "is_begun"), [("2026-12-01", True), ("2026-12-02", True), ("2026-12-03", False)])
def test_a_day_is_in_the_future_until_it_has_begun_anywhere(
    monkeypatch: pytest.MonkeyPatch, text: str, is_begun: bool
) -> None:
    class Clock(datetime):
        """It is 2 December in Shanghai and in New Zealand, and still 1 December in London and New York."""

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime(2026, 12, 1, 17, tzinfo=UTC).astimezone(tz)

    monkeypatch.setattr("crawler.spider.arguments.datetime", Clock)
    if is_begun:
        assert f"{arguments({'since': text}).since}" == text
    else:
        with pytest.raises(ArgumentError, match="that day is in the future"):
            arguments({"since": text})


def test_the_first_day_of_the_calendar_is_one_everywhere() -> None:
    since = arguments({"since": "0001-01-01"})
    assert since.start("Asia/Shanghai") == since.start("UTC") == datetime.min.replace(tzinfo=UTC)
    assert since.start("America/New_York") == datetime(1, 1, 1, 4, 56, 2, tzinfo=UTC)


def test_a_wrong_sample_web_ends_with_one_line(tmp_path: Path) -> None:
    assert_one_line_error(scrapy("crawl", "sia", folder=tmp_path / "none"), "XINWEN_SAMPLE_WEB", "is no folder")
    add(tmp_path, "sia", f"{SIA}/", "x", colour="red")
    assert_one_line_error(scrapy("crawl", "sia", folder=tmp_path), "site.jsonl:1", "colour")


def test_a_crawl_cut_short_is_a_failure(tmp_path: Path) -> None:
    add_posts(tmp_path, post("a", content=None))
    add(tmp_path, "sia", f"{SIA}/a/", page("a"), hang=20)
    run = crawl(tmp_path, "sia", "-s", "CLOSESPIDER_TIMEOUT=1", "-s", "DOWNLOAD_TIMEOUT=3", "-s", "RETRY_TIMES=0")
    assert run.stats["finish_reason"] == "closespider_timeout"
    assert run.status == 1
