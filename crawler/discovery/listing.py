"""HTML pages that list articles."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from parsel import Selector

from crawler.read.charset import decode
from crawler.read.dateline import date_of_address
from crawler.read.dates import is_date, parse_date
from crawler.source import Source
from crawler.way import OR, Link, Listing
from crawler.ways.entry import Entry, absolute, plain, texts

_DATE_AHEAD = re.compile(r"\d{4}([-/.])\d{1,2}\1\d{1,2}\s+(?=\S)")
# What stands on the link beside a headline.
_LABEL = re.compile(
    r"(?:(?:read|learn|find out|see|view|show) )?(?:more|full (?:story|article|release))(?: about .*)?"
    r"|read|view|details?"
    r"|(?:阅读|查看|了解)?(?:更多|全文|详情|详细)",
    re.IGNORECASE,
)
_TIME = re.compile(r"\d{1,2}:\d\d(:\d\d)?(\s*[ap]\.?m\b\.?)?", re.IGNORECASE)


def read(way: Listing, data: bytes, url: str, row: Source, captured: datetime) -> Entry:
    """The links of an HTML list, and its next page. Raises EntryError."""
    page = Selector(text=decode(data), type="html")
    base = absolute(url, page.css("base::attr(href)").get("")) or url
    links = [
        better
        for item, day in _items(way, page)
        if (link := _link(way, item, day, base, row, captured))
        and (better := row.link_of(_facts(item), link) if row.link_of else link)
    ]
    return Entry(links=links, further=[further] if (further := _next(way, page, url, base)) and links else [])


def _next(way: Listing, page: Selector, url: str, base: str) -> str:
    if way.more:
        before, after = (re.escape(text) for text in way.more.split("{page}"))
        number = re.fullmatch(rf"{before}(\d+){after}", url)
        return way.more.format(page=int(number[1]) + 1 if number else 2)
    further = absolute(base, page.css(way.next).get("")) if way.next else ""
    return further if further != url else ""


def _items(way: Listing, page: Selector) -> Iterator[tuple[Selector, str]]:
    """Each item with the day that the nearest heading before it tells."""
    if not way.day:
        yield from ((item, "") for item in page.css(way.item))
        return
    days, day = {element.root for element in page.css(way.day)}, ""
    for element in page.css(f"{way.day}, {way.item}"):
        if element.root in days:
            day = plain(element.xpath("string()").get(""))
        else:
            yield element, day


def _facts(item: Selector) -> dict[str, Any]:
    """For every kind of element in *item* a list of their attributes and texts, as of an item of a feed."""
    found: dict[str, Any] = {}
    for element in item.root.iter():
        if isinstance(element.tag, str):
            found.setdefault(element.tag, []).append({**element.attrib, "text": (element.text or "").strip()})
    return found


def _date(text: str, day: str, way: Listing, row: Source, captured: datetime) -> datetime | None:
    if day:
        # Beside the day only the time counts: "Yesterday, 6:11 PM" is yesterday for those who saw the page.
        time = _TIME.search(text)
        text = f"{day} {time[0]}" if time else day
    return parse_date(text, timezone=row.timezone, captured=captured, order=way.date_order)


def _link(way: Listing, item: Selector, day: str, base: str, row: Source, captured: datetime) -> Link:
    def words(css: str) -> list[str]:
        return item.css(css).getall() if css else []

    def moment(text: str) -> datetime | None:
        return _date(text, day, way, row, captured)

    url = absolute(base, item.css(way.link).get("")) if way.link else base
    # "2026/04/10 March 2026 Revenue Report": some lists put the date into the link, or before it inside.
    inside = list(_pieces(item, way.title))
    title = next((text for text in inside if not (is_date(text) or _LABEL.fullmatch(text.strip(" .…>»→")))), "")
    ahead = _DATE_AHEAD.match(title)
    title = title[ahead.end() :] if ahead else title
    beside = list(_pieces(item, way.published))
    # A date by itself is the article's; one in a sentence may be of what it tells.
    dates = [*filter(is_date, beside), *beside[:1], ahead[0] if ahead else "", *filter(is_date, inside)]
    return Link(
        url=url,
        title=title,
        published=next(filter(None, map(moment, dates)), None) or date_of_address(url, row.timezone, captured),
        summary=next(_pieces(item, way.summary), ""),
        authors=texts(words(way.authors)),
        tags=texts(words(way.tags)),
        body="\n".join(words(way.body)),
    )


def _pieces(item: Selector, css: str) -> Iterator[str]:
    """The texts that *css* finds, then those of its alternatives; whole ones where it names elements.

    ``a::text`` gives what stands before, between and behind inner elements apart: the first with words in it is meant.
    """
    for one in css.split(OR) if css else ():
        yield from (text for found in item.css(one).getall() if (text := plain(found)))
