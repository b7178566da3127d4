"""Finds the date that a page shows near its title, or has in its address, where its metadata have none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from crawler.extraction.dates import is_dateline, parse_date
from crawler.extraction.main_content import tag_set
from crawler.extraction.title import title_key

_MAX_LINE = 80  # characters of a date line; longer texts are prose, whose dates are of events
_REACH = 60  # texts after the title among which the date line is
_BLOCKS = tag_set("div p li td th section header dd dt h1 h2 h3 h4 h5 h6 body article time ul table")
_SKIP = tag_set("script style noscript template option select textarea title head")
_DATE_CLASS = re.compile(r"date|time|publi|posted|byline|info|meta|source|laiyuan|shijian|about", re.IGNORECASE)
_OTHER_DATE = re.compile(r"copyright|©|版权|更新|updated|modified|备案|许可证|expires|截止|。|有限公司", re.IGNORECASE)
_DATE_LIKE = re.compile(r"\d{4}|\d{1,2}[./]\d{1,2}[./]\d{2}|\d\d-\d\d \d\d:|[月前昨今]|ago\b", re.IGNORECASE)
_YEAR = r"(?<!\d)(?P<year>(?:19|20)\d\d)"
_DAY = r"(?P<day>0[1-9]|[12]\d|3[01])(?!\d)"
_ADDRESS_DATES = [
    re.compile(rf"{_YEAR}[-/_]?(?P<month>0[1-9]|1[0-2])[-/_]?{_DAY}"),
    re.compile(rf"{_YEAR}[-/](?P<month>[1-9])[-/](?P<day>[1-9]|[12]\d|3[01])(?!\d)"),
]


def date_of_address(url: str, timezone: str, captured: datetime) -> datetime | None:
    """The day in the path of *url*: ``/2026/03/06/``, ``/2026/0306/``, ``/202603/06/``, ``…-2026-03-06``."""
    path = urlsplit(url).path
    for pattern in _ADDRESS_DATES:
        if match := pattern.search(path):
            day = f"{match['year']}-{match['month']}-{match['day']}"
            return parse_date(day, timezone=timezone, captured=captured)
    return None


def visible_dates(root: HtmlElement, title: str, timezone: str, captured: datetime) -> Iterator[datetime]:
    """Moments in date lines after the title, then in those before it, the nearest first.

    Without the title on the page: the date of the first paragraph that begins with place and date, then the one in
    elements that are named as dates, if it is the only one.
    """
    pieces = list(_pieces(root))
    key = title_key(title)
    titles = [index for index, (text, _) in enumerate(pieces) if key and title_key(text) == key]
    nearest = [piece for index in titles for piece in pieces[index + 1 : index + _REACH]]
    nearest += [piece for index in titles for piece in reversed(pieces[max(0, index - 10) : index])]
    for text, is_date_element in nearest:
        if moment := _moment(text, is_date_element, timezone, captured):
            yield moment
    if not titles:
        datelines = (text[:_MAX_LINE] for text, _ in pieces if len(text) > _MAX_LINE and is_dateline(text[:_MAX_LINE]))
        yield from (moment for text in islice(datelines, 1) if (moment := _moment(text, False, timezone, captured)))
    dates = {
        moment
        for text, is_date_element in pieces
        if is_date_element and not titles and (moment := _moment(text, True, timezone, captured))
    }
    if len(dates) == 1:  # several belong to a list of articles
        yield from dates


def _moment(text: str, is_date_element: bool, timezone: str, captured: datetime) -> datetime | None:
    """The moment that *text* names, if it is a date line and not of an update, a copyright note or the future."""
    if len(text) > _MAX_LINE:
        text = text[:_MAX_LINE] if is_dateline(text[:_MAX_LINE]) else ""
    if not _DATE_LIKE.search(text) or _OTHER_DATE.search(text):
        return None
    # Words like "yesterday" outside date elements are part of a story, so relative dates are not read there.
    moment = parse_date(text, timezone=timezone, captured=captured if is_date_element and len(text) <= 40 else None)
    return moment if moment and moment <= captured else None


def _pieces(root: HtmlElement) -> Iterator[tuple[str, bool]]:
    """The texts of the page in order, short blocks whole, each with: is its element named as a date?"""
    seen: set[HtmlElement] = set()
    for element in root.iter():
        if not isinstance(element.tag, str) or element.tag in _SKIP:
            continue
        if element.tag == "time" and element.get("datetime"):
            yield element.get("datetime", ""), True
            continue
        for holder, text in ((element, element.text), (element.getparent(), element.tail)):
            if holder is None or holder.tag in _SKIP or not text or not text.strip():
                continue
            block = next((node for node in (holder, *holder.iterancestors()) if node.tag in _BLOCKS), holder)
            if block in seen:
                continue
            whole = " ".join(" ".join(block.itertext()).split()) if _short(block) else ""
            if whole:
                seen.add(block)
                yield whole, _is_date_element(block) or _is_date_element(holder)
            else:
                yield " ".join(text.split()), _is_date_element(holder)


def _short(block: HtmlElement) -> bool:
    """Has *block* no more text than a date line?"""
    length = 0
    for text in block.itertext():
        length += len(text.strip())
        if length > _MAX_LINE:
            return False
    return True


def _is_date_element(element: HtmlElement) -> bool:
    """Is *element* a ``time``, or does its class or id say that it is about the date?"""
    return element.tag == "time" or bool(_DATE_CLASS.search(f"{element.get('class') or ''} {element.get('id') or ''}"))
