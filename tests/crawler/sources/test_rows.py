"""Special cases of Accenture, KPMG, Bloomberg and Statista, on pages and replies made for these tests."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crawler.discovery.methods import Link
from crawler.extraction import read_document
from crawler.sources import source
from crawler.sources.statista import link_of, without_masks
from store.article import Article
from tests.commands import PROJECT
from tests.crawler.tiny_web import add, crawl

NOW = datetime(2026, 11, 20, tzinfo=UTC)
KPMG = "https://kpmg.com"
FEEDS = "https://feeds.bloomberg.com"
ROBOTS = "User-agent: *\nDisallow: /*.print.html\n"
TEXT = "Every foundry asks its customers for orders two years ahead, and most of them give in sooner or later. "


def read(key: str, page: str, url: str) -> Article:
    return read_document(page.encode(), url, captured=NOW, source=source(key))


def kpmg_search(folder: Path, robots: str | None) -> None:
    for number, name in enumerate(("xx-en", "xx-en-2", "none"), start=1):
        reply = (PROJECT / f"samples/kpmg/esearch-{name}.json").read_text("utf-8")
        wanted = {"body": f'"current": {number}}}', "Content-Type": "application/json"}
        add(folder, "kpmg", f"{KPMG}/esearch/xx-en", reply, type="application/json", method="POST", when=wanted)
    if robots is not None:
        add(folder, "kpmg", f"{KPMG}/robots.txt", robots, type="text/plain")
    page = f"<html><title>Chip export rules</title><body><div class=bodytext-data><p>{TEXT * 3}</p></div></body></html>"
    add(folder, "kpmg", f"{KPMG}/xx/en/our-insights/risk-and-regulation/chip-export-rules.html", page)


def test_kpmgs_search_replaces_the_sitemaps_page_by_page(tmp_path: Path) -> None:
    kpmg_search(tmp_path, ROBOTS)
    run = crawl(tmp_path, "kpmg")
    assert run.stats["xinwen/ways"] == [f"json {KPMG}/esearch/xx-en"]
    # Three on the first page, two on the second; the third is empty, and a fourth is not requested.
    assert run.stats["xinwen/links/found"] == 5
    # The Chinese search, which has no reply here, is requested once.
    assert run.stats["downloader/request_method_count/POST"] == 4
    (article,) = run.articles.values()
    # The page shows no date; that of the reply is better than when the sitemap was built.
    assert article["published"] == "2026-04-01T22:00:00+00:00"


@pytest.mark.parametrize("robots", [f"{ROBOTS}Disallow: /esearch/\n", None, " \n"])
def test_kpmgs_search_needs_a_robots_txt_that_allows_it(tmp_path: Path, robots: str | None) -> None:
    kpmg_search(tmp_path, robots)
    run = crawl(tmp_path, "kpmg")
    assert run.items == []
    assert run.stats["xinwen/robots/barred" if robots and "esearch" in robots else "xinwen/ways"] in (2, [])
    assert run.stats.get("downloader/request_method_count/POST", 0) == 0


def test_kpmgs_names_for_one_document_and_one_article() -> None:
    row = source("kpmg")
    assert row.same_page and row.address_of
    folder = "https://assets.kpmg.com/content/dam/kpmg/xx/pdf/2021/10"
    names = ("a.pdf", "a.coredownload.pdf", "a.coredownload.inline.pdf")
    assert {row.same_page(f"{folder}/{name}") for name in names} == {f"{folder}/a.pdf"}
    assert row.same_page(f"{KPMG}/us/en/x/y.html") == row.same_page("https://home.kpmg/xx/en/x/y.html")
    assert row.same_page(f"{KPMG}/cn/zh/x/y.html") != row.same_page(f"{KPMG}/xx/en/x/y.html"), "a translation"
    assert row.address_of("http://home.kpmg/xx/en/x.html") == f"{KPMG}/xx/en/x.html"
    page = f"<title>Chips</title><div class=bodytext-data><p>{TEXT * 3}</p></div><div class=pdfdetails>"
    page += "".join(f'<a href="{folder}/{name}">PDF</a>' for name in names[1:]) + '<a href="http://[x.pdf">x</a></div>'
    files = read("kpmg", page, f"{KPMG}/xx/en/x.html").files
    # The requested address keeps its name.
    assert [(file.url, file.media_type) for file in files] == [(f"{folder}/a.coredownload.pdf", "application/pdf")]


def test_accentures_label_and_its_boilerplate() -> None:
    lines = ["RESEARCH REPORT", "10-minute read", "<<< Start >>>", TEXT * 2, TEXT.upper(), "<<< End >>>"]
    paragraphs = "".join(f"<p>{line.replace('<', '&lt;').replace('>', '&gt;')}</p>" for line in lines)
    url = "https://www.accenture.com/us-en/insights/high-tech/chips?src=SOMS&"
    article = read("accenture", f"<title>Chips | Accenture</title><main><h1>Chips</h1>{paragraphs}</main>", url)
    assert (article.kind, article.title, article.url) == ("report", "Chips", url.split("?")[0])
    assert article.body == f"{(TEXT * 2).strip()}\n{TEXT.upper().strip()}"


STORY: dict[str, Any] = {
    "headline": "Chips &amp; Tools",
    "publishedAt": "2026-07-16T06:12:44.120Z",
    "summary": "<p>In short.</p>",
    "byline": "By Ann Example and Bo Sample",
    "mostRelevantTags": ["Foundry", "Taiwan"],
    "body": {
        "type": "document",
        "content": [
            {"type": "paragraph", "content": [
                {"type": "text", "value": "Orders at "},
                {"type": "entity", "content": [{"type": "text", "value": "TSMC"}]},
                {"type": "text", "value": " rose."},
            ]},
            {"type": "ad", "content": [{"type": "text", "value": "Buy this."}]},
            {"type": "inline-newsletter", "content": [{"type": "paragraph", "content": [{"type": "text", "value": "Sign."}]}]},
            {"type": "heading", "content": [{"type": "text", "value": "What next"}]},
            {"type": "list", "content": [{"type": "listItem", "content": [{"type": "text", "value": "More lines."}]}]},
            {"type": "media", "content": [{"type": "text", "value": "A picture."}]},
        ],
    },
}  # fmt: skip
BLOOMBERG = "https://www.bloomberg.com/news/articles/2026-07-16/chips-and-tools"


@pytest.mark.parametrize(
    "script",
    [
        f'<script id="__NEXT_DATA__" type="application/json">{json.dumps({"props": {"pageProps": {"story": STORY}}})}</script>',
        f'<script type="application/json" data-component-props="ArticleBody">{json.dumps({"story": STORY})}</script>',
        f'<script id="__NEXT_DATA__">{{"props": 1}}</script><script data-component-props="FeatureBody">{json.dumps({"story": STORY | {"body": "<p>Orders at <b>TSMC</b> rose.</p><h2>What next</h2><ul><li>More lines.</li></ul>"}})}</script>',
    ],
)
def test_bloombergs_pages_are_read_from_their_data(script: str) -> None:
    article = read(
        "bloomberg", f"<html><head><title>Chips - Bloomberg</title></head><body>{script}</body></html>", BLOOMBERG
    )
    assert (article.title, article.summary) == ("Chips & Tools", "In short.")
    assert article.body == "Orders at TSMC rose.\nWhat next\nMore lines."
    assert article.published == datetime(2026, 7, 16, 6, 12, 44, tzinfo=UTC)
    assert (article.authors, article.tags) == (["Ann Example", "Bo Sample"], ["Foundry", "Taiwan"])


@pytest.mark.parametrize("script", ["{", "[]", '{"story": []}', '{"props": {"pageProps": null}}'])
def test_bloombergs_pages_without_a_story_are_read_as_pages(script: str) -> None:
    page = f'<title>Chips rise</title><script id="__NEXT_DATA__">{script}</script><div class="body-copy"><p>{TEXT}</p></div>'
    assert read("bloomberg", page, BLOOMBERG).body == TEXT.strip()


def test_an_ordinary_paragraph_of_bloombergs_may_be_called_paywall() -> None:
    page = f"""<title>Chips</title><h1 class="headline__x1">Chips rise again</h1><div class="body-content">
        <p class="paywall">{TEXT}</p><p class="paywall" data-ad-placeholder="1">Advertisement text</p></div>"""
    article = read("bloomberg", page, BLOOMBERG)
    assert (article.title, article.body) == ("Chips rise again", TEXT.strip())


def test_bloombergs_channels_that_are_quiet_empty_or_ask_for_a_human(tmp_path: Path) -> None:
    channel = "<rss version='2.0'><channel><title>t</title>{}</channel></rss>"
    item = f"<item><title>Chips</title><guid isPermaLink='true'>{BLOOMBERG}</guid></item>"
    add(tmp_path, "b", f"{FEEDS}/technology/news.rss", channel.format(""), type="text/xml")
    add(tmp_path, "b", f"{FEEDS}/industries/news.rss", "", type="text/xml")
    add(tmp_path, "b", f"{FEEDS}/markets/news.rss", channel.format(item), type="text/xml")
    add(tmp_path, "b", f"{FEEDS}/news.rss", "<html><title>Bloomberg - Are you a robot?</title></html>")
    run = crawl(tmp_path, "bloomberg")
    assert list(run.articles) == [BLOOMBERG]
    assert run.stats["xinwen/entries/quiet"] == 1
    # The empty one is requested again after the others, and then reported; the quiet one is no failure.
    assert run.stats["xinwen/entries/asked"] == 5
    failed = {name: value for name, value in run.stats.items() if name.startswith("xinwen/way/failed/")}
    assert failed == {
        "xinwen/way/failed/1": f"feed {FEEDS}/news.rss: a page that asks for a person",
        "xinwen/way/failed/2": f"feed {FEEDS}/industries/news.rss: an empty reply",
    }
    assert run.stats["xinwen/blocked"] == 1


def test_bloombergs_sitemap_is_never_requested(tmp_path: Path) -> None:
    url = "https://www.bloomberg.com/sitemaps/news/latest.xml"
    assert [method.url for method in source("bloomberg").captured] == [url]
    add(tmp_path, "b", url, f"<urlset><url><loc>{BLOOMBERG}</loc></url></urlset>", type="text/xml")
    assert crawl(tmp_path, "bloomberg").items == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Sales reached ****** billion.", "Sales reached withheld billion."),
        ("A share of **.** percent", "A share of withheld percent"),
        ("It cost $*** and *,*** more", "It cost withheld and withheld more"),
        ("-", "withheld"),
        ("grew by - percent to - million units", "grew by withheld percent to withheld million units"),
        ("between 2019 - 2024, chips - mostly memory - rose", "between 2019 - 2024, chips - mostly memory - rose"),
        ("5 * 3 nodes and a note*", "5 * 3 nodes and a note*"),
    ],
)
def test_numbers_that_statista_withholds_are_no_values(text: str, shown: str) -> None:
    assert without_masks(text) == shown


def test_statistas_locked_tables() -> None:
    page = f"""<title>Chips</title><body><div class="responsiveText readingAid__text"><p>{TEXT}</p></div>
        <table id="statTable"><tr><td>2024</td><td>-</td></tr><tr><td>2025</td><td>******</td></tr></table></body>"""
    body = read("statista", page, "https://www.statista.com/statistics/1/chips/").body
    assert body == f"{TEXT.strip()}\n2024 withheld\n2025 withheld"


@pytest.mark.parametrize(
    ("item", "tags"),
    [
        ({"is_premium": True}, ("premium",)),
        ({"is_premium": False}, ("free",)),
        ({"premium": 1}, ("premium",)),
        ({"premium": 0}, ("free",)),
        ({"premium": "true"}, ("premium",)),
        ({}, ()),
    ],
)
def test_the_three_forms_of_premium(item: dict[str, Any], tags: tuple[str, ...]) -> None:
    assert link_of(item, Link("https://www.statista.com/statistics/1/x/")).tags == tags
