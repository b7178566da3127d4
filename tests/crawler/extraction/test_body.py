"""The body of a page, without boilerplate."""

from __future__ import annotations

import pytest

from tests.crawler.extraction.html_pages import CHINESE, FIRST, PROSE, SECOND, THIRD, page, read


def test_boilerplate_around_the_text():
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


def test_lines_separated_by_breaks_are_paragraphs():
    body = f"<h1>New fab opens early</h1><div class='content'>{FIRST}<br><br>{SECOND}<br/>{THIRD}</div>"
    assert read(page(body)).body == f"{FIRST}\n{SECOND}\n{THIRD}"


def test_an_article_in_several_boxes_of_one_class_is_whole():
    more = [text[::-1] for text in (FIRST, SECOND, THIRD)]
    boxes = "".join(
        f"<div class='part'><p>{one}</p><p>{two}</p></div>"
        for one, two in zip((FIRST, SECOND, THIRD), more, strict=True)
    )
    body = read(page(f"<h1>New fab opens early</h1><div>{boxes}</div>")).body
    assert [text in body for text in (FIRST, SECOND, THIRD, *more)] == [True] * 6


def test_the_boilerplate_of_a_release_is_cut():
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


LONG = [
    f"Reader number {number} thinks that nobody who stands at the pumps believes the date that was given."
    for number in range(12)
]


@pytest.mark.parametrize(
    "aside",
    [
        "<div class='pinglun-list'><ul>{}</ul></div>",
        "<section id='comments'>{}</section>",
        "<div>" + "<div itemscope itemtype='https://schema.org/Comment'>{}</div>" + "</div>",
        "<div class='more-stories'><div class='card'><h3><a href='/1'>Another story of the day</a></h3>{}</div></div>",
        "<div class='modal fade' role='dialog'>{}</div>",
        "<div aria-modal='true'>{}</div>",
    ],
)
def test_a_short_article_beside_longer_text_that_is_none(aside: str) -> None:
    text = aside.format("".join(f"<p>{line}</p>" for line in LONG))
    body = read(page(f"<div class='story'><h1>New fab opens early</h1><p>{FIRST}</p><p>{SECOND}</p></div>{text}")).body
    assert body == f"{FIRST}\n{SECOND}"


def test_a_class_alone_makes_no_aside_of_the_article() -> None:
    story = f"<div class='post related comments'><h1>New fab opens early</h1>{PROSE}</div>"
    assert FIRST in read(page(f"<p>{LONG[0]}</p>{story}")).body
    assert FIRST in read(page(f"<div class='comments'>{PROSE}</div>")).body


@pytest.mark.parametrize("levels", [300, 2000])
def test_a_deep_page_is_read_and_one_without_end_is_not(levels: int) -> None:
    inside = f"<h1>New fab opens early</h1>{PROSE}"
    assert FIRST in read(page("<div>" * levels + inside + "</div>" * levels)).body
    assert read(page("<div>" * 100_000 + inside)).body == ""
