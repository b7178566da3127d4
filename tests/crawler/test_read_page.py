"""Pages written for these tests: what each step of the reading gives, and which wrong results it must not give."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from crawler.read import MOST_HTML, Unreadable, read_document
from crawler.source import Selectors, Source

CAPTURED = datetime(2026, 3, 10, tzinfo=UTC)
URL = "https://www.example.com/news/fab-opens"
FIRST = "The foundry opened its third plant on Friday, two quarters ahead of the plan that it had shown investors."
SECOND = "Output will reach forty thousand wafers a month, the chief executive said, once the last tools are installed."
THIRD = "Suppliers of gases and resists have moved close by, and the town expects two thousand new jobs by next year."
PROSE = "".join(f"<p>{text}</p>" for text in (FIRST, SECOND, THIRD))
CHINESE = (
    "该公司周五宣布，第三座晶圆厂比原计划提前两个季度投产。",
    "首席执行官表示，在最后一批设备安装完毕之后，月产能将达到四万片。",
)
ROW = Source(
    number=1,
    key="example",
    name="Example",
    category="媒体",
    address="https://www.example.com/",
    note="for tests",
    language="en",
    timezone="America/New_York",
    ways=(),
    keep="abstract",
    enabled=False,
    why="for tests",
)


def page(body: str = f"<h1>New fab opens early</h1>{PROSE}", head: str = "<title>New fab opens early</title>") -> bytes:
    return f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>".encode()


def read(data: bytes, url: str = URL, **more):
    return read_document(data, url, **{"captured": CAPTURED} | more)


def ld(**fields) -> str:
    return f'<script type="application/ld+json">{json.dumps(fields)}</script>'


def test_a_plain_page():
    article = read(page())
    assert article.title == "New fab opens early"
    assert article.body == f"{FIRST}\n{SECOND}\n{THIRD}"
    assert article.language == "en"
    assert article.published is None
    assert (article.source, article.kind, article.access) == ("file", "news", "full")
    assert article.fetched == CAPTURED
    assert article.url == URL


# Titles


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("New fab opens early | Example", "New fab opens early"),
        ("New fab opens early - Example.com", "New fab opens early"),
        ("New fab opens early – News – The Example", "New fab opens early"),
        ("Example: New fab opens early", "New fab opens early"),
        ("Example | New fab opens early", "New fab opens early"),
        ("Chips - and what they cost", "Chips - and what they cost"),
        ("Chips | what they cost", "Chips | what they cost"),
        ("Price: what chips cost", "Price: what chips cost"),
        ("Made-to-order wafers", "Made-to-order wafers"),
        ("“Fabs &amp; tools” &#8211; a test", "“Fabs & tools” – a test"),
    ],
)
def test_site_names_are_cut_off_titles_and_nothing_else(title, expected):
    head = f'<title>{title}</title><meta property="og:site_name" content="The Example">'
    body = f"<div>{PROSE}</div>" if expected != "New fab opens early" else f"<h1>{expected}</h1>{PROSE}"
    assert read(page(body, head)).title == expected


@pytest.mark.parametrize(
    ("title", "heading", "expected"),
    [
        ("晶圆厂提前投产_科技_某某网", "", "晶圆厂提前投产"),
        ("晶圆厂提前投产-股票频道-某讯网", "", "晶圆厂提前投产"),
        ("晶圆厂提前投产 - 某某日报", "", "晶圆厂提前投产"),
        ("一块顶十块GPU-EDA 设计技术", '<div class="art-title">一块顶十块GPU</div>', "一块顶十块GPU"),
        ("中美-中欧贸易比较", "", "中美-中欧贸易比较"),
        ("DDR5-6400内存上市", "", "DDR5-6400内存上市"),
    ],
)
def test_chinese_titles(title, heading, expected):
    body = heading + "".join(f"<p>{text}</p>" for text in CHINESE)
    article = read(page(body, f"<title>{title}</title>"), "http://news.example.cn/1.html")
    assert article.title == expected
    assert article.language == "zh"


def test_the_title_most_of_the_page_agrees_on():
    head = '<title>Fabs: an overview | Example</title><meta property="og:title" content="New fab opens early">'
    assert read(page(head=head)).title == "New fab opens early"


def test_one_heading_beats_a_title_that_names_the_section():
    assert read(page(head="<title>Recent releases</title>")).title == "New fab opens early"


def test_the_site_in_a_heading_is_no_title():
    head = '<title>New fab opens early - Example</title><meta property="og:site_name" content="Example">'
    assert read(page(f"<h1>Example</h1><h2>New fab opens early</h2>{PROSE}", head)).title == "New fab opens early"


# What the page says of itself


def test_json_ld_in_a_graph_with_references():
    head = ld(
        **{
            "@graph": [
                {"@type": "WebSite", "name": "Example"},
                {"@type": "Person", "@id": "#ann", "name": "Ann Author"},
                {
                    "@type": ["NewsArticle"],
                    "headline": "New fab opens early",
                    "datePublished": "2026-03-06T09:30:00-05:00",
                    "author": [{"@id": "#ann"}, {"@type": "Person", "name": "Bo Both"}],
                    "articleSection": ["Fabs"],
                    "keywords": "wafers, foundry",
                    "description": "A plant starts early.",
                },
            ]
        }
    )
    article = read(page(head=head))
    assert article.title == "New fab opens early"
    assert article.published == datetime(2026, 3, 6, 14, 30, tzinfo=UTC)
    assert article.authors == ["Ann Author", "Bo Both"]
    assert article.tags == ["Fabs", "wafers", "foundry"]
    assert article.summary == "A plant starts early."


def test_the_article_of_this_address_among_others():
    other = {
        "@type": "Article",
        "headline": "Another thing",
        "datePublished": "2025-01-01T00:00:00Z",
        "url": URL + "-2",
    }
    own = {"@type": "Article", "headline": "New fab opens early", "datePublished": "2026-03-06T09:30:00Z", "url": URL}
    head = f'<script type="application/ld+json">{json.dumps([other, own])}</script>'
    assert read(page(head=head)).published == datetime(2026, 3, 6, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "script",
    [
        '{"@type": "Article", "datePublished": "2026-03-06T09:30:00Z",}',
        '{"@type": "Article",\n"description": "two\nlines", "datePublished": "2026-03-06T09:30:00Z"}',
        '<!-- {"@type": "Article", "datePublished": "2026-03-06T09:30:00Z"} -->',
        '//<![CDATA[\n{"@type": "Article", "datePublished": "2026-03-06T09:30:00Z"}\n//]]>',
        "{&quot;@type&quot;: &quot;Article&quot;, &quot;datePublished&quot;: &quot;2026-03-06T09:30:00Z&quot;}",
        '{"@type": "Article", "datePublished": "2026-03-06T09:30:00Z"} {"@type": "WebSite"',
    ],
)
def test_broken_json_ld(script):
    article = read(page(head=f'<script type="application/ld+json">{script}</script>'))
    assert article.published == datetime(2026, 3, 6, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize("script", ["", "{", "[1, 2]", '"text"', "null", "[" * 5000, '{"@graph": 1}', '{"@type": 5}'])
def test_useless_json_ld_spoils_nothing(script):
    article = read(page(head=f'<title>New fab opens early</title><script type="application/ld+json">{script}</script>'))
    assert article.title == "New fab opens early"
    assert article.body.startswith(FIRST)


@pytest.mark.parametrize(
    "meta",
    [
        '<meta property="article:published_time" content="2026-03-06T09:30:00Z">',
        '<meta value="2026-03-06T09:30:00Z" name="og:article:published_time">',
        "<meta name='pubdate' content='Mar 6, 2026 4:30 AM ET'>",
        '<META NAME="itemdate" CONTENT="2026-03-06T09:30:00Z">',
        '<meta name="sailthru.date" content="2026-03-06 09:30:00 +0000">',
        '<meta name="parsely-pub-date" content="2026-03-06T09:30:00Z">',
        '<meta itemprop="datePublished" content="2026-03-06T09:30:00Z">',
        '<meta name="article:published_time" content="soon"><meta name="date" content="2026-03-06T09:30:00Z">',
    ],
)
def test_dates_in_meta_elements(meta):
    assert read(page(head=meta)).published == datetime(2026, 3, 6, 9, 30, tzinfo=UTC)


def test_a_modification_is_no_publication():
    head = '<meta property="article:modified_time" content="2026-03-08T09:30:00Z">'
    assert read(page(head=head + ld(**{"@type": "Article", "dateModified": "2026-03-08T09:30:00Z"}))).published is None


def test_microdata():
    body = f"""<article itemscope itemtype="http://schema.org/NewsArticle">
      <h1 itemprop="headline">New fab opens early</h1>
      <time itemprop="datePublished" datetime="2026-03-06T09:30:00Z">today</time>
      <span itemprop="author"><a href="/ann"><span itemprop="name">Ann Author</span></a></span>
      <div itemprop="articleBody">{PROSE}</div></article>"""
    article = read(page(body))
    assert article.published == datetime(2026, 3, 6, 9, 30, tzinfo=UTC)
    assert article.authors == ["Ann Author"]
    assert article.body == f"{FIRST}\n{SECOND}\n{THIRD}"


def test_authors_are_people():
    head = """<meta name="author" content="By Ann Author, Bo Both and https://example.com/x | Example">
      <meta property="og:site_name" content="Example">"""
    assert read(page(head=head)).authors == ["Ann Author", "Bo Both"]


def test_codes_of_a_wire_are_no_tags():
    codes = ",".join(f"CODE{number}" for number in range(12))
    head = f'<meta name="keywords" content="{codes},Semiconductor plants">'
    assert read(page(head=head)).tags == ["Semiconductor plants"]


def test_a_summary_that_repeats_the_title_is_none():
    head = '<title>New fab opens early</title><meta name="description" content="New fab opens early - Example">'
    assert read(page(head=head)).summary == ""


@pytest.mark.parametrize(
    ("canonical", "expected"),
    [
        ("/news/fab-opens-early", "https://www.example.com/news/fab-opens-early"),
        ("https://example.com/news/1", "https://example.com/news/1"),
        ("https://m.example.com/news/1", "https://m.example.com/news/1"),
        ("https://www.other.com/news/fab-opens", URL),
        ("https://www.example.com/", URL),
        ("http://[broken", URL),
        ("", URL),
    ],
)
def test_canonical_address(canonical, expected):
    assert read(page(head=f'<link rel="canonical" href="{canonical}">')).url == expected


# Dates that are only shown


@pytest.mark.parametrize(
    "line",
    [
        "<div class='info'>2026-03-06 10:20 来源：某某网</div>",
        "<div><span>2026年03月06日</span> <span>10:20</span></div>",
        "<p>发布时间：2026/03/06 10:20</p>",
        "<time>2026年3月6日 10:20</time>",
    ],
)
def test_date_lines_of_chinese_pages_are_in_beijing_time(line):
    body = f"<h1>晶圆厂提前投产</h1>{line}" + "".join(f"<p>{text}</p>" for text in CHINESE)
    article = read(page(body, "<title>晶圆厂提前投产_某某网</title>"), "http://news.example.cn/1.html")
    assert article.published == datetime(2026, 3, 6, 2, 20, tzinfo=UTC)
    assert article.body == "\n".join(CHINESE)


def test_only_a_date_line_counts():
    story = "<p>The plant was first planned on March 6, 2019, when the board met in the old town hall by the river.</p>"
    foot = "<footer>© 2026-01-05 Example</footer><p>Updated: 2026-03-08</p>"
    assert read(page(f"<h1>New fab opens early</h1>{story}{PROSE}{foot}")).published is None


def test_the_dateline_of_a_release():
    release = f"<p>HSINCHU, Taiwan, Mar. 6, 2026 – {FIRST} {SECOND}</p><p>{THIRD}</p>"
    article = read(page(f"<h1>New fab opens early</h1>{release}"))
    assert article.published == datetime(2026, 3, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    "path", ["/2026/03/06/fab", "/2026/0306/fab", "/a/202603/06/fab.html", "/news/2026-03-06/fab", "/fab-2026-03-06/"]
)
def test_the_date_in_the_address(path):
    assert read(page(), f"https://www.example.com{path}").published == datetime(2026, 3, 6, tzinfo=UTC)


def test_a_day_gains_its_time_from_the_page():
    body = f"<h1>New fab opens early</h1><p class='date'>March 6, 2026 4:15 pm</p>{PROSE}"
    article = read(page(body, '<meta name="pubdate" content="2026-03-06">'))
    assert article.published == datetime(2026, 3, 6, 16, 15, tzinfo=UTC)


def test_dates_of_a_list_are_not_the_pages():
    items = "".join(
        f"<li><a href='/{day}'>Item</a> <time datetime='2026-03-0{day}'></time></li>" for day in range(1, 6)
    )
    assert read(page(f"<ul>{items}</ul>", "<title>All news</title>")).published is None


# Bodies


def test_what_stands_around_the_text():
    body = f"""<nav><a href="/">Home</a> <a href="/chips">Chips</a></nav>
      <div class="cookie-banner"><p>{THIRD * 9}</p></div>
      <main><h1>New fab opens early</h1><p class="byline">By Ann Author</p><p>March 6, 2026</p><p>5 min read</p>
      <div class="text">{PROSE}<h2>Next steps</h2><p>{SECOND[::-1]}</p></div>
      <p>Share this</p><div class="related"><h3>Related articles</h3><p><a href="/2">{FIRST[::-1]}</a></p></div></main>
      <aside><p>{THIRD[::-1]}</p></aside>
      <footer><p>Copyright 2026 Example. All rights reserved, everywhere.</p></footer>"""
    assert read(page(body)).body == f"{FIRST}\n{SECOND}\n{THIRD}\nNext steps\n{SECOND[::-1]}"


def test_a_short_chinese_report_among_menus():
    menu = "".join(f"<li><a href='/{number}'>栏目{number}</a></li>" for number in range(40))
    body = f"""<div class="top"><p>登录超时，稍后再试</p><ul>{menu}</ul></div><div class="main"><h1>晶圆厂提前投产</h1>
      <div class="art"><p>{CHINESE[0]}</p><p>{CHINESE[1]}</p><p>（责任编辑：某某）</p></div></div>
      <div class="hot"><ul>{menu}</ul></div>"""
    article = read(page(body, "<title>晶圆厂提前投产-股票频道-某讯网</title>"), "http://stock.example.cn/1.html")
    assert article.body == "\n".join(CHINESE)


def test_lines_parted_by_breaks_are_paragraphs():
    body = f"<h1>New fab opens early</h1><div class='content'>{FIRST}<br><br>{SECOND}<br/>{THIRD}</div>"
    assert read(page(body)).body == f"{FIRST}\n{SECOND}\n{THIRD}"


def test_an_article_in_several_like_boxes_is_whole():
    more = [text[::-1] for text in (FIRST, SECOND, THIRD)]
    boxes = "".join(
        f"<div class='part'><p>{one}</p><p>{two}</p></div>"
        for one, two in zip((FIRST, SECOND, THIRD), more, strict=True)
    )
    body = read(page(f"<h1>New fab opens early</h1><div>{boxes}</div>")).body
    assert [text in body for text in (FIRST, SECOND, THIRD, *more)] == [True] * 6


def test_the_standing_part_of_a_release_is_cut():
    body = f"<h1>New fab opens early</h1>{PROSE}<p># # #</p><h6>About Example</h6><p>{THIRD[::-1]}</p>"
    assert read(page(body)).body == f"{FIRST}\n{SECOND}\n{THIRD}"


@pytest.mark.parametrize(
    "body",
    [
        "<p>Enable JavaScript and cookies to continue</p>",
        "<ul>" + "<li><a href='/x'>One of many headlines, all of them linked</a></li>" * 30 + "</ul>",
        "",
    ],
)
def test_a_page_without_text_of_its_own_has_no_body(body):
    assert read(page(body)).body == ""


# Rows


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


def test_access_and_address_of_a_row():
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
    # The policy is applied later: the vector is made from the whole text first.
    assert read(page(), source=row).body.startswith(FIRST)


# Bytes


def test_the_charset_of_the_header_is_used():
    body = "<h1>晶圆厂提前投产</h1>" + "".join(f"<p>{text}</p>" for text in CHINESE)
    data = page(body, "").decode().encode("gbk")
    assert read(data, charset="text/html; charset=gb2312").body == "\n".join(CHINESE)


def test_gzip_is_unpacked():
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
        (b"<p>x</p>" + b" " * MOST_HTML, "10 MiB"),
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
def test_odd_pages_are_read_without_an_accident(data):
    json.dumps(read(data).body).encode()
