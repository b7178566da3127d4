"""Reads HTML pages that link documents: annual and quarterly reports, filings, workbooks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from urllib.parse import unquote, urlsplit

from parsel import Selector

from crawler.discovery.entry_page import EntryPage, absolute_url, plain_text
from crawler.discovery.methods import Link, ListedDocument, Reports
from crawler.extraction.charset import decode
from crawler.extraction.dates import parse_date
from crawler.source import Source
from store.article import Kind
from text.language import HAN

_DATA = re.compile(r"\.(xlsx?|csv|zip)($|\?)", re.IGNORECASE)
# Words on and next to buttons, which say nothing about the document.
_EMPTY_WORDS = re.compile(
    r"\b(pdf|html?|xlsx?|xls|zip|xbrl|view|download|downloads|open|file|viewer|here|read|more|opens in new window"
    r"|[\d.,]{1,20} ?[km]i?b)\b|下载|查看|[|()\[\]:·]",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"\b(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}/\d{1,2}/\d{4}"
    r"|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.? \d{1,2}, \d{4}"
    r"|\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.? \d{4})\b"
)
_QUARTERS = (
    re.compile(r"(?P<year>20\d\d|19\d\d)[\W_]*Q(?P<quarter>[1-4])", re.IGNORECASE),
    re.compile(r"(?P<year>20\d\d|19\d\d)[\W_]*(?P<quarter>[1-4])Q", re.IGNORECASE),
    re.compile(r"(?<!\d)(?P<quarter>[1-4])Q[\W_]*(?P<year>20\d\d|\d\d)(?!\d)", re.IGNORECASE),
    re.compile(r"Q(?P<quarter>[1-4])[\W_]*(?P<year>20\d\d|\d\d)(?!\d)", re.IGNORECASE),
    re.compile(r"(?P<year>20\d\d)_con_quarter0(?P<quarter>[1-4])", re.IGNORECASE),
)
_PERIOD_END = re.compile(rf"\b(?:ended|ending|as (?:of|at))\s+(?:on\s+)?{_DATE.pattern}", re.IGNORECASE)
_FILE_FACTS = re.compile(
    r"^(?:PDF|HTML)\s*:|\(\s{0,5}(?:PDF|HTML|XLSX?|ZIP)?[\s|,]{0,5}[\d.,]{0,20}\s{0,5}(?:[kM]i?B)?\s{0,5}\)|\b(?:PDF|HTML|XLSX?|ZIP)\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?<!\d)(20\d\d|19[89]\d)(?!\d)")
_MAX_ANCESTORS = 4  # from a link up to the line or block that names its document


def read(method: Reports, data: bytes, url: str, source: Source, captured: datetime) -> EntryPage:
    """A link for each document that the page links, named by the texts around it."""
    page = Selector(text=decode(data), type="html")
    base = absolute_url(url, page.css("base::attr(href)").get("")) or url
    links = []
    dropped = 0
    seen: set[str] = set()
    for panel, label, kind in _panels(method, page):
        elements = panel.css("a[href], iframe[src], embed[src]")
        targets = [(absolute_url(base, a.attrib.get("href") or a.attrib["src"]), a) for a in elements]
        documents = {address: a for address, a in targets if address and re.search(method.file, address, re.IGNORECASE)}
        # The whole page comes last and contains the documents of its panels again.
        new = [(address, a) for address, a in documents.items() if address not in seen]
        seen.update(address for address, _ in new)
        names = [file_name(address) for address, _ in new]
        for number, (address, a) in enumerate(new):
            name = names[number]
            around = _around(a, address, method, base)
            context = next((text for text in around if _is_informative(text)), "")
            document = ListedDocument(
                address, _text(a), plain_text(context), label, kind, url, names[:number].count(name), names.count(name)
            )
            link = _link(method, document, _date_of(around, source, captured))
            if method.attachments:
                link = replace(link, files=_attachments(a, address, method, base))
            corrected = source.document_of(document, link) if source.document_of else link
            if corrected is None:
                dropped += 1
            else:
                links.append(corrected)
    return EntryPage(links=links, dropped=Counter(row=dropped))


def _panels(method: Reports, page: Selector) -> list[tuple[Selector, str, Kind]]:
    """The panels that the method names, with label and kind, and last the whole page."""
    panels = [(panel, label, kind) for css, (label, kind) in method.panels.items() for panel in page.css(css)]
    return [*panels, (page, "", method.kind)]


def _link(method: Reports, document: ListedDocument, published: datetime | None) -> Link:
    kind: Kind = "data" if _DATA.search(document.url) else document.kind
    return Link(
        url=document.url,
        title=title_of(document),
        published=published,
        tags=(document.label,) if document.label else (),
        kind=kind,
        access=method.keep,
    )


def title_of(document: ListedDocument) -> str:
    """The text of the link, else of the line around it, else the file name; with the period if it lacks one."""
    title = next((text for text in (document.text, document.context) if _is_informative(text)), "")
    title = _tidy(title) if title else file_name(document.url)
    # Only the file name: folders in the address often hold the date of the upload, which is no period.
    period = period_of(file_name(document.url)) or period_of(document.context) or period_of(document.listed_at)
    return f"{title} ({period})" if period and not _YEAR.search(title) and not period_of(title) else title


def file_name(url: str) -> str:
    """The name of the file at *url* in words: without folder, ending and separators."""
    name = unquote(urlsplit(url).path.rsplit("/", 1)[-1])
    return " ".join(re.sub(r"\.\w{2,4}$", "", name).replace("_", " ").replace("+", " ").split())


def period_of(text: str) -> str:
    """``Q2 2026`` or ``2025``, where *text* names one period; "" where it names none or several years."""
    for pattern in _QUARTERS:
        if match := pattern.search(text):
            year = match["year"] if len(match["year"]) == 4 else f"20{match['year']}"
            return f"Q{match['quarter']} {year}"
    years = set(_YEAR.findall(text))
    return years.pop() if len(years) == 1 else ""


def _text(a: Selector) -> str:
    """The text of a link; its tool tip where the text says only "PDF"."""
    text = plain_text(" ".join(a.css("*::text").getall()))
    hint = plain_text(a.attrib.get("title") or a.attrib.get("aria-label") or "")
    return text if _is_informative(text) or not _is_informative(hint) else hint


def _around(a: Selector, address: str, method: Reports, base: str) -> list[str]:
    """The texts around *a*: each of its ``_blocks`` without the link's own text, then the heading before it."""
    own = a.xpath("string()").get("")
    texts = []
    for block in _blocks(a, address, method, base):
        stamps = " ".join(block.css("time::attr(datetime)").getall())
        texts.append(" ".join(block.css("*::text").getall()).replace(own, " ", 1) + " " + stamps)
    heading = a.xpath("preceding::*[self::h1 or self::h2 or self::h3 or self::h4 or self::h5][1]")
    return [*texts, plain_text(heading.xpath("string()").get(""))]


def _blocks(a: Selector, address: str, method: Reports, base: str) -> Iterator[Selector]:
    """The ancestors of *a* that contain no other document, the nearest first."""
    for block in reversed(a.xpath(f"ancestor::*[position() <= {_MAX_ANCESTORS}]")):
        others = set(_addresses(block, base)) - {address}
        if any(re.search(method.file, other, re.IGNORECASE) for other in others):
            return
        yield block


def _attachments(a: Selector, address: str, method: Reports, base: str) -> tuple[str, ...]:
    """The addresses in the line of *a* that match ``attachments``."""
    files = (file for block in _blocks(a, address, method, base) for file in _addresses(block, base))
    return tuple(dict.fromkeys(file for file in files if re.search(method.attachments, file, re.IGNORECASE)))


def _addresses(block: Selector, base: str) -> list[str]:
    return [absolute_url(base, href) for href in block.css("a::attr(href)").getall()]


def _date_of(around: list[str], source: Source, captured: datetime) -> datetime | None:
    """The date in the nearest text with any; None where that has several, as any may be the document's."""
    for text in around:
        written = _DATE.findall(_PERIOD_END.sub(" ", text))
        moments = {parse_date(date, timezone=source.timezone, captured=captured, order="MDY") for date in written}
        if moments:
            return moments.pop() if len(moments) == 1 else None
    return None


def _is_informative(text: str) -> bool:
    """Does *text* say more than "PDF" or "download"?"""
    return bool(re.search(rf"[^\W\d_]{{3,}}|[{HAN}]{{2,}}|\d-[A-Z]", _EMPTY_WORDS.sub(" ", text)))


def _tidy(title: str) -> str:
    """*title* without type and size of the file, and without a date, which has a field of its own."""
    title = _DATE.sub(" ", _FILE_FACTS.sub(" ", title))
    return " ".join(title.split()).strip(" -–|,:")
