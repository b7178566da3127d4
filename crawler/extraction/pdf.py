"""A PDF report to an article: its text page by page, a title that means something, a date that is written in it."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

import pypdfium2 as pdfium

from crawler.read.cover import cover_title
from crawler.read.dates import is_dateline, parse_date
from crawler.read.lines import joined_lines
from crawler.read.page import timezone_of
from crawler.read.period import report_period
from crawler.read.title import key_of, without_site
from crawler.read.unreadable import Unreadable
from crawler.source import Source
from store.article import PAGE_BREAK, Article, File
from text.language import detect_language

_MOST_PAGES = 3000
_END_MARK = 4096  # bytes at the end in which %%EOF must stand
_PASSWORD, _SECURITY = 4, 5  # FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY
_LINEARIZED = re.compile(rb"/Linearized\s+1\b[^>]*?/L\s+(\d+)")
_FEWEST_LETTERS = 20
_MEANINGLESS = re.compile(
    r"^microsoft (?:word|powerpoint|excel)\b|\.(?:docx?|pptx?|xlsx?|indd|pdf|qxd|pub|ai)$|_|^[!-~]*$"
    r"|independent .* report"
    r"|^(?:untitled|slide|presentation|document|powerpoint|title|layout|template|print|cover)[\s\d]*$",
    re.IGNORECASE,
)
_NOT_PUBLICATION = re.compile(
    r"\bended\b|\bending\b|as (?:of|at)\b|period|截至|止|期间|effective|expir|©|copyright", re.IGNORECASE
)
_COVER = 3000  # characters of the first page in which the period is looked for
_LINE = 100  # characters of a line in which its date is looked for
_DATE_LINE = 30  # letters in a line that is little more than a date
_LATE = timedelta(days=31)  # a cover date so long after the file was made is that of an event to come
_CREATED = re.compile(r"D:(\d{4})(\d\d)(\d\d)(\d\d)?(\d\d)?(\d\d)?(?:([+-])(\d\d)'?(\d\d)?)?")


def read_pdf(data: bytes, url: str, *, captured: datetime, source: Source | None = None, name: str = "") -> Article:
    """The report in a PDF.

    ``published`` is a date line on the first two pages, else the CreationDate of the file, which is
    close to publication for reports made for the web and is the only date that most of them carry.
    """
    name = name or unquote(PurePosixPath(urlsplit(url).path).name)
    document = _open(data)
    try:
        if len(document) > _MOST_PAGES:
            raise Unreadable(f"PDF of {len(document)} pages; {_MOST_PAGES} are read")
        pages = [joined_lines(_page_text(document, number)) for number in range(len(document))]
        if sum(map(str.isalnum, "".join(pages))) < _FEWEST_LETTERS:
            raise Unreadable(f"PDF without a text layer ({len(pages)} pages)")
        facts = document.get_metadata_dict()
        names = {key_of(text) for text in _names(facts, source)} - {""}
        stated = without_site(facts.get("Title", ""), names, set())
        title = stated if _is_title(stated) else cover_title(document[0], names | {key_of(stated)}) or stated or name
    except pdfium.PdfiumError as error:
        raise Unreadable(f"broken PDF: {error}") from None
    finally:
        document.close()
    language = detect_language("\n".join(pages))
    file = File(url, name, "application/pdf", hashlib.sha256(data).hexdigest(), len(pages), language)
    file.fiscal_year, file.quarter = report_period(title, name, pages[0][:_COVER])
    if source and source.category == "半导体科技":
        file.company = source.name
    return Article(
        source=source.key if source else "file",
        url=source.address_of(url) if source and source.address_of else url,
        title=title,
        fetched=captured,
        body=PAGE_BREAK.join(pages),
        language=language,
        published=_published(pages, facts.get("CreationDate", ""), timezone_of(language, source), captured),
        kind=source.kind if source and source.kind != "news" else "report",
        files=[file],
    )


def _open(data: bytes) -> pdfium.PdfDocument:
    # PDFium repairs a PDF that was cut off, quietly and without the pages that are missing.
    whole = _LINEARIZED.search(data[:1024])
    if b"%%EOF" not in data[-_END_MARK:] or (whole and len(data) < int(whole[1])):
        raise Unreadable(f"truncated PDF: it ends after {len(data)} bytes without an end mark")
    try:
        return pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        if error.err_code in (_PASSWORD, _SECURITY):
            raise Unreadable("encrypted PDF: it opens with a password only") from None
        raise Unreadable(f"broken PDF: {error}") from None


def _page_text(document: pdfium.PdfDocument, number: int) -> str:
    """One page at a time: a long report is never whole in PDFium's memory."""
    page = document[number]
    text = page.get_textpage()
    try:
        return str(text.get_text_bounded())
    finally:
        text.close()
        page.close()


def _names(facts: dict[str, str], source: Source | None) -> list[str]:
    return [facts.get("Author", ""), *((source.name, source.name_zh, *source.site_names) if source else ())]


def _is_title(text: str) -> bool:
    """Not the name of a file or program, nor of the firm alone ("Samsung  Electronics")."""
    return not _MEANINGLESS.search(text) and (len(text.split()) > 2 or not text.isascii())


def _published(pages: list[str], created: str, timezone: str, captured: datetime) -> datetime | None:
    made = _creation_date(created, timezone, captured)
    latest = min(captured, made + _LATE) if made else captured
    for line in (line[:_LINE] for page in pages[:2] for line in page.split("\n")):
        short = sum(map(str.isalpha, line)) <= _DATE_LINE
        if (short or is_dateline(line)) and not _NOT_PUBLICATION.search(line):
            moment = parse_date(line, timezone=timezone)
            if moment and moment <= latest:
                # The file's own clock adds the time of day.
                return made if made and moment <= made < moment + timedelta(days=1) else moment
    return made


def _creation_date(text: str, timezone: str, captured: datetime) -> datetime | None:
    match = _CREATED.match(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, sign, hours, minutes = match.groups()
    zone = f"{sign}{hours}:{minutes or '00'}" if sign else "Z"
    written = f"{year}-{month}-{day}T{hour or '00'}:{minute or '00'}:{second or '00'}{zone}"
    return parse_date(written, timezone=timezone, captured=captured)
