"""What a row's CSS selectors find on a page."""

from __future__ import annotations

from functools import cache

from lxml import etree
from lxml.html import HtmlElement
from parsel.csstranslator import HTMLTranslator


def elements_at(root: HtmlElement, css: str) -> list[HtmlElement]:
    """The elements that a CSS selector finds, in the order of the page."""
    return [found for found in _query(css)(root) if isinstance(found, HtmlElement)] if css else []


def texts_at(root: HtmlElement, css: str) -> list[str]:
    """Texts, each on one line; ``::text`` and ``::attr(name)`` as in Scrapy.

    An element that carries its value in an attribute (``time``, ``meta``) counts for that value.
    """
    raw = (_value(found) for found in (_query(css)(root) if css else []))
    return [text for text in (" ".join(value.split()) for value in raw) if text]


def _value(found: HtmlElement | str) -> str:
    if not isinstance(found, HtmlElement):
        return str(found)
    stated: str = found.get("datetime") or found.get("content") or ""
    return stated or str(found.text_content())


@cache
def _query(css: str) -> etree.XPath:
    return etree.XPath(HTMLTranslator().css_to_xpath(css))
