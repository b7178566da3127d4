"""Reads HTML pages that list articles, by the CSS selectors of a ``Listing``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from parsel import Selector

from crawler.discovery.entry_page import EntryPage, absolute_url, plain_text, plain_texts
from crawler.discovery.methods import OR, Link, Listing
from crawler.extraction.charset import decode
from crawler.extraction.dateline import date_of_address
from crawler.extraction.dates import is_date, parse_date
from crawler.source import Source

_DATE_AHEAD = re.compile(r"\d{4}([-/.])\d{1,2}\1\d{1,2}\s+(?=\S)")
# Texts of links that are labels, not headlines.
_LABEL = re.compile(
    r"(?:(?:read|learn|find out|see|view|show) )?(?:more|full (?:story|article|release))(?: about .*)?"
    r"|read|view|details?"
    r"|(?:阅读|查看|了解)?(?:更多|全文|详情|详细)",
    re.IGNORECASE,
)
_TIME = re.compile(r"\d{1,2}:\d\d(:\d\d)?(\s*[ap]\.?m\b\.?)?", re.IGNORECASE)


def read(method: Listing, data: bytes, url: str, source: Source, captured: datetime) -> EntryPage:
    """The links of an HTML list, and its next page."""
    page = Selector(text=decode(data), type="html")
    base = absolute_url(url, page.css("base::attr(href)").get("")) or url
    links = [
        corrected
        for item, day in _items(method, page)
        if (link := _link(method, item, day, base, source, captured))
        and (corrected := source.link_of(_facts(item), link) if source.link_of else link)
    ]
    return EntryPage(links=links, further=[further] if (further := _next(method, page, url, base)) and links else [])


def _next(method: Listing, page: Selector, url: str, base: str) -> str:
    if method.page_url:
        before, after = (re.escape(text) for text in method.page_url.split("{page}"))
        number = re.fullmatch(rf"{before}(\d+){after}", url)
        return method.page_url.format(page=int(number[1]) + 1 if number else 2)
    further = absolute_url(base, page.css(method.next).get("")) if method.next else ""
    return further if further != url else ""


def _items(method: Listing, page: Selector) -> Iterator[tuple[Selector, str]]:
    """Each item, with the text of the nearest ``day_heading`` before it."""
    if not method.day_heading:
        yield from ((item, "") for item in page.css(method.item))
        return
    days, day = {element.root for element in page.css(method.day_heading)}, ""
    for element in page.css(f"{method.day_heading}, {method.item}"):
        if element.root in days:
            day = plain_text(element.xpath("string()").get(""))
        else:
            yield element, day


def _facts(item: Selector) -> dict[str, Any]:
    """For every element name in *item* the list of its elements, as their attributes and text (as for feeds)."""
    fields: dict[str, Any] = {}
    for element in item.root.iter():
        if isinstance(element.tag, str):
            fields.setdefault(element.tag, []).append({**element.attrib, "text": (element.text or "").strip()})
    return fields


def _published(text: str, day: str, method: Listing, source: Source, captured: datetime) -> datetime | None:
    if day:
        # With a day heading only the time is used: "Yesterday, 6:11 PM" is relative to the day of the capture.
        time = _TIME.search(text)
        text = f"{day} {time[0]}" if time else day
    return parse_date(text, timezone=source.timezone, captured=captured, order=method.date_order)


def _link(method: Listing, item: Selector, day: str, base: str, source: Source, captured: datetime) -> Link:
    def texts(css: str) -> list[str]:
        return item.css(css).getall() if css else []

    def moment(text: str) -> datetime | None:
        return _published(text, day, method, source, captured)

    url = absolute_url(base, item.css(method.link).get("")) if method.link else base
    # "2026/04/10 March 2026 Revenue Report": some lists put the date into the link, before the title.
    link_texts = list(_pieces(item, method.title))
    title = next((text for text in link_texts if not (is_date(text) or _LABEL.fullmatch(text.strip(" .…>»→")))), "")
    ahead = _DATE_AHEAD.match(title)
    title = title[ahead.end() :] if ahead else title
    date_texts = list(_pieces(item, method.published))
    # A text that is only a date goes first: a date in a sentence may be of an event.
    dates = [*filter(is_date, date_texts), *date_texts[:1], ahead[0] if ahead else "", *filter(is_date, link_texts)]
    return Link(
        url=url,
        title=title,
        published=next(filter(None, map(moment, dates)), None) or date_of_address(url, source.timezone, captured),
        summary=next(_pieces(item, method.summary), ""),
        authors=plain_texts(texts(method.authors)),
        tags=plain_texts(texts(method.tags)),
        body="\n".join(texts(method.body)),
    )


def _pieces(item: Selector, css: str) -> Iterator[str]:
    """The texts that *css* finds, then those of its alternatives (``OR``), without blank ones.

    ``a::text`` gives the texts before, between and after inner elements apart, so the first with words is used.
    """
    for selector in css.split(OR) if css else ():
        yield from (text for raw in item.css(selector).getall() if (text := plain_text(raw)))
