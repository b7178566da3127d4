"""Pages that show the beginning of a text and offer the rest: the teaser is the body, and is known as one."""

from __future__ import annotations

import dataclasses

import pytest

from crawler.discovery.methods import Link
from crawler.spider.article_builder import article_from_page
from tests.crawler.extraction.html_pages import CAPTURED, CHINESE, FIRST, PROSE, ROW, SECOND, THIRD, URL, ld, page, read

TITLE = "<h1>New fab opens early</h1>"
PAID = {"isAccessibleForFree": False, "hasPart": {"isAccessibleForFree": "False", "cssSelector": ".locked"}}
OFFERS = (
    "<h2>Keep reading for one euro</h2><p>Subscribe now to read the rest of this story and all other stories of our"
    " paper, and cancel at any time that you like.</p><p>Already have an account? Log in here to read on, or call our"
    " service between eight and six on every working day.</p>"
)
PRICES = (
    "<h2>Subscribe to unlock this article</h2><p>Only $1 for four weeks</p><p>Then $75 per month. Complete access to our"
    " journalism on any device, and you may cancel anytime during your trial.</p>"
)
LONG = "".join(f"<p>{number}. {text}</p>" for number in range(8) for text in (FIRST, SECOND, THIRD))


def paid(**more: object) -> str:
    return ld(**{"@type": "NewsArticle", "headline": "New fab opens early"} | more)


@pytest.mark.parametrize(
    ("head", "offers"),
    [
        (paid(**PAID), f"<div class='locked'>{OFFERS}</div>"),
        (paid(**PAID), f"<div class='locked'>{PRICES}</div>"),
        (paid(isAccessibleForFree="http://schema.org/False"), f"<section class='offer'>{OFFERS}</section>"),
        ("<meta name='article:content_tier' content='locked'>", "<p>This article is for subscribers only.</p>"),
        ("", f"<div class='piano'>{OFFERS}</div>"),
        (paid(isAccessibleForFree=False, hasPart={"isAccessibleForFree": False, "cssSelector": "article"}), OFFERS),
        ("", "<p>To continue reading this article, register for free.</p><p>$1 for four weeks</p>"),
    ],
)
def test_the_teaser_is_the_body_and_known_as_such(head: str, offers: str) -> None:
    article = read(page(f"<article>{TITLE}<p>{FIRST}</p><p>{SECOND}</p>{offers}</article>", head))
    assert (article.body, article.access) == (f"{FIRST}\n{SECOND}", "abstract")


@pytest.mark.parametrize(
    "offers",
    [
        "<p>本文为付费内容，剩余百分之八十的内容需要开通会员后继续阅读。</p><p>已有账号？请登录后阅读全文，或下载客户端查看更多内容。</p>",
        "<p>登录后阅读全文</p>",
        "<p>还剩80%内容未阅读，订阅后即可查看</p><p>年度会员优惠价：198元/年</p>",
    ],
)
def test_the_teaser_of_a_chinese_page(offers: str) -> None:
    text = "".join(f"<p>{part}</p>" for part in CHINESE)
    article = read(page(f"<div class='article'><h1>晶圆厂提前投产</h1>{text}<div class='vip'>{offers}</div></div>"))
    assert (article.body, article.access) == ("\n".join(CHINESE), "abstract")


@pytest.mark.parametrize(
    ("head", "inside"),
    [
        (paid(**PAID), f"<div class='locked'>{LONG}</div>"),  # metered: the text is there
        (paid(isAccessibleForFree=False), LONG),
        (paid(isAccessibleForFree=True), PROSE),
        (paid(isAccessibleForFree=False, hasPart={"isAccessibleForFree": False, "cssSelector": "p["}), LONG),
        ("", f"{PROSE}<p>Sign up for our newsletter to read more of this every week.</p>"),
        ("", f"{LONG}<p>Subscribe to read the rest of this series.</p>"),
        ("", f"<p>{FIRST}</p><p>Log in to read more.</p>{LONG}"),
        (
            "",
            f"{PROSE}<p>Already a subscriber? Log in.</p><p>Output is forty thousand wafers a month.</p><p>{THIRD}</p>",
        ),
    ],
)
def test_a_page_with_its_text_is_whole(head: str, inside: str) -> None:
    article = read(page(f"<article>{TITLE}{inside}</article>", head))
    assert article.access == "full"
    assert article.body.endswith(THIRD) or "newsletter" in article.body


def test_what_a_source_keeps_whole_is_kept_of_a_teaser_as_an_abstract() -> None:
    data = page(f"<article>{TITLE}<p>{FIRST}</p>{OFFERS}</article>", paid(**PAID))
    source = dataclasses.replace(ROW, keep="full")
    link = Link(url=URL)
    assert article_from_page(data, URL, link, source, CAPTURED, "").access == "abstract"
    assert article_from_page(page(), URL, link, source, CAPTURED, "").access == "full"
    allowed = dataclasses.replace(link, access="headline")
    assert article_from_page(data, URL, allowed, source, CAPTURED, "").access == "headline"
