"""Facts of an article from HTML microdata: elements with ``itemprop`` (HTML Living Standard, chapter 5)."""

from __future__ import annotations

from lxml import etree
from lxml.html import HtmlElement

from crawler.extraction.page_facts import PageFacts

_PROPERTIES = etree.XPath("descendant::*[@itemprop]")
_MAX_ELEMENTS = 3  # with one property; more belong to a list of other articles
_MAX_AUTHORS = 5


def microdata_facts(root: HtmlElement) -> PageFacts:
    """Headline, date and authors. ``meta`` elements with ``itemprop`` are read with the other meta elements."""
    elements = [element for element in _PROPERTIES(root) if element.tag != "meta"]
    return PageFacts(titles=_headlines(elements), dates=_dates(elements), authors=(_authors(elements),))


def _headlines(elements: list[HtmlElement]) -> tuple[str, ...]:
    headlines = [element for element in elements if element.get("itemprop") == "headline"]
    return tuple(element.get("content") or element.text_content() for element in headlines[:_MAX_ELEMENTS])


def _dates(elements: list[HtmlElement]) -> tuple[str, ...]:
    dates = [element for element in elements if "datePublished" in element.get("itemprop", "").split(" ")]
    return tuple(
        element.get("datetime")
        or element.get("content")
        or (element.get("title") if element.tag == "abbr" else "")  # microformats: the moment that an abbr is short for
        or element.text_content()
        for element in dates[:_MAX_ELEMENTS]
    )


def _authors(elements: list[HtmlElement]) -> tuple[str, ...]:
    people = [element for element in elements if element.get("itemprop") == "author"][:_MAX_AUTHORS]
    names = [person.xpath(".//*[@itemprop='name']")[:1] or [person] for person in people]
    return tuple(name.get("content") or name.text_content() for (name,) in names)
