"""Which of two readings of a page is its body: trafilatura's, or the main content."""

from __future__ import annotations

import pytest

from tests.crawler.extraction.html_pages import CHINESE, FIRST, PROSE, SECOND, THIRD, page, read

TITLE = "<h1>New fab opens early</h1>"
TEASERS = [
    f"Company number {number} said that its engineers had found another way to clean the chambers of their tools."
    for number in range(14)
]
LONG = "".join(f"<p>{text}</p>" for text in (FIRST, SECOND, THIRD, FIRST[::-1] + ".", SECOND[::-1] + "."))


def body_of(inside: str) -> str:
    return read(page(inside)).body


@pytest.mark.parametrize(
    "teaser",
    [
        "<div class='card'><h3><a href='/{0}'>One more story of the day</a></h3><p class='card-text'>{1}</p></div>",
        "<article class='tile'><a href='/{0}'><img src='/{0}.jpg'></a><div class='tile-text'>{1}</div></article>",
        "<li class='item'><a href='/{0}'>One more story of the day</a><p class='item-lead'>{1}</p></li>",
    ],
)
def test_teasers_in_the_same_container_are_no_missed_prose(teaser: str) -> None:
    river = "".join(teaser.format(number, text) for number, text in enumerate(TEASERS))
    body = body_of(f"<div id='wrap'><article>{TITLE}<div class='entry-content'>{LONG}</div></article>{river}</div>")
    assert body.startswith(f"{FIRST}\n{SECOND}\n{THIRD}")
    assert [text for text in TEASERS if text in body] == []


@pytest.mark.parametrize("where", ["before", "after"])
@pytest.mark.parametrize("banner", ["<div class='note'>{}</div>", "<div><p>{}</p></div>", "<ul><li>{}</li></ul>"])
def test_of_readings_that_share_nothing_the_one_below_the_title(where: str, banner: str) -> None:
    notice = banner.format(" ".join(TEASERS[:4]))
    story = f"<main><article>{TITLE}<section class='story-body'>{PROSE}</section></article></main>"
    body = body_of(notice + story if where == "before" else story + notice)
    assert body == f"{FIRST}\n{SECOND}\n{THIRD}"


def test_a_text_that_occurs_twice_repeats_no_headings() -> None:
    sections = "".join(
        f"<h2>Part {number} of the plan</h2><p>{FIRST}</p><p>{text}</p>" for number, text in enumerate(TEASERS)
    )
    body = body_of(f"<article>{TITLE}<div class='article-body'>{sections}</div></article>")
    headings = [line for line in body.split("\n") if line.startswith("Part ")]
    assert headings == [f"Part {number} of the plan" for number in range(len(TEASERS))]


@pytest.mark.parametrize(
    "around",
    [
        "<button class='menu' aria-label='Menu'><div>{}</div>",
        "<div><button type='button'>Search{}</div>",
        "<div class='visually-hidden-focusable'>Skip to the text{}</div>",
        "<div class='has-tooltip'>{}</div>",
        "<section class='sr-only'>{}</section>",
    ],
)
def test_what_hides_a_label_does_not_hide_the_page(around: str) -> None:
    assert FIRST in body_of(around.format(f"<main>{TITLE}{PROSE}{LONG}</main>"))


@pytest.mark.parametrize(
    "names",
    [
        "node node--promoted",
        "layout has-sidebar",
        "sidebar-grid__content article__content",
        "live-match-comment-body",
        "rank-math",
        "ads-active",
        "no-comments",
        "postContent related",
    ],
)
def test_a_class_that_tells_a_state_makes_no_aside(names: str) -> None:
    river = "".join(
        f"<div class='t'><h3><a href='/{n}'>Another story of this day</a></h3><p>{t}</p></div>"
        for n, t in enumerate(TEASERS)
    )
    body = body_of(f"<div><div class='{names}'>{TITLE}{PROSE}</div><div class='latest'>{river}</div></div>")
    assert body.startswith(f"{FIRST}\n{SECOND}\n{THIRD}")


@pytest.mark.parametrize(
    "names",
    ["relatedPosts", "page-sidebar", "node__related-articles", "site-footer", "promo-box", "hot-rank-list", "ad"],
)
def test_a_class_that_names_an_aside_makes_one(names: str) -> None:
    body = body_of(f"<div>{TITLE}<div class='text'>{PROSE}</div><div class='{names}'><p>{TEASERS[0]}</p></div></div>")
    assert body == f"{FIRST}\n{SECOND}\n{THIRD}"


def test_a_text_with_one_long_paragraph_beside_it_is_not_lumped() -> None:
    long = " ".join((FIRST, SECOND, THIRD))
    inside = f"<div class='first'><p>{long}</p></div><div class='rest'>{LONG}</div>"
    body = body_of(f"<article>{TITLE}<div class='article-body'>{inside}</div></article>")
    assert body.split("\n")[:2] == [long, FIRST]


def test_a_page_whose_text_is_in_one_line() -> None:
    body = body_of(f"<div>{TITLE}<span>{CHINESE[0]}</span><span>{CHINESE[1]}</span></div>")
    assert body == "".join(CHINESE)


def test_items_without_links_stay_between_paragraphs() -> None:
    """Trafilatura leaves the figures of a release out."""
    items = ["Revenue of $1.2 billion, up 12%", "Gross margin of 51.2%"]
    figures = f"<ul type='disc'>{''.join(f'<li>{item}</li>' for item in items)}</ul>"
    column = f"<div class='col'><p>{FIRST}</p><p>{SECOND}</p>{figures}<p>{THIRD}</p><p>{TEASERS[0]}</p></div>"
    body = body_of(f"<header>{TITLE}</header><section class='release-body'>{column}</section>")
    assert body.split("\n") == [FIRST, SECOND, *items, THIRD, TEASERS[0]]


def test_paragraphs_in_other_elements_stay_between_paragraphs() -> None:
    """Trafilatura leaves a text out that is in no paragraph, as editors of WeChat write them."""
    first, second, third, fourth = (f"{number}期：{CHINESE[0][:-1]}，{CHINESE[1]}" for number in "一二三四")
    text = f"<section><p>{first}</p></section><section><span>{second}</span></section><section><p>{third}</p><p>{fourth}</p></section>"
    body = body_of(f"<h1>晶圆厂提前投产</h1><div class='rich_media_content' id='js_content'>{text}</div>")
    assert body.split("\n") == [first, second, third, fourth]


@pytest.mark.parametrize(
    "beside",
    [
        "<div class='image-caption'><span>{}</span></div>",
        "<div><span class='sign-off'>{}</span></div>",
        "<div class='box'><div><div><span>{}</span></div></div></div>",
    ],
)
def test_captions_credits_and_boxes_are_not_put_back(beside: str) -> None:
    """Of one element in no paragraph trafilatura reads nothing."""
    note = beside.format("Reporting by Ann Reed in Penang, editing by Bo Li in Kulim and by others.")
    column = f"<div class='col'><p>{FIRST}</p><p>{SECOND}</p>{note}<p>{THIRD}</p><p>{TEASERS[0]}</p></div>"
    body = body_of(f"<header>{TITLE}</header><section class='release-body'>{column}</section>")
    assert body.split("\n") == [FIRST, SECOND, THIRD, TEASERS[0]]


def test_the_lead_above_a_part_that_a_button_opens() -> None:
    parts = f"<div class='truncated'><p>{FIRST}</p></div><div class='more-content' style='display:none'><p>{SECOND}</p><p>{THIRD}</p></div>"
    assert body_of(f"<article>{TITLE}{parts}<button>Read more</button></article>") == f"{FIRST}\n{SECOND}\n{THIRD}"
