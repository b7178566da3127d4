"""Dates that a page shows, or has in its address."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.crawler.extraction.html_pages import CHINESE, FIRST, PROSE, SECOND, THIRD, page, read


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


@pytest.mark.parametrize(
    "line",
    ["<p>The company was founded on March 6, 2019.</p>", "<p>The next forecast follows on March 5, 2026.</p>",
     "<figure><img src='a.jpg'><figcaption>The hall on March 6, 2025. Photo: A. Weber</figcaption></figure>",
     "<ul><li><a href='/x'>Foundry opens its first plant</a> <span>March 6, 2024</span></li></ul>",
     "<ul><li><a href='/x'>港芯第一座工厂投产</a><span class='date'>2024-03-06</span></li></ul>",
     "<p>Updated March 8, 2026</p>", "<div class='info'>最后更新：2026-03-08 10:00</div>"],
)  # fmt: skip
def test_dates_of_other_things_are_not_the_articles(line: str) -> None:
    assert read(page(f"<h1>New fab opens early</h1>{line}{PROSE}")).published is None
    assert read(page(f"<h1>New fab opens early</h1>{PROSE}{line}")).published is None


@pytest.mark.parametrize(
    "line",
    ["发布时间：2026-03-06 10:20 更新时间：2026-03-07 09:00 来源：某某网", "更新：2026-03-07 09:00 | 发布：2026-03-06 10:20",
     "Published March 6, 2026, 10:20 a.m. | Updated March 7, 2026, 9:00 a.m.",
     "Last updated March 7, 2026 9:00 – First published March 6, 2026 10:20"],
)  # fmt: skip
def test_of_published_and_updated_the_published_one(line: str) -> None:
    moment = read(page(f"<h1>New fab opens early</h1><p class='info'>{line}</p>{PROSE}")).published
    assert moment == datetime(2026, 3, 6, 10, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    "line",
    [
        "发布时间：2026-03-06 来源：某某学会",
        "发布日期：2026年3月6日",
        "2026-03-06 某某网 字体：大 中 小",
        "Posted on March 6, 2026",
    ],
)
def test_a_line_that_says_what_it_is_needs_no_title(line: str) -> None:
    body = f"<div class='bt'>Headline in a box</div><div class='xx'>{line}</div>{PROSE}"
    moment = read(page(body, "<title>News of the site</title>")).published
    assert moment and moment.date() == datetime(2026, 3, 6).date()


@pytest.mark.parametrize(
    ("script", "found"),
    [("var ct = '1';var createTime = '2026-03-06 10:20';", True), ('{"publishTime":1772792400}', True),
     ('window.data = {"publishedDate": "2026-03-06T10:20:00Z"};', True),
     ('[{"datePublished":"2026-03-06"},{"datePublished":"2026-02-01"}]', False), ("var born = '2026-03-06';", False)],
)  # fmt: skip
def test_the_date_in_a_script_comes_last(script: str, found: bool) -> None:
    article = read(page(f"<h1>New fab opens early</h1>{PROSE}<script>{script}</script>"))
    assert article.published == (datetime(2026, 3, 6, 10, 20, tzinfo=UTC) if found else None)
    shown = f"<h1>New fab opens early</h1><p>March 5, 2026</p>{PROSE}<script>{script}</script>"
    assert read(page(shown)).published == datetime(2026, 3, 5, tzinfo=UTC)


def test_an_abbreviation_and_baidus_data_have_dates() -> None:
    abbr = '<abbr itemprop="datePublished" title="2026-03-06T03:20:00-07:00">3:20 AM</abbr>'
    assert read(page(f"<h1>New fab opens early</h1>{PROSE}{abbr}")).published == datetime(
        2026, 3, 6, 10, 20, tzinfo=UTC
    )
    baidu = (
        '{"@context":"https://ziyuan.baidu.com/contexts/cambrian.jsonld","title":"T","pubDate":"2026-03-06T10:20:00"}'
    )
    head = f'<script type="application/ld+json">{baidu}</script>'
    assert read(page(f"<h1>New fab opens early</h1>{PROSE}", head)).published == datetime(
        2026, 3, 6, 10, 20, tzinfo=UTC
    )
