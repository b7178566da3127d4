"""Finds the date that a page shows near its title, or has in its address, where its metadata have none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from crawler.extraction.dates import around_date, is_dateline, parse_date
from crawler.extraction.main_content import tag_set
from crawler.extraction.title_key import title_key
from text.language import HAN

_MAX_LINE = 80  # characters of a date line; longer texts are prose, whose dates are of events
_REACH = 60  # texts after the title among which the date line is
_BLOCKS = tag_set("div p li td th section header dd dt h1 h2 h3 h4 h5 h6 body article time ul table")
_SKIP = tag_set("script style noscript template option select textarea title head figcaption")
_DATE_CLASS = re.compile(r"date|time|publi|posted|byline|info|meta|source|laiyuan|shijian|about", re.IGNORECASE)
_OTHER_DATE = re.compile(r"copyright|©|版权|备案|许可证|expires|截止|。|有限公司", re.IGNORECASE)
_UPDATED = re.compile(r"(?:last |最后|最近)?(?:updated|modified|更新|修改)", re.IGNORECASE)
_LABELS = re.compile(
    r"(?=(?:last |最后|最近)?(?:updated|modified|更新|修改)|(?:first )?(?:published|posted)|发布|发表)", re.IGNORECASE
)
"""Before the label of each date of a line that has several."""

_PUBLISHED = re.compile(
    r"^\W*(?:(?:发布|发表)(?:时间|日期|于)?|日期|时间|date)\s*[:：]?\s*\d"
    r"|^\W*(?:first )?(?:published|posted)\b[^\d]{0,16}\d"
    r"|^(?=\W*\d).*(?:来源|字体|字号|阅读|浏览|点击|责任?编辑?|作者)",
    re.IGNORECASE,
)
"""A line that says itself that its date is that of publication, or has beside the date what stands there on Chinese
pages."""

_SMALL_WORDS = tag_set("by on at in of the and from for to a an posted published updated first last date")
_WORD = re.compile(r"[^\W\d_]+")
_HAN_WORD = re.compile(f"[{HAN}]")
_LONG_LINK = 4, 8  # words, or Han characters, of a link that is a headline
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
    if titles:
        return
    # Several different ones belong to a list of articles.
    for lines in (
        [text for text, is_date_element in pieces if is_date_element],
        [text for text, _ in pieces if _PUBLISHED.search(text)],
    ):
        dates = {moment for text in lines if (moment := _moment(text, True, timezone, captured))}
        if len(dates) == 1:
            yield from dates
            return


def _moment(text: str, is_date_element: bool, timezone: str, captured: datetime) -> datetime | None:
    """The moment that *text* names, if it is a date line and not of an update, a copyright note or the future."""
    if len(text) > _MAX_LINE:
        text = text[:_MAX_LINE] if is_dateline(text[:_MAX_LINE]) else ""
    text = next((part for part in _LABELS.split(text) if _DATE_LIKE.search(part) and not _UPDATED.match(part)), "")
    if not text or _OTHER_DATE.search(text) or _is_sentence(text):
        return None
    # Words like "yesterday" outside date elements are part of a story, so relative dates are not read there.
    moment = parse_date(text, timezone=timezone, captured=captured if is_date_element and len(text) <= 40 else None)
    return moment if moment and moment <= captured else None


def _is_sentence(text: str) -> bool:
    """Whether *text* tells something with the date: ``The plant was opened on May 4, 1999.``"""
    before, after = around_date(text)
    told = [word for word in _WORD.findall(before) if word.islower() and word not in _SMALL_WORDS]
    return (
        len(told) > 0 and text.rstrip().endswith(".") and not is_dateline(text) and not after.lstrip().startswith("|")
    )


def _is_headline_of_another(block: HtmlElement) -> bool:
    """Whether *block* holds a link that is long enough for a headline: its date is that of another article."""
    words, characters = _LONG_LINK
    texts = (" ".join(link.itertext()) for link in block.iter("a"))
    return any(len(_WORD.findall(text)) >= words or len(_HAN_WORD.findall(text)) >= characters for text in texts)


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
            if block in seen or (block.tag == "li" and _is_headline_of_another(block)):
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
