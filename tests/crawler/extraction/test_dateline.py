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
