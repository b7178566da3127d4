"""HTML pages that link documents: annual and quarterly reports, filings, workbooks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from urllib.parse import unquote, urlsplit

from parsel import Selector

from crawler.read.charset import decode
from crawler.read.dates import parse_date
from crawler.source import Source
from crawler.way import Document, Link, Reports
from crawler.ways.entry import Entry, absolute, plain
from store.article import Kind

_DATA = re.compile(r"\.(xlsx?|csv|zip)($|\?)", re.IGNORECASE)
# What stands on buttons and beside them, and says nothing of the document.
_EMPTY_WORDS = re.compile(
    r"\b(pdf|html?|xlsx?|xls|zip|xbrl|view|download|downloads|open|file|viewer|here|read|more|opens in new window"
    r"|[\d.,]+ ?[km]i?b)\b|下载|查看|[|()\[\]:·]",
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
    r"^(?:PDF|HTML)\s*:|\(\s*(?:PDF|HTML|XLSX?|ZIP)?[\s|,]*[\d.,]*\s*(?:[kM]i?B)?\s*\)|\b(?:PDF|HTML|XLSX?|ZIP)\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?<!\d)(20\d\d|19[89]\d)(?!\d)")
_LEVELS = 4  # from a link up to the line or block that names it


def read(way: Reports, data: bytes, url: str, row: Source, captured: datetime) -> Entry:
    """The documents that a page links, with what stands around each link. Raises EntryError."""
    page = Selector(text=decode(data), type="html")
    base = absolute(url, page.css("base::attr(href)").get("")) or url
    links = []
    dropped = 0
    seen: set[str] = set()
    for panel, label, kind in _panels(way, page):
        shown = panel.css("a[href], iframe[src], embed[src]")
        found = [(address, a) for a in shown if (address := absolute(base, a.attrib.get("href") or a.attrib["src"]))]
        # The page as a whole comes last and holds the documents of its panels again.
        found = [(address, a) for address, a in found if re.search(way.file, address, re.IGNORECASE)]
        fresh = [(address, a) for address, a in dict(found).items() if address not in seen]
        seen.update(address for address, _ in fresh)
        names = [file_name(address) for address, _ in fresh]
        for number, (address, a) in enumerate(fresh):
            name = names[number]
            around = _around(a, address, way, base)
            context = next((text for text in around if _telling(text)), "")
            document = Document(
                address, _text(a), plain(context), label, kind, url, names[:number].count(name), names.count(name)
            )
            link = _link(way, document, _date_of(around, row, captured))
            if way.beside:
                link = replace(link, files=_beside(a, address, way, base))
            better = row.document_of(document, link) if row.document_of else link
            if better is None:
                dropped += 1
            else:
                links.append(better)
    return Entry(links=links, dropped=Counter(row=dropped))


def _panels(way: Reports, page: Selector) -> list[tuple[Selector, str, Kind]]:
    named = [(panel, label, kind) for css, (label, kind) in way.panels.items() for panel in page.css(css)]
    return [*named, (page, "", way.kind)]


def _link(way: Reports, document: Document, published: datetime | None) -> Link:
    kind: Kind = "data" if _DATA.search(document.url) else document.kind
    return Link(
        url=document.url,
        title=title_of(document),
        published=published,
        tags=(document.label,) if document.label else (),
        kind=kind,
        access=way.keep,
    )


def title_of(document: Document) -> str:
    """What the link says, or the line around it, or the file's name; with the period if it lacks one."""
    title = next((text for text in (document.text, document.context) if _telling(text)), "")
    title = _tidy(title) if title else file_name(document.url)
    # The folders of a file's address often hold the date of its upload, which is no period.
    period = period_of(file_name(document.url)) or period_of(document.context) or period_of(document.listed_at)
    return f"{title} ({period})" if period and not _YEAR.search(title) and not period_of(title) else title


def file_name(url: str) -> str:
    """The name of the file in words: no folder, no ending, no separators."""
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
    """The words of a link; those of its tool tip when the link itself says only "PDF"."""
    text = plain(" ".join(a.css("*::text").getall()))
    hint = plain(a.attrib.get("title") or a.attrib.get("aria-label") or "")
    return text if _telling(text) or not _telling(hint) else hint


def _around(a: Selector, address: str, way: Reports, base: str) -> list[str]:
    """What the blocks around *a* say beside it, from the nearest out to the last that holds no other document."""
    own = a.xpath("string()").get("")
    found = []
    for block in _blocks(a, address, way, base):
        stamps = " ".join(block.css("time::attr(datetime)").getall())
        found.append(" ".join(block.css("*::text").getall()).replace(own, " ", 1) + " " + stamps)
    heading = a.xpath("preceding::*[self::h1 or self::h2 or self::h3 or self::h4 or self::h5][1]")
    return [*found, plain(heading.xpath("string()").get(""))]


def _blocks(a: Selector, address: str, way: Reports, base: str) -> Iterator[Selector]:
    """The blocks around *a* that hold no other document, from the nearest out."""
    for block in reversed(a.xpath(f"ancestor::*[position() <= {_LEVELS}]")):
        others = set(_addresses(block, base)) - {address}
        if any(re.search(way.file, other, re.IGNORECASE) for other in others):
            return
        yield block


def _beside(a: Selector, address: str, way: Reports, base: str) -> tuple[str, ...]:
    """The further files in the line of *a*."""
    found = (one for block in _blocks(a, address, way, base) for one in _addresses(block, base))
    return tuple(dict.fromkeys(one for one in found if re.search(way.beside, one, re.IGNORECASE)))


def _addresses(block: Selector, base: str) -> list[str]:
    return [absolute(base, href) for href in block.css("a::attr(href)").getall()]


def _date_of(around: list[str], row: Source, captured: datetime) -> datetime | None:
    """The one date of the nearest block with any; of several none is known to be the document's."""
    for text in around:
        written = _DATE.findall(_PERIOD_END.sub(" ", text))
        moments = {parse_date(one, timezone=row.timezone, captured=captured, order="MDY") for one in written}
        if moments:
            return moments.pop() if len(moments) == 1 else None
    return None


def _telling(text: str) -> bool:
    return bool(re.search(r"[^\W\d_]{3,}|[\u4e00-\u9fff]{2,}|\d-[A-Z]", _EMPTY_WORDS.sub(" ", text)))


def _tidy(title: str) -> str:
    """*title* without kind and size of the file, and without a date, which has a field of its own."""
    title = _DATE.sub(" ", _FILE_FACTS.sub(" ", title))
    return " ".join(title.split()).strip(" -–|,:")
