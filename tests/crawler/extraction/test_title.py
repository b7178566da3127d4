"""The title of a page, without the name of the site."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.extraction.title_key import title_key
from tests.crawler.extraction.html_pages import CHINESE, PROSE, page, read


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


def test_the_most_frequent_title():
    head = '<title>Fabs: an overview | Example</title><meta property="og:title" content="New fab opens early">'
    assert read(page(head=head)).title == "New fab opens early"


def test_one_heading_beats_a_title_that_names_the_section():
    assert read(page(head="<title>Recent releases</title>")).title == "New fab opens early"


def test_the_site_in_a_heading_is_no_title():
    head = '<title>New fab opens early - Example</title><meta property="og:site_name" content="Example">'
    assert read(page(f"<h1>Example</h1><h2>New fab opens early</h2>{PROSE}", head)).title == "New fab opens early"


CHINESE_PROSE = "".join(f"<p>{text}</p>" for text in (*CHINESE, CHINESE[0] + CHINESE[1]))
LINE = (
    "<div>HSINCHU, Taiwan, Mar. 6, 2026 – The foundry opened its third plant on Friday, two quarters ahead of it.</div>"
)


@pytest.mark.parametrize(
    ("title", "above", "expected"),
    [
        ("新闻详情", '<div class="title">晶圆厂提前投产</div>', "晶圆厂提前投产"),
        ("新闻中心-详情页", '<p align="center"><b>晶圆厂提前投产</b></p><p>来源：某某网</p>', "晶圆厂提前投产"),
        ("公司动态--某某学会官网", '<a href="/">首页</a> &gt; <a href="/x">公司动态</a><div class="bt">晶圆厂提前投产</div>'
         "<div>发布时间：2026-03-06 浏览：31</div>", "晶圆厂提前投产"),
        ("某某芯闻网", "<table><tr><td><font size=5>晶圆厂提前投产</font></td></tr></table>", "晶圆厂提前投产"),
        ("某某微电子股份有限公司", "<h3>晶圆厂提前投产</h3>", "晶圆厂提前投产"),
        ("无标题文档", "<h1>新闻中心</h1><h2>晶圆厂提前投产，月产能四万片</h2>", "晶圆厂提前投产，月产能四万片"),
        ("晶圆厂联网", '<div class="title">最新要闻一览表</div><h1>晶圆厂联网</h1>', "晶圆厂联网"),
    ],
)  # fmt: skip
def test_the_heading_is_the_title_where_the_title_names_the_template_or_the_site(title, above, expected):
    data = page(above + CHINESE_PROSE, f"<title>{title}</title>")
    assert read(data, "http://news.example.cn/1.html").title == expected


@pytest.mark.parametrize(
    ("title", "above"),
    [
        ("Document", "<div>Exhibit 99.1</div><div style='text-align:center'><font style='font-size:14pt;font-weight:bold'>"
         "New fab opens early</font></div>"),
        ("EX-99.1", "<p>FOR IMMEDIATE RELEASE</p><p style='text-align:center'><b>New fab opens early</b></p>"
         "<p style='text-align:center'><b>Output to reach forty thousand wafers</b></p>"),
        ("q1-2026_press.htm", "<p>Form 6-K</p><center><strong>New fab opens early</strong></center>"),
        ("Example News - Example News", "<h2 class='hed'>New fab opens early</h2>"),
        ("News Details | Example", "<div class='nav'><a href='/'>Home and the rest of it</a></div><div>New fab opens early</div>"
         "<div>March 6, 2026</div>"),
        ("Home", "<h1>Example</h1><div class='page-title'>New fab opens early</div>"),
    ],
)  # fmt: skip
def test_the_heading_is_the_title_of_a_page_without_one(title, above):
    head = f'<title>{title}</title><meta property="og:site_name" content="Example">'
    assert read(page(f"{above}{LINE}{PROSE}", head)).title == "New fab opens early"


def test_a_generic_title_stays_where_no_heading_is_above_the_text():
    assert read(page(PROSE, "<title>News</title>")).title == "News"
    assert read(page("<p>No text.</p>", "<title>Document</title>")).title == "Document"


@given(st.text(st.characters(max_codepoint=127)))
def test_plain_text_has_the_key_that_it_has_among_other_text(text: str) -> None:
    assert title_key(f"{text}芯") == f"{title_key(text)}芯"


def test_letters_and_digits_count_and_nothing_else() -> None:
    assert title_key("TSMC's 2nm_yield: “70%”") == title_key("ＴＳＭＣ s ２nm yield 70") == "tsmcs2nmyield70"


def test_the_name_of_the_file_is_no_title() -> None:
    """Filings have such titles."""
    filing = page(f"<p><b>{'New fab opens early'}</b></p>{LINE}{PROSE}", "<title>acme-20260306</title>")
    assert read(filing, "https://www.example.com/data/000012/acme-20260306.htm").title == "New fab opens early"
    assert read(filing, "https://www.example.com/data/000012/").title == "acme-20260306"
