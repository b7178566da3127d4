"""An HTML page to an article: the row's selectors, then what the page says of itself, then a generic reading."""

from __future__ import annotations

import mimetypes
import re
from datetime import datetime, time, timedelta
from urllib.parse import unquote, urldefrag, urljoin, urlsplit
from zoneinfo import ZoneInfo

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from crawler.read.body import read_body
from crawler.read.charset import decode
from crawler.read.dateline import date_of_address, visible_dates
from crawler.read.dates import parse_date
from crawler.read.metadata import author_names, read_metadata
from crawler.read.places import elements_at, texts_at
from crawler.read.title import choose_title, key_of, named_title, title_tail
from crawler.read.unreadable import Unreadable
from crawler.source import Selectors, Source
from store.article import Article, File
from text.language import detect_language

_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_TAIL = 20  # letters
_ZONES = {"zh": "Asia/Shanghai", "ja": "Asia/Tokyo", "ko": "Asia/Seoul"}


def read_page(data: bytes, url: str, *, captured: datetime, source: Source | None = None, charset: str = "") -> Article:
    """The article on a page. A page that is none (a list, a challenge) comes out with empty fields."""
    root = parse_html(decode(data, charset))
    selectors = source.selectors if source else Selectors()
    files = _files(root, url, source)
    # What the row names may stand in what it leaves out of the body.
    named = texts_at(root, selectors.title)
    dates = texts_at(root, selectors.published)
    for element in elements_at(root, selectors.drop):
        element.drop_tree()
    facts = read_metadata(root, url)
    names = [*facts.site_names, *((source.name, source.name_zh, *source.site_names) if source else ())]
    title = named_title(root, named, names, url) or choose_title(root, facts.titles, names, url)
    names += title_tail(root, title)
    body = read_body(root, title, selectors)
    language = detect_language(f"{title}\n{body or facts.summary}")
    timezone = timezone_of(language, source)
    stated = [*dates, *facts.dates]
    address = facts.canonical or url
    return Article(
        source=source.key if source else "file",
        url=source.address_of(address) if source and source.address_of else address,
        title=title,
        fetched=captured,
        body=body,
        summary=next(iter(texts_at(root, selectors.summary)), "") or _unless_title(facts.summary, title),
        language=language,
        published=_published(root, stated, title, url, timezone, captured),
        authors=author_names(texts_at(root, selectors.authors), names) or author_names(facts.authors, names),
        tags=list(dict.fromkeys(texts_at(root, selectors.tags)))
        or [tag for tag in facts.tags if key_of(tag) != key_of(title)],
        kind=source.kind if source else "news",
        files=files,
    )


def _files(root: HtmlElement, url: str, source: Source | None) -> list[File]:
    """Documents that the page links, each once: a site may give one under several addresses."""
    files: dict[str, File] = {}
    for href in texts_at(root, source.selectors.files if source else ""):
        try:
            address = urldefrag(urljoin(url, href)).url
            name = unquote(urlsplit(address).path.rsplit("/", 1)[-1])
        except ValueError:
            continue
        key = source.same_page(address) if source and source.same_page else address
        files.setdefault(key, File(address, name, mimetypes.guess_type(name)[0] or ""))
    return list(files.values())


def _unless_title(summary: str, title: str) -> str:
    """Sites without a description put the title there, with their name behind it."""
    rest = key_of(summary).removeprefix(key_of(title))
    return "" if len(rest) < len(key_of(summary)) and len(rest) <= _TAIL else summary


def timezone_of(language: str, source: Source | None) -> str:
    """The row's clock; without a row that of the language, and UTC for languages of many countries."""
    return source.timezone if source else _ZONES.get(language, "UTC")


def parse_html(text: str) -> HtmlElement:
    """The tree of a page. Raises Unreadable where there is none."""
    # An XML declaration states an encoding that is no longer true; a NUL ends the page for libxml2.
    clean = _DECLARATION.sub("", text).replace("\x00", "").encode("utf-8", "replace")
    try:
        return document_fromstring(clean, parser=HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True))
    except etree.ParserError:
        raise Unreadable("no HTML in it") from None


def _published(
    root: HtmlElement, stated: list[str], title: str, url: str, timezone: str, captured: datetime
) -> datetime | None:
    """Stated, else in the address, else shown near the title; a bare day gains its time of day from the page."""
    read = (moment for text in stated if (moment := parse_date(text, timezone=timezone, captured=captured)))
    first = next(read, None)
    if first and not _is_midnight(first, timezone):
        return first
    moments = [first, *read] if first else []
    shown = [*moments, *visible_dates(root, title, timezone, captured)]
    day = moments[0] if moments else date_of_address(url, timezone, captured)
    if day is None:
        return shown[0] if shown else None
    same_day = (moment for moment in shown if timedelta() < moment - day < timedelta(days=1))
    # A bare day, read in another zone, is no time of day.
    return next((moment for moment in same_day if not _is_midnight(moment, timezone)), day)


def _is_midnight(moment: datetime, timezone: str) -> bool:
    return time() in (moment.time(), moment.astimezone(ZoneInfo(timezone)).time())
