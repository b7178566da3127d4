"""The date that a page shows its readers, or carries in its address, where its metadata has none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from crawler.read.container import tag_set
from crawler.read.dates import is_dateline, parse_date
from crawler.read.title import key_of

_LINE = 80  # characters of a date line; longer ones are prose, whose dates are of events
_REACH = 60  # pieces of text after the title in which a date line stands
_BLOCKS = tag_set("div p li td th section header dd dt h1 h2 h3 h4 h5 h6 body article time ul table")
_SKIP = tag_set("script style noscript template option select textarea title head")
_MARK = re.compile(r"date|time|publi|posted|byline|info|meta|source|laiyuan|shijian|about", re.IGNORECASE)
_OTHER = re.compile(r"copyright|©|版权|更新|updated|modified|备案|许可证|expires|截止|。|有限公司", re.IGNORECASE)
_FULL = re.compile(r"\d{4}|\d{1,2}[./]\d{1,2}[./]\d{2}|[月前昨今]|ago\b", re.IGNORECASE)
_YEAR = r"(?<!\d)(?P<year>(?:19|20)\d\d)"
_DAY = r"(?P<day>0[1-9]|[12]\d|3[01])(?!\d)"
_ADDRESS = [
    re.compile(rf"{_YEAR}[-/_]?(?P<month>0[1-9]|1[0-2])[-/_]?{_DAY}"),
    re.compile(rf"{_YEAR}[-/](?P<month>[1-9])[-/](?P<day>[1-9]|[12]\d|3[01])(?!\d)"),
]


def date_of_address(url: str, timezone: str, captured: datetime) -> datetime | None:
    """The day in ``/2026/03/06/``, ``/2026/0306/``, ``/202603/06/``, ``…-2026-03-06``."""
    path = urlsplit(url).path
    for pattern in _ADDRESS:
        if match := pattern.search(path):
            day = f"{match['year']}-{match['month']}-{match['day']}"
            return parse_date(day, timezone=timezone, captured=captured)
    return None


def visible_dates(root: HtmlElement, title: str, timezone: str, captured: datetime) -> Iterator[datetime]:
    """Moments in date lines after the title, then before it.

    Without a title, in the first paragraph that begins with place and date, and the one that marked elements agree on.
    """
    pieces = list(_pieces(root))
    wanted = key_of(title)
    places = [place for place, (text, _) in enumerate(pieces) if wanted and key_of(text) == wanted]
    nearest = [piece for place in places for piece in pieces[place + 1 : place + _REACH]]
    nearest += [piece for place in places for piece in reversed(pieces[max(0, place - 10) : place])]
    for text, mark in nearest:
        if moment := _moment(text, mark, timezone, captured):
            yield moment
    if not places:
        begun = (text[:_LINE] for text, _ in pieces if len(text) > _LINE and is_dateline(text[:_LINE]))
        yield from (moment for text in islice(begun, 1) if (moment := _moment(text, False, timezone, captured)))
    marked = {
        moment for text, mark in pieces if mark and not places and (moment := _moment(text, mark, timezone, captured))
    }
    if len(marked) == 1:  # several are those of a list
        yield from marked


def _moment(text: str, marked: bool, timezone: str, captured: datetime) -> datetime | None:
    if len(text) > _LINE:
        text = text[:_LINE] if is_dateline(text[:_LINE]) else ""
    if not _FULL.search(text) or _OTHER.search(text):
        return None
    # Words like "yesterday" outside a date line are part of a story.
    moment = parse_date(text, timezone=timezone, captured=captured if marked and len(text) <= 40 else None)
    return moment if moment and moment <= captured else None


def _pieces(root: HtmlElement) -> Iterator[tuple[str, bool]]:
    """Texts of the page in order, block by block where blocks are short, each with: is it marked as a date?"""
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
                yield whole, _marked(block) or _marked(holder)
            else:
                yield " ".join(text.split()), _marked(holder)


def _short(block: HtmlElement) -> bool:
    length = 0
    for text in block.itertext():
        length += len(text.strip())
        if length > _LINE:
            return False
    return True


def _marked(element: HtmlElement) -> bool:
    return element.tag == "time" or bool(_MARK.search(f"{element.get('class') or ''} {element.get('id') or ''}"))
