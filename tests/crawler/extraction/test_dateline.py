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
     "<p>Die erste Linie ging am 6. März 2019 in Betrieb</p>", "<p>Baustelle am 6. März 2026 (Foto: dpa)</p>",
     "<p>Termin: 6. März 2026, Dresden</p>", "<div><span>6. März 2026</span> <a href='/x'>Werk für Glas eröffnet</a></div>",
     "<p>Founded on 3 March 1999 in Penang.</p>", "<p>Deadline: March 1, 2026</p>", "<p>截稿日期：2026年3月1日</p>",
     "<p>会议日期：2026年3月1日</p>", "<div><a href='/x'>另一篇关于存储芯片涨价的文章</a><span>2026-03-01</span></div>",
     "<p>上一篇：<a href='/x'>存储涨价</a> 2026-03-01</p>",
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


FAR = "".join(f"<li><a href='/{number}'>Place {number}</a></li>" for number in range(80))


@pytest.mark.parametrize(
    "line",
    ["<div>Published on March 6, 2026</div>", "<p>Posted on Mar 6, 2026 by Ann Weber</p>", "<p>Date: March 6, 2026</p>",
     "<p>This article was originally published on March 6, 2026.</p>", "<div class='published-date'>March 6, 2026</div>",
     "<span class='entry-date'>6 March 2026</span>", "<div id='pub_time'><b>2026-03-06</b></div>",
     "<time datetime='2026-03-06'>last Friday</time>", "<p>发布时间：2026-03-06</p>", "<p>发布日期：2026年3月6日 来源：某某网</p>",
     "<td>时间：2026/03/06</td>", "<p>发稿时间：2026-03-06 编辑：王某</p>"],
)  # fmt: skip
def test_a_date_that_says_what_it_is_counts_far_from_the_title(line: str) -> None:
    for body in (
        f"<h1>New fab opens early</h1><ul>{FAR}</ul>{PROSE}{line}",
        f"{line}<ul>{FAR}</ul><h1>New fab opens early</h1>{PROSE}",
    ):
        moment = read(page(body)).published
        assert moment and moment.date() == datetime(2026, 3, 6).date()


@pytest.mark.parametrize(
    "line",
    ["<p>Published on March 6, 2026</p><p>Posted on March 1, 2026</p>", "<p>Updated on March 6, 2026</p>",
     "<div class='comment'><p>Posted on March 6, 2026</p></div>", "<aside><p class='post-date'>March 6, 2026</p></aside>",
     "<div class='related-news'><div>A fab <time datetime='2026-03-06'>6 March</time></div></div>",
     "<div class='date'>March 6, 2026</div>", "<p class='post-date'>Published 3 hours ago</p>",
     "<p>时间：2026-03-06</p><p>地点：某某会展中心</p>", "<p>Date: March 6, 2026</p><p>Venue: Old town hall</p>"],
)  # fmt: skip
def test_far_from_the_title_other_dates_do_not_count(line: str) -> None:
    assert read(page(f"<h1>New fab opens early</h1>{PROSE}<ul>{FAR}</ul>{line}")).published is None


@pytest.mark.parametrize(
    ("line", "expected"),
    [("03-08 18:18", datetime(2026, 3, 8, 10, 18)), ("12-30 09:30", datetime(2025, 12, 30, 1, 30)),
     ("26-03-08 23:16", datetime(2026, 3, 8, 15, 16)), ("18-03-08 23:16:05 某某网", datetime(2018, 3, 8, 15, 16, 5))],
)  # fmt: skip
def test_short_dates_come_before_how_long_ago_others_appeared(line: str, expected: datetime) -> None:
    side = "<div class='side'>" + "".join(f"<p>快讯{n}</p><span class='time'>{n}分钟前</span>" for n in range(20, 40))
    text = "".join(f"<p>{sentence}</p>" for sentence in (*CHINESE, *CHINESE))
    for body in (f"<h1>晶圆厂提前投产</h1><div class='info'>{line}</div>{text}{side}</div>",
                 f"{side}</div><h1>晶圆厂提前投产</h1><span class='time'>{line}</span>{text}",
                 f"{side}</div><h1>晶圆厂提前投产</h1><p><b>某某网</b> <i>{line}</i></p>{text}{side}</div>"):  # fmt: skip
        assert read(page(body, "<title>晶圆厂提前投产</title>")).published == expected.replace(tzinfo=UTC)
    alone = read(page(f"<h1>晶圆厂提前投产</h1>{text}<ul>{FAR}</ul>{side}</div>", "<title>晶圆厂提前投产</title>"))
    assert alone.published is None


@pytest.mark.parametrize("name", ["published", "published-date", "w-published-date", "publication-date"])
def test_names_of_meta_elements(name: str) -> None:
    moment = read(page(head=f'<title>New fab opens early</title><meta name="{name}" content="2026-03-06">')).published
    assert moment == datetime(2026, 3, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("script", "day"),
    [(r'self.push([1,"{\"publishedDate\":\"2026-03-06T10:20:00Z\",\"x\":1}"])', 6), ('{"datePublished":"March 6, 2026"}', 6),
     ('{"published_at": "2026/03/06 10:20"}', 6), ('var pub = {publishedDate: "2 hours ago"}', 0),
     ('{"title":"Other","publishedAt":"2026-03-01"},{"title":"New fab opens early","publishedAt":"2026-03-06"}', 6),
     ('{"title":"Other","publishedAt":"2026-03-01"},{"title":"A third","publishedAt":"2026-03-06"}', 0),
     ('{"dateModified":"2026-03-06"}', 0)],
)  # fmt: skip
def test_dates_in_the_data_of_scripts(script: str, day: int) -> None:
    moment = read(page(f"<h1>New fab opens early</h1>{PROSE}<script>{script}</script>")).published
    assert (moment.day if moment else 0) == day


@pytest.mark.parametrize(
    "head",
    ['<meta property="article:modified_time" content="2026-03-06T10:20:00Z">', '<meta name="last-modified" content="2026-03-06">',
     '<script type="application/ld+json">{"@type":"NewsArticle","headline":"New fab opens early",'
     '"dateModified":"2026-03-06"}</script>'],
)  # fmt: skip
def test_when_a_page_was_changed_is_not_when_it_was_published(head: str) -> None:
    assert read(page(head=f"<title>New fab opens early</title>{head}")).published is None


@pytest.mark.parametrize(
    ("line", "hour"),
    [
        ("Publié le 6 mars 2026 à 18h30, mis à jour le 7 mars 2026 à 09h00", 18),
        ("Aktualisiert: 7. März 2026, 09:00 Uhr | Veröffentlicht: 6. März 2026, 18:30 Uhr", 18),
        ("Mis à jour le 7 mars 2026 à 09h00", None),
        ("Die Fabrik wurde am 6. März 2026 eröffnet.", None),
    ],
)
def test_date_lines_in_other_languages(line: str, hour: int | None) -> None:
    found = read(page(f"<h1>New fab opens early</h1><p>{line}</p>{PROSE}")).published
    assert found == (datetime(2026, 3, 6, hour, 30, tzinfo=UTC) if hour else None)
