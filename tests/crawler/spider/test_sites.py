"""Peculiarities of single sites, crawled over small sample webs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.discovery.methods import JsonApi
from crawler.discovery.reader import read_entry_page, start_urls
from crawler.sources import source
from tests.commands import PROJECT
from tests.crawler.tiny_web import add, crawl

pytestmark = pytest.mark.slow

WSTS = "https://www.wsts.org"
TSMC = "https://investor.tsmc.com"
TEXT = "Sales of memory grew faster than those of logic in every region that the statistics cover. " * 3


def release(title: str, file: str = "") -> str:
    link = f'<div class=dclinks><a class=clinks href="/media/f/WST/1/{file}"><b>PDF</b></a></div>' if file else ""
    return f"""<div class=mainContent><div class=article><h1>{title}</h1><div class=ContentText><p><span>{TEXT}</span></p>
        <p>About WSTS: a body</p></div></div>{link}</div>"""


def test_an_address_that_wsts_reuses_is_another_article(tmp_path: Path) -> None:
    addresses = []
    for folder, title in ((tmp_path / "one", "Growth of 38%"), (tmp_path / "two", "Growth of 54%")):
        archive = (
            '<div class=content-view-children><div class=NewsArchive><a href="/76/103/Press-Release">x</a></div></div>'
        )
        add(folder, "wsts", f"{WSTS}/76/PRESS-ARCHIVE", archive)
        add(folder, "wsts", f"{WSTS}/76/103/Press-Release", release(title))
        add(folder, "wsts", f"{WSTS}/76/Recent-News-Release", release(f"Latest: {title}"))
        addresses += sorted(crawl(folder, "wsts").articles)
    assert addresses == [
        f"{WSTS}/76/103/Growth-of-38",
        f"{WSTS}/76/Recent-News-Release?release=Latest-Growth-of-38",
        f"{WSTS}/76/103/Growth-of-54",
        f"{WSTS}/76/Recent-News-Release?release=Latest-Growth-of-54",
    ]


def test_a_release_is_kept_when_its_date_cannot_be_read(tmp_path: Path) -> None:
    add(tmp_path, "wsts", f"{WSTS}/76/Recent-News-Release", release("Growth", "Release-May_2026.pdf"))
    add(tmp_path, "wsts", f"{WSTS}/media/f/WST/1/Release-May_2026.pdf", "a stub", type="application/pdf")
    run = crawl(tmp_path, "wsts")
    (article,) = run.articles.values()
    assert article["published"] == "2026-04-30T22:00:00+00:00"
    assert [file["name"] for file in article["files"]] == ["Release-May_2026.pdf"]
    assert (run.stats["xinwen/dates/asked"], run.stats["xinwen/dates/missing"]) == (1, 1)
    assert run.unreadable == {}


def test_a_release_whose_document_is_too_old_is_dropped(tmp_path: Path) -> None:
    add(tmp_path, "wsts", f"{WSTS}/76/Recent-News-Release", release("Growth", "Release-2025-08-06.pdf"))
    run = crawl(tmp_path, "wsts", "-a", "since=2026-01-01")
    assert (run.articles, run.stats["xinwen/articles/older"]) == ({}, 1)


def test_gartners_archive_is_read_by_year_where_robots_txt_allows_it(tmp_path: Path) -> None:
    folder = "https://www.gartner.com/en/newsroom"
    slugs = {"2026": "2026-04-07-gartner-says-chips-grew", "2025": "2025-06-25-gartner-predicts-agents"}
    (tmp_path / "today").write_text("2026-11-20")
    add(
        tmp_path,
        "gartner",
        "https://www.gartner.com/robots.txt",
        "User-agent: *\nDisallow: /search\n",
        type="text/plain",
    )
    for year, slug in slugs.items():
        page = f'<div class=newsroom-items><a href="/en/newsroom/press-releases/{slug}">Gartner on {year}</a></div>'
        add(tmp_path, "gartner", f"{folder}/archive/{year}", page)
    run = crawl(tmp_path, "gartner")
    assert run.stats["xinwen/ways"] == [f"listing {folder}/archive/{{year}}"]
    assert {url: (article["title"], article["access"]) for url, article in run.articles.items()} == {
        f"{folder}/press-releases/{slug}": (f"Gartner on {year}", "headline") for year, slug in slugs.items()
    }


def test_of_gartner_only_robots_txt_is_requested(tmp_path: Path) -> None:
    run = crawl(PROJECT / "samples", "gartner", results=tmp_path)
    assert (run.status, run.items) == (0, [])
    assert run.stats["downloader/request_count"] == 1
    assert run.stats["xinwen/blocked"] == 1
    assert "robots.txt cannot be read: HTTP 403" in run.stats["xinwen/way/failed/1"]


@pytest.mark.parametrize(
    ("address", "title", "day"),
    [
        ("2025-06-25-gartner-predicts-over-40-percent", "Gartner predicts over 40 percent", "2025-06-25"),
        ("2026-04-07-gartner-says-revenue-grew-0", "Gartner says revenue grew", "2026-04-07"),
    ],
)
def test_gartners_addresses_contain_day_and_headline(address: str, title: str, day: str) -> None:
    link_of_address = source("gartner").link_of_address
    assert link_of_address
    link = link_of_address(f"https://www.gartner.com/en/newsroom/press-releases/{address}")
    assert link and link.published
    assert (link.title, f"{link.published:%Y-%m-%d}", link.tags) == (title, day, ("title from address",))
    assert link_of_address("https://www.gartner.com/en/articles/what-is-a-chiplet") is None


def test_gartners_address_variants_are_one_page() -> None:
    same_page = source("gartner").same_page
    assert same_page
    folder = "https://www.gartner.com/en/newsroom/press-releases/"
    whole = f"{folder}2026-04-07-gartner-says-worldwide-semiconductor-revenue-grew-24-percent-in-2025"
    assert same_page(whole) == same_page(f"{whole}-0") == same_page(whole.removesuffix("-percent-in-2025"))
    assert same_page(whole) != same_page(whole.replace("2026-04-07", "2026-04-08"))


def test_further_quarters_of_tsmc_are_not_requested_once_it_blocks(tmp_path: Path) -> None:
    (tmp_path / "today").write_text("2026-11-20")
    quarterly = next(one for one in source("tsmc").discovery if one.part == "quarterly")
    starts = start_urls(quarterly, datetime(2026, 11, 20, tzinfo=UTC))
    assert len(starts) == 7
    add(tmp_path, "tsmc", starts[2], "<title>Just a moment...</title>", status=403)
    add(tmp_path, "tsmc", starts[3], '<a href="/sites/ir/a.pdf">Report</a>')
    run = crawl(tmp_path, "tsmc")
    # Two quarters that are not out yet, and the two years of monthly revenue, which this site does not have.
    assert (run.stats["xinwen/entries/awaited"], run.stats["xinwen/blocked"]) == (4, 1)
    failures = [value for name, value in run.stats.items() if name.startswith("xinwen/way/failed/")]
    assert any(f"{starts[2]}: Cloudflare's challenge" in failure for failure in failures)
    assert starts[3] not in " ".join(failures)


@pytest.mark.parametrize(("day", "quarter"), [("2024-02-10", "2024/q1"), ("2031-05-20", "2031/q2")])
def test_quarters_are_those_of_the_sample_webs_date(tmp_path: Path, day: str, quarter: str) -> None:
    (tmp_path / "today").write_text(f"{day}\n")
    link = f'<a href="/sites/ir/{quarter}.pdf">Management report</a>'
    add(tmp_path, "tsmc", f"{TSMC}/english/quarterly-results/{quarter}", link)
    run = crawl(tmp_path, "tsmc")
    assert run.stats["xinwen/ways"] == [f"reports {TSMC}/english/quarterly-results/{{year}}/q{{quarter}}"]
    assert run.stats["xinwen/links/found"] == 1


def test_the_list_of_a_pwc_page_is_requested_from_the_address_in_the_page(tmp_path: Path) -> None:
    site = "https://www.pwc.com"
    place = "/content/pwc/gx/en/industries/tmt/publications/jcr:content/root/section_9/collection_v2"
    reply = f"{site}{place}.rebrand-filter-dynamic.html?currentPagePath=/content/pwc/gx/en/industries/tmt/publications"
    reply += "&list=%7B%7D&page={}&searchText=&defaultImagePath=/content/dam/pwc/network/collection-fallback-images"
    page = f'<div data-url="{place}.rebrand-filter-dynamic.html" class=results></div>'
    add(tmp_path, "pwc", f"{site}/gx/en/industries/tmt/publications.html", page)
    for number, elements in enumerate(([{"title": "Chips", "href": "/gx/en/a.html", "publishDate": "05/06/26"}], [])):
        elements_reply = json.dumps({"elements": json.dumps(elements)})
        add(tmp_path, "pwc", reply.format(number), elements_reply, type="application/json")
    add(tmp_path, "pwc", f"{site}/gx/en/a.html", f"<title>Chips</title><meta name=description content=D><p>{TEXT}</p>")
    run = crawl(tmp_path, "pwc")
    assert run.stats["xinwen/ways"] == [f"json {site}/gx/en/industries/tmt/publications.html"]
    assert {url: article["published"] for url, article in run.articles.items()} == {
        f"{site}/gx/en/a.html": "2026-06-04T23:00:00+00:00"
    }


def test_the_next_page_of_pwcs_library_has_the_address_format_of_the_first() -> None:
    pwc = source("pwc")
    method = next(method for method in pwc.discovery if isinstance(method, JsonApi))
    reply = json.dumps({"elements": json.dumps([{"href": "/gx/en/a.html", "publishDate": "05/06/26"}])}).encode()
    page = read_entry_page(method, reply, method.url, pwc, datetime(2026, 11, 20, tzinfo=UTC))
    assert page.further == [method.url.replace("&page=0&", "&page=1&")]
    assert page.links[0].published == datetime(2026, 6, 4, 23, tzinfo=UTC)


def test_links_of_a_feed_that_are_no_pages_of_the_site_cost_themselves(tmp_path: Path) -> None:
    site = "https://www.semi.org/en"
    wrong = [
        "http://user:pw@www.semi.org/en/semi-press-release/u", "https://www.semi.org:8443/en/semi-press-release/p",
        f"https://{'a' * 64}.semi.org/en/semi-press-release/l", "javascript:alert(1)", "http://[",
        "https://www.semi.org:99999/en/semi-press-release/q", "https://127.0.0.1/en/semi-press-release/i",
        "https://[::ffff:127.0.0.1]/en/semi-press-release/v", "https://１２７.0.0.1/en/semi-press-release/w",
        f"{site}/semi-press-release/leads-to-a-script",
    ]  # fmt: skip
    items = "".join(
        f"<item><title>Release {number}</title><link><![CDATA[{url}]]></link><description>In short.</description></item>"
        for number, url in enumerate([*wrong, f"{site}/semi-press-release/good"])
    )
    feed = f"<rss version='2.0'><channel><title>SEMI</title>{items}</channel></rss>"
    add(tmp_path, "semi", f"{site}/rss.xml", feed, type="application/rss+xml")
    add(tmp_path, "semi", wrong[-1], status=302, headers={"Location": "javascript:alert(1)"})
    page = f"<title>Good</title><h1>Good</h1><div class=field--name-body><p>{TEXT * 3}</p></div>"
    add(tmp_path, "semi", f"{site}/semi-press-release/good", page)
    run = crawl(tmp_path, "semi")
    assert (run.status, list(run.articles), run.unreadable) == (0, [f"{site}/semi-press-release/good"], {})
    assert run.stats["xinwen/links/found"] == len(wrong) + 1
    assert "Traceback" not in run.errors
