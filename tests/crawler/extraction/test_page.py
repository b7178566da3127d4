"""Whole pages, with and without a source, and bytes that are no page."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from crawler.extraction import MAX_HTML_BYTES, Unreadable
from crawler.source import Selectors
from tests.crawler.extraction.html_pages import CAPTURED, CHINESE, FIRST, PROSE, ROW, SECOND, THIRD, URL, page, read


def test_a_plain_page():
    article = read(page())
    assert article.title == "New fab opens early"
    assert article.body == f"{FIRST}\n{SECOND}\n{THIRD}"
    assert article.language == "en"
    assert article.published is None
    assert (article.source, article.kind, article.access) == ("file", "news", "full")
    assert article.fetched == CAPTURED
    assert article.url == URL


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("10<sup>-9</sup> m of SiO<sub>2</sub>", "10⁻⁹ m of SiO₂"),
        ("5×10<sup><b>1</b>5</sup> per cm<sup>2</sup>", "5×10¹⁵ per cm²"),
        ("C<sub>2</sub>F<sub>6</sub> in the 21<sup>st</sup> century", "C₂F₆ in the 21st century"),
    ],
)
def test_raised_and_lowered_numbers_stay_what_they_are(markup: str, text: str) -> None:
    assert read(page(f"<p>{FIRST} The film has {markup}.</p><p>{SECOND}</p>")).body.startswith(
        f"{FIRST} The film has {text}."
    )


def test_selectors_come_first():
    row = replace(
        ROW,
        selectors=Selectors(
            title="h2.real",
            published="span.when",
            authors="span.who::text",
            tags="ul.tags a",
            summary="p.lead",
            body="div.one, div.two",
            drop=".advert, .advert *",
            stop=r"^Contact",
        ),
    )
    body = f"""<h1>Latest news</h1><h2 class="real">New fab opens early</h2>
      <span class="when">Mar 6, 2026, 5:00pm</span>
      <span class="who">Ann Author</span><ul class="tags"><li><a>fabs</a></li><li><a>foundry</a></li></ul>
      <p class="lead">In short.</p>
      <div class="one"><p>{FIRST}</p><p class="advert">Buy <b>now</b></p></div><p>{THIRD}</p>
      <div class="two"><p>{SECOND}</p><p>Contact: somebody</p><p>More</p></div>"""
    head = '<meta property="article:published_time" content="2020-01-01T00:00:00Z"><title>Latest news</title>'
    article = read(page(body, head), source=row)
    assert article.title == "New fab opens early"
    assert article.published == datetime(2026, 3, 6, 22, tzinfo=UTC)
    assert article.authors == ["Ann Author"]
    assert article.tags == ["fabs", "foundry"]
    assert article.summary == "In short."
    assert article.body == f"{FIRST}\n{SECOND}"
    assert (article.source, article.access) == ("example", "abstract")


def test_selectors_that_find_nothing_fall_back():
    row = replace(ROW, selectors=Selectors(title=".none", published=".none", body=".none", drop=".none"))
    article = read(page(head='<title>x</title><meta name="date" content="2026-03-06 12:00">'), source=row)
    assert article.title == "New fab opens early"
    assert article.published == datetime(2026, 3, 6, 17, tzinfo=UTC)
    assert article.body == f"{FIRST}\n{SECOND}\n{THIRD}"


def test_access_and_address_of_a_source():
    row = replace(
        ROW,
        access_of=lambda data: "full" if b"open to all" in data else "headline",
        address_of=lambda url: url.replace("www.example.com", "example.com"),
    )
    assert read(page(), source=row).access == "headline"
    open_page = page(f"<h1>New fab opens early</h1><!-- open to all -->{PROSE}")
    assert read(open_page, source=row).access == "full"
    assert read(gzip.compress(open_page), source=row).access == "full"
    assert read(page(), source=row).url == "https://example.com/news/fab-opens"
    # The body is kept here: the policy is applied later, after the embeddings are made from the whole text.
    assert read(page(), source=row).body.startswith(FIRST)


@pytest.mark.parametrize(
    "title",
    ["Page not found", "404", "Error 404", "404 - Page not found", "The page you requested cannot be found.",
     "This article is no longer available", "页面不存在", "抱歉，找不到该页面", "404错误"],
)  # fmt: skip
def test_a_page_that_says_that_there_is_none_is_refused(title: str) -> None:
    text = "<p>We could not find what you asked for. Try the search, or go to the start.</p>"
    with pytest.raises(Unreadable, match="a page that says"):
        read(page(f"<h1>{title}</h1>{text}"))


def test_an_article_on_such_pages_stays() -> None:
    assert read(page(f"<h1>Why the error 404 has its number</h1>{PROSE}")).body
    long = "".join(f"<p>In test {number} {FIRST.lower()}</p>" for number in range(8))
    assert read(page(f"<h1>Page not found</h1>{long}")).body


def test_the_charset_of_the_header_is_used():
    body = "<h1>晶圆厂提前投产</h1>" + "".join(f"<p>{text}</p>" for text in CHINESE)
    data = page(body, "").decode().encode("gbk")
    assert read(data, charset="text/html; charset=gb2312").body == "\n".join(CHINESE)


def test_gzip_is_decompressed():
    assert read(gzip.compress(page())).title == "New fab opens early"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "0 bytes"),
        (b" \n ", "blanks"),
        (b"<!-- nothing -->", "no HTML"),
        (b"PK\x03\x04" + b"\x00" * 100, "ZIP"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 100, "picture"),
        (b"\x00\x01\x02\x03" * 100, "binary"),
        (b"<p>x</p>" + b" " * MAX_HTML_BYTES, "10 MiB"),
        (gzip.compress(b"a" * 10**8, mtime=0), "decompressed"),
        (gzip.compress(page(), mtime=0)[:-20], "truncated gzip"),
        (b"\x1f\x8b" + b"broken" * 20, "broken gzip"),
        (gzip.compress(b"", mtime=0), "nothing"),
        (b'<?xml version="1.0"?>\n<?xml-stylesheet href="x"?><!-- c --><rss version="2.0"></rss>', "feed"),
        (b'<urlset xmlns="x"></urlset>', "sitemap"),
        (b'{"headline": "x"}', "JSON"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_page_is_refused_with_the_reason(data, reason):
    with pytest.raises(Unreadable, match=reason):
        read(data)


@pytest.mark.parametrize(
    "data",
    [
        b"<div>" * 20_000 + FIRST.encode(),
        b"<title>" + b"a - " * 50_000 + b"</title>",
        b"<p>x\x00y</p>" + PROSE.encode(),
        b"<meta name=date content='" + b"9" * 10_000 + b"'><p>x</p>",
        b"<p>half a pair &#xD800; and more</p>",
    ],
)
def test_odd_pages_are_read_without_an_error(data):
    json.dumps(read(data).body).encode()
