"""Finds the date that a page shows near its title, or has in its address, where its metadata have none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from crawler.extraction.ancestors import inside, parents_of
from crawler.extraction.dates import around_date, is_dateline, is_foreign, parse_date
from crawler.extraction.main_content import tag_set
from crawler.extraction.title_key import title_key
from text.language import HAN

_MAX_LINE = 80  # characters of a date line; longer texts are prose, whose dates are of events
_MAX_PARTS = 40  # links of a block, and texts of a link, among which a headline is looked for
_MAX_TITLES = 20  # places where the title stands near which a date is looked for
_MAX_SHORT = 40  # characters of a line that may say how long ago, or have a date without a year
_REACH = 60  # texts after the title among which the date line is
_NEAR = 12  # texts after the title, and before it, among which a relative date is the article's own
_BLOCKS = tag_set("div p li td th section header dd dt h1 h2 h3 h4 h5 h6 body article time ul table")
_SKIP = tag_set("script style noscript template option select textarea title head figcaption")
_DATE_CLASS = re.compile(r"date|time|publi|posted|byline|info|meta|source|laiyuan|shijian|about", re.IGNORECASE)
_OTHER_DATE = re.compile(
    r"copyright|©|版权|备案|许可证|expires|截止|截稿|[上下]一[篇条]|。|有限公司"
    r"|\b(?:founded|established|incorporated)\b|\b(?:deadline|effective(?: date)?)\s?:"
    r"|(?:会议|活动|举办|召开|开幕|报名|征稿|生效|实施|施行|执行|到期|成立|注册|培训|展会)(?:日期|时间|日)\s?[:：]"
    r"|\b(?:termin|beginn)\s?:",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(
    r"(?:^|[\s_-])(?:comments?|disqus|pinglun|repl(?:y|ies)|related|recommend\w*|tuijian|xiangguan|side(?:bar)?|aside|teasers?"
    r"|latest|trending|popular|hot|rank\w*|cards?|more-?(?:stories|news|articles)|lists?)(?:$|[\s_-])",
    re.IGNORECASE,
)
"""Class or id of an element with dates of comments and of other articles."""

_ELSEWHERE_TAGS = tag_set("aside nav footer")
_PUBLISHED_CLASS = re.compile(
    r"(?:^|[\s_-])(?:publish(?:ed)?|publication|pub|post(?:ed)?|entry|article|release|news)[_-]?(?:date|time|at|on)\b"
    r"|(?:^|[\s_-])(?:date|time)[_-]?(?:publish(?:ed)?|posted)\b|(?:^|[\s_-])(?:published|posted)(?:$|\s)",
    re.IGNORECASE,
)
"""Class or id of an element with the date of publication, wherever it stands."""

_CHANGED = (
    r"(?:last |最后|最近)?(?:updated|modified|更新|修改|mise? à jour|modifié|(?:zuletzt )?aktualisiert|ac?tualizado"
    r"|aggiornato|modificato|bijgewerkt)"
)
_UPDATED = re.compile(_CHANGED, re.IGNORECASE)
_LABELS = re.compile(
    rf"(?={_CHANGED}|(?:first )?(?:published|posted)|发布|发表|发稿|刊发|上线"
    r"|publié|veröffentlicht|publicado|pubblicato|gepubliceerd)",
    re.IGNORECASE,
)
"""Before the label of each date of a line that has several."""

_STAMP = re.compile(r"(?<![\d./-])\d\d-\d\d \d\d:\d\d|(?<![\d年])\d{1,2}月\d{1,2}日 ?\d\d:\d\d")
"""A day without a year and a time: no line but a date line has this in numbers."""

_BEGINNING = 20  # characters of a line in which the place of an event is named
_EVENT_TIME = re.compile(r"\W{0,9}(?:(?:会议|活动|举办|培训|展会)?(?:日期|时间)|date|time|when)\s?[:：]", re.IGNORECASE)
_PLACE = re.compile(
    r"(?:(?:会议|活动|举办|培训|展会)?(?:地点|地址|场馆)|venue|location|place|where)\s?[:：]", re.IGNORECASE
)

_PUBLISHED = re.compile(
    r"^\W{0,9}(?:(?:发布|发表|发稿|刊发|上线|公布|发文|上传|录入|推送|创建)(?:时间|日期|于)?|日期|时间)\s{0,9}[:：]?\s{0,9}\d"
    r"|^\W{0,9}(?:(?:publish(?:ed)?|publication|post(?:ed)?|release|issue)\s)?(?:date|time)\s?[:：]\s?(?:\d|[a-z]{3})"
    r"|^\W{0,9}(?:this (?:article|story|post|page) was )?(?:(?:first|originally) )?(?:published|posted)\b[^\d]{0,26}\d"
    r"|^(?=\W{0,9}\d).*(?:来源|字体|字号|阅读|浏览|点击|责任?编辑?|作者)",
    re.IGNORECASE,
)
"""A line that says itself that its date is that of publication, or has beside the date what stands there on Chinese
pages."""

_SMALL_WORDS = tag_set("by on at in of the and from for to a an posted published updated first last date")
_SMALL_WORDS |= tag_set(
    "am den der von vom um le la el il de del di da por par op om alle publié veröffentlicht publicado pubblicato"
    " gepubliceerd lundi mardi mercredi jeudi vendredi samedi dimanche lunes martes miércoles jueves viernes sábado"
    " domingo lunedì martedì mercoledì giovedì venerdì sabato domenica maandag dinsdag woensdag donderdag vrijdag"
    " zaterdag zondag segunda terça quarta quinta sexta feira"
)
_AFTER_FOREIGN = re.compile(r"\s*(?:(?:Uhr|uur|hs?|[A-Z]{3,4})\b\.?\s*)?(?:[|•·,;–—-]|$)")
"""What may stand behind the date of publication in these languages."""

_WORD = re.compile(r"[^\W\d_]+")
_HAN_WORD = re.compile(f"[{HAN}]")
_LONG_LINK = 4, 8  # words, or Han characters, of a link in a list that is a headline
_LONGER_LINK = 6, 13  # the same of a link elsewhere; the name of an author or a paper is shorter
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
    elements that are named as dates, if it is the only one. Last, wherever it stands, the only one that says that it
    is the date of publication.
    """
    every = list(_pieces(root))
    pieces = [piece for index, piece in enumerate(every) if not _is_of_event(every[index : index + 3])]
    key = title_key(title)
    titles = [index for index, piece in enumerate(pieces) if key and title_key(piece.text) == key][:_MAX_TITLES]
    for start in titles:
        for distance, piece in enumerate(pieces[start + 1 : start + _REACH]):
            if moment := _moment(piece, distance < _NEAR, timezone, captured):
                yield moment
    for start in titles:
        for piece in reversed(pieces[max(0, start - 10) : start]):
            if moment := _moment(piece, True, timezone, captured):
                yield moment
    if not titles:
        releases = (piece for piece in pieces if len(piece.text) > _MAX_LINE and is_dateline(piece.text[:_MAX_LINE]))
        yield from (moment for piece in islice(releases, 1) if (moment := _moment(piece, False, timezone, captured)))
    elsewhere = _elsewhere([piece for piece in pieces if piece.says_published or piece.block.tag == "time"])
    # Several different ones belong to a list of articles.
    for chosen in (
        [] if titles else [piece for piece in pieces if piece.is_date_element],
        [piece for piece in pieces if piece.says_published and piece.block not in elsewhere],
        [piece for piece in pieces if piece.block.tag == "time" and piece.block not in elsewhere],
    ):
        dates = {moment for piece in chosen if (moment := _moment(piece, not titles, timezone, captured))}
        if len(dates) == 1:
            yield from dates
            return


def _moment(piece: _Piece, near: bool, timezone: str, captured: datetime) -> datetime | None:
    """The moment that *piece* names, if it is a date line and not of an update, a copyright note or the future.

    Relative dates ("2 hours ago") are read *near* the title only: elsewhere they are those of other articles.
    """
    text = piece.text
    if len(text) > _MAX_LINE:
        text = text[:_MAX_LINE] if is_dateline(text[:_MAX_LINE]) else ""
    text = next((part for part in _LABELS.split(text) if _DATE_LIKE.search(part) and not _UPDATED.match(part)), "")
    if not text or _OTHER_DATE.search(text) or (_is_sentence(text) and not _PUBLISHED.search(text)):
        return None
    # Words like "yesterday" outside date elements are part of a story, so relative dates are not read there.
    is_short = len(text) <= _MAX_SHORT
    relative = near and is_short and piece.is_date_element and not _elsewhere([piece])
    without_year = is_short and (piece.is_date_element or (near and bool(_STAMP.search(text))))
    given = captured if relative or without_year else None
    moment = parse_date(text, timezone=timezone, captured=given, relative=relative)
    return moment if moment and moment <= captured else None


def _is_of_event(pieces: list[_Piece]) -> bool:
    """Whether the first of *pieces* is the time of an event, with its place in it or in what follows."""
    first, *following = pieces
    return bool(_EVENT_TIME.match(first.text)) and (
        bool(_PLACE.search(first.text)) or any(_PLACE.search(piece.text[:_BEGINNING]) for piece in following)
    )


def _elsewhere(pieces: list[_Piece]) -> set[HtmlElement]:
    """The blocks of *pieces* that are among comments, teasers of other articles or the like."""
    parents = parents_of(piece.block for piece in pieces)
    named = {
        node
        for node in parents
        if node.tag not in ("html", "body", "main", "article")
        and (node.tag in _ELSEWHERE_TAGS or _is_named(_ELSEWHERE, node))
    }
    return inside(parents, named)


def _is_sentence(text: str) -> bool:
    """Whether *text* says something beside the date: ``The plant was opened on May 4, 1999.``"""
    before, after = around_date(text)
    words = [word for word in _WORD.findall(before) if word.islower() and word not in _SMALL_WORDS]
    if is_foreign(text):
        return bool(words) or not _AFTER_FOREIGN.match(after)
    return (
        len(words) > 0 and text.rstrip().endswith(".") and not is_dateline(text) and not after.lstrip().startswith("|")
    )


def _is_headline_of_another(block: HtmlElement) -> bool:
    """Whether *block* is short and holds a link that is long enough for a headline: its date is of another article."""
    if block.tag != "li" and not _short(block):
        return False
    words, characters = _LONG_LINK if block.tag == "li" else _LONGER_LINK
    texts = (" ".join(islice(link.itertext(), _MAX_PARTS)) for link in islice(block.iter("a"), _MAX_PARTS))
    return any(len(_WORD.findall(text)) >= words or len(_HAN_WORD.findall(text)) >= characters for text in texts)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A text of the page: a short block whole, or a part of a longer one."""

    text: str
    block: HtmlElement
    is_date_element: bool
    """Whether its element is named as a date."""
    says_published: bool
    """Whether the text or the name of its element says that the date is that of publication."""


def _pieces(root: HtmlElement) -> Iterator[_Piece]:
    """The texts of the page in order."""
    seen: set[HtmlElement] = set()
    for element in root.iter():
        if not isinstance(element.tag, str) or element.tag in _SKIP:
            continue
        if element.tag == "time" and element.get("datetime"):
            yield _Piece(element.get("datetime", ""), element, True, _is_named(_PUBLISHED_CLASS, element))
            continue
        for holder, text in ((element, element.text), (element.getparent(), element.tail)):
            if holder is None or holder.tag in _SKIP or not text or not text.strip():
                continue
            block = next((node for node in chain((holder,), holder.iterancestors()) if node.tag in _BLOCKS), holder)
            if block in seen or _is_headline_of_another(block):
                continue
            whole = " ".join(" ".join(block.itertext()).split()) if _short(block) else ""
            is_date_element = _is_date_element(holder)
            if whole:
                seen.add(block)
                is_date_element = is_date_element or _is_date_element(block)
            line = whole or " ".join(text.split())
            says = bool(_PUBLISHED.search(line)) or _is_named(_PUBLISHED_CLASS, holder)
            yield _Piece(line, block, is_date_element, says or (bool(whole) and _is_named(_PUBLISHED_CLASS, block)))


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
    return element.tag == "time" or _is_named(_DATE_CLASS, element)


def _is_named(pattern: re.Pattern[str], element: HtmlElement) -> bool:
    return bool(pattern.search(f"{element.get('class') or ''} {element.get('id') or ''}"))
