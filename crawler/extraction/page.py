"""Reads an HTML page: by the selectors of its source, then by its metadata, then by generic extraction."""

from __future__ import annotations

import mimetypes
import re
from datetime import datetime, time, timedelta
from urllib.parse import unquote, urldefrag, urljoin, urlsplit
from zoneinfo import ZoneInfo

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from crawler.extraction.body import read_body
from crawler.extraction.charset import decode
from crawler.extraction.dateline import date_of_address, visible_dates
from crawler.extraction.dates import parse_date
from crawler.extraction.metadata import author_names, read_metadata
from crawler.extraction.paywall import drop_offers, is_teaser, without_offers
from crawler.extraction.scripts import script_dates
from crawler.extraction.selectors import elements_at, texts_at
from crawler.extraction.title import choose_title, named_title, title_tail
from crawler.extraction.title_key import title_key
from crawler.extraction.unreadable import Unreadable
from crawler.source import Selectors, Source
from store.article import Article, File
from text.language import detect_language

_NUMBER = re.compile(r"[-+−–]?[0-9]{1,4}")
_RAISED = str.maketrans("0123456789-−–+", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻⁻⁺")
_LOWERED = str.maketrans("0123456789-−–+", "₀₁₂₃₄₅₆₇₈₉₋₋₋₊")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_CONTROL = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\ufffe\uffff]"
    r"|&#(?:x0{,6}(?:[0-8bcef]|1[0-9a-f]|fff[ef])|0{,6}(?:[0-8]|1[124-9]|2\d|3[01]|6553[45]))(?:;|(?![0-9a-f]))",
    re.IGNORECASE,
)
_MAX_SITE_NAME = 20  # letters
_NOT_FOUND = re.compile(
    r"(?:(?:error|http|错误)\W*)?404(?:\W*(?:error|page|not found|错误|页面).{0,40})?"
    r"|(?:sorry\W*)?(?:the |this )?(?:page|file|article|story)(?: you .{0,40}?)?(?: was| is| could| can| has)?"
    r"(?: ?not| no longer)(?: be| been)? (?:found|exist|available)\W*"
    r"|(?:抱歉\W*)?(?:您访问的|该|此)?(?:页面|网页|文章|内容)不存在\W*"
    r"|(?:抱歉\W*)?(?:找不到|未找到)(?:该|此|您访问的)?(?:页面|网页|文章)\W*",
    re.IGNORECASE,
)
_MAX_NOT_FOUND = 600  # characters; a longer page is an article, perhaps on such pages
_ZONES = {"zh": "Asia/Shanghai", "ja": "Asia/Tokyo", "ko": "Asia/Seoul"}


def read_page(data: bytes, url: str, *, captured: datetime, source: Source | None = None, charset: str = "") -> Article:
    """The article on a page. For a page without an article (a list, a challenge) the fields are empty.

    Raises Unreadable for data without HTML, and for a page that says that there is none.
    """
    root = parse_html(decode(data, charset))
    selectors = source.selectors if source else Selectors()
    files = _files(root, url, source)
    # Before elements are dropped: title and date may be inside them.
    titles = texts_at(root, selectors.title)
    dates = texts_at(root, selectors.published)
    for element in elements_at(root, selectors.drop):
        element.drop_tree()
    facts = read_metadata(root, url)
    names = [*facts.site_names, *((source.name, source.name_zh, *source.site_names) if source else ())]
    title = named_title(root, titles, names, url) or choose_title(root, facts.titles, names, url)
    names += title_tail(root, title)
    whole = drop_offers(root, facts.paid_selectors)
    body, walled = without_offers(read_body(root, title, selectors) or facts.body)
    if _NOT_FOUND.fullmatch(title.strip()) and len(body) < _MAX_NOT_FOUND:
        raise Unreadable(f"a page that says {title!r}")
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
        or [tag for tag in facts.tags if title_key(tag) != title_key(title)],
        kind=source.kind if source else "news",
        files=files,
        access="abstract" if is_teaser(body, free=facts.free, walled=walled, whole=whole) else "full",
    )


def _files(root: HtmlElement, url: str, source: Source | None) -> list[File]:
    """The documents that the page links, each once, also where a site has several addresses for one."""
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
    """*summary*, or "" where it is only *title* followed by the site's name."""
    rest = title_key(summary).removeprefix(title_key(title))
    return "" if len(rest) < len(title_key(summary)) and len(rest) <= _MAX_SITE_NAME else summary


def timezone_of(language: str, source: Source | None) -> str:
    """The time zone of *source*, else that of the language, else UTC (a language of several countries)."""
    return source.timezone if source else _ZONES.get(language, "UTC")


def parse_html(text: str) -> HtmlElement:
    """The element tree of a page. Raises Unreadable for a text without HTML."""
    # An XML declaration states an encoding that the decoded text no longer has. At a NUL libxml2 stops reading, and
    # lxml refuses to move a text with other control characters.
    text = _DECLARATION.sub("", text).replace("\f", " ")
    clean = _CONTROL.sub("", text).encode("utf-8", "replace")
    try:
        root = document_fromstring(
            clean, parser=HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)
        )
    except etree.ParserError:
        raise Unreadable("no HTML in it") from None
    _open_buttons(root)
    _write_raised_numbers(root)
    return root


def _write_raised_numbers(root: HtmlElement) -> None:
    """Write raised and lowered numbers with the characters for them: as plain digits 10<sup>15</sup> would be 1015."""
    for node in list(root.iter("sup", "sub")):
        text = "".join(node.itertext()).strip()
        if _NUMBER.fullmatch(text):
            for child in list(node):
                node.remove(child)
            node.text = text.translate(_RAISED if node.tag == "sup" else _LOWERED)
            node.drop_tag()


def _open_buttons(root: HtmlElement) -> None:
    """Unwrap what is inside of buttons that are not closed, as they hold the rest of the page."""
    for button in list(root.iter("button")):
        if next(button.iter("p", "h1", "article", "main"), None) is not None:
            button.drop_tag()


def _published(
    root: HtmlElement, stated: list[str], title: str, url: str, timezone: str, captured: datetime
) -> datetime | None:
    """The date in *stated*, else in the address, near the title or in a script; a day gains its time from the page."""
    read = (moment for text in stated if (moment := parse_date(text, timezone=timezone, captured=captured)))
    first = next(read, None)
    if first and not _is_midnight(first, timezone):
        return first
    moments = [first, *read] if first else []
    shown = [*moments, *visible_dates(root, title, timezone, captured)]
    if not shown:
        shown = [
            moment
            for text in script_dates(root, title)
            if (moment := parse_date(text, timezone=timezone, captured=captured, relative=False))
        ]
    day = moments[0] if moments else date_of_address(url, timezone, captured)
    if day is None:
        return shown[0] if shown else None
    same_day = (moment for moment in shown if timedelta() < moment - day < timedelta(days=1))
    # Midnight comes from a day without a time, read in another zone.
    return next((moment for moment in same_day if not _is_midnight(moment, timezone)), day)


def _is_midnight(moment: datetime, timezone: str) -> bool:
    return time() in (moment.time(), moment.astimezone(ZoneInfo(timezone)).time())
