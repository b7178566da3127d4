"""Finds the end of what a paid page shows to everybody: its offers are no text, and what is left is a teaser."""

from __future__ import annotations

import re

from cssselect import SelectorError
from lxml import etree
from lxml.html import HtmlElement
from parsel.csstranslator import HTMLTranslator

from crawler.extraction.main_content import blocks

_MAX_OFFER = 400  # characters of a paragraph that may be an offer
_MAX_TEASER = 2000  # letters; a longer text before an offer is the article
_MAX_SHORT = 1500  # letters of the text of a page that is not free, without which it is a teaser
_MAX_SELECTORS = 20
# The rest of this text is for those who pay.
_REST_IS_PAID = re.compile(
    r"(?!.*(?:newsletter|comment|评论|留言))\W*(?:"
    r"(?:subscribe|sign (?:up|in)|log ?in|register|join|upgrade|become a (?:member|subscriber)|start your"
    r"|create (?:an?|your) (?:free )?account)\b.{0,60}\b(?:to|and) (?:read|continue|keep|unlock|finish|see|get|access)"
    r"\b.{0,20}\b(?:reading|on|more|rest|full|this|all|everything|unlimited|whole)\b.*"
    r"|(?:to|want to) (?:continue|keep|finish|read)\b.{0,30}\b(?:reading|read on|rest|full|whole|article|story)\b.*"
    r"|(?:keep|continue) reading (?:for|with|by|this|the|your)\b.*"
    r"|unlock (?:this|the (?:full|rest|whole)|full)\b.*"
    r"|(?:this|the (?:full|whole|rest of (?:this|the))) (?:article|story|content|report|post|analysis)\b.{0,40}"
    r"\b(?:for|to|behind)\b.{0,30}\b(?:subscribers?|members?|paywall|customers)\b.*"
    r"|(?:subscriber|member)s?[- ]only(?: (?:article|story|content|report))?\W*"
    r"|you(?:'ve|’ve| have) (?:reached|used|read) .{0,40}(?:limit|free articles?).*"
    r"|(?:请|您|需要?|须|立即|马上|点击|现在|先|尚未|还未)*"
    r"(?:登录|登陆|注册|订阅|开通|购买|成为|升级|付费|支付|解锁|扫码)"
    r".{0,20}(?:阅读|查看|解锁|畅读|浏览)(?:全文|全部|更多|剩余|完整|本文|余下|后续|文章|内容).*"
    r"|(?:本文|该文|此文|本篇|以下|剩余|后续|余下|全文|阅读全文).{0,30}(?:付费|会员|VIP|订阅|购买|解锁|登录).*"
    r"|还(?:有|剩).{0,12}(?:%|％|字|百分之).{0,40}(?:付费|会员|VIP|订阅|购买|解锁|登录|阅读|查看|未).*"
    r")",
    re.IGNORECASE | re.DOTALL,
)
_OFFER = re.compile(
    r"\W*(?:(?:already|not yet|are you|existing) (?:a |have |an )*(?:subscriber|subscribed|member|account|registered).*"
    r"|subscribe (?:now|today|to|for|from|and)\b.*|cancel (?:at )?any ?time\b.*"
    r"|(?:get (?:unlimited|full) access|try .{0,30}\bfor (?:free|just|only|one))\b.*"
    r"|(?:已有|已经有|没有|还没有)(?:账号|帐号|账户).*|(?:已是|已经是|成为|开通|加入).{0,6}(?:会员|VIP|订阅用户).*)",
    re.IGNORECASE | re.DOTALL,
)
# Of a paragraph behind a notice or an offer: what one pays, how, and what one gets.
_TERMS = re.compile(
    r"subscri|membership|\bmembers?\b|trial|cancel|[$€£¥]\s?\d{1,4}(?:\.\d\d)?\b|\blog ?in\b"
    r"|\bsign in\b|account|devices|newsletter|unlimited|customer service|账号|帐号|会员|订阅|客户端|优惠|登录|付费|元/",
    re.IGNORECASE,
)


def drop_offers(root: HtmlElement, paid_selectors: tuple[str, ...]) -> bool:
    """Drop what the selectors of a page for its paid parts select, where that is nothing but offers.

    Returns whether one of the parts holds the text.
    """
    whole = False
    for css in paid_selectors[:_MAX_SELECTORS]:
        for part in _selected(root, css):
            text, prose = _weights_of_text(part)
            whole = whole or 2 * text > prose
            if not text and part.getparent() is not None and part.tag != "body":
                part.drop_tree()
    return whole


def _weights_of_text(part: HtmlElement) -> tuple[int, int]:
    """The weight of the prose in *part* without offers and, behind the first of them, their terms; and of all prose."""
    text = prose = 0
    offered = False
    for block in blocks(part):
        offer = _is_offer(block.text)
        offered = offered or offer
        if block.is_prose:
            prose += block.weight
            text += 0 if offer or (offered and _is_terms(block.text)) else block.weight
    return text, prose


def _selected(root: HtmlElement, css: str) -> list[HtmlElement]:
    try:
        return [node for node in root.xpath(HTMLTranslator().css_to_xpath(css)) if isinstance(node, HtmlElement)]
    except (SelectorError, etree.XPathError, ValueError):  # the page is wrong; its text is read all the same
        return []


def without_offers(body: str) -> tuple[str, bool]:
    """*body* without the offers of a paywall, and whether they say that the rest of the text is not here."""
    paragraphs = body.split("\n")
    first = next((index for index, text in enumerate(paragraphs) if index and _is_offer(text)), len(paragraphs))
    kept = paragraphs[:first]
    behind = [text for text in paragraphs[first:] if not _is_offer(text)]
    walled = any(_REST_IS_PAID.fullmatch(text) for text in paragraphs[first:] if len(text) <= _MAX_OFFER)
    # Behind the offers stand their terms, prices and buttons; a longer text is the article that goes on.
    if sum(len(text) for text in behind if not _is_terms(text)) > 0.5 * sum(map(len, kept)):
        kept, walled = kept + behind, False
    elif walled and kept[1:] and _heads_offer(kept[-1]):
        kept.pop()
    return "\n".join(kept), walled


def is_teaser(body: str, *, free: bool | None, walled: bool, whole: bool) -> bool:
    """Whether *body* is only the beginning of its article.

    *free*: what the page states of itself, None for nothing; *walled*: it asks to pay for the rest; *whole*: what it
    states to be paid is there.
    """
    length = sum(3 if character >= "\u2e80" else 1 for character in body[: _MAX_TEASER + 1])
    if free is None:
        return walled and length <= _MAX_TEASER
    return not free and (walled or (not whole and length <= _MAX_SHORT))


def _is_offer(text: str) -> bool:
    return len(text) <= _MAX_OFFER and bool(_REST_IS_PAID.fullmatch(text) or _OFFER.fullmatch(text))


def _is_terms(text: str) -> bool:
    return len(text) <= _MAX_OFFER and bool(_TERMS.search(text))


def _heads_offer(text: str) -> bool:
    return len(text) <= 60 and bool(_TERMS.search(text)) and not text.endswith((".", "。"))
