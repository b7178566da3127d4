"""Finds elements and texts on a page by the CSS selectors of a source."""

from __future__ import annotations

from functools import cache

from lxml import etree
from lxml.html import HtmlElement
from parsel.csstranslator import HTMLTranslator


def elements_at(root: HtmlElement, css: str) -> list[HtmlElement]:
    """The elements that *css* selects, in document order; none for ""."""
    return [selected for selected in _query(css)(root) if isinstance(selected, HtmlElement)] if css else []


def texts_at(root: HtmlElement, css: str) -> list[str]:
    """The texts that *css* selects, each on one line; ``::text`` and ``::attr(name)`` as in Scrapy.

    For an element with its value in an attribute (``time``, ``meta``) that value is returned.
    """
    raw = (_value(selected) for selected in (_query(css)(root) if css else []))
    return [text for text in (" ".join(value.split()) for value in raw) if text]


def _value(selected: HtmlElement | str) -> str:
    if not isinstance(selected, HtmlElement):
        return str(selected)
    stated: str = selected.get("datetime") or selected.get("content") or ""
    return stated or str(selected.text_content())


@cache
def _query(css: str) -> etree.XPath:
    return etree.XPath(HTMLTranslator().css_to_xpath(css))
