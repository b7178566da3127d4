"""Reads a PDF report: its text page by page, its title, its date and its fiscal period."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

import pypdfium2 as pdfium

from crawler.extraction.child import in_child
from crawler.extraction.columns import text_in_columns
from crawler.extraction.cover import cover_title, line_key
from crawler.extraction.dates import is_dateline, parse_date
from crawler.extraction.fiscal_period import report_period
from crawler.extraction.page import timezone_of
from crawler.extraction.paragraphs import joined_lines
from crawler.extraction.title import without_site
from crawler.extraction.title_key import title_key
from crawler.extraction.unreadable import Unreadable
from crawler.source import Source
from store.article import PAGE_BREAK, Article, File
from text.language import detect_language

_MAX_PAGES = 3000
_END_WITHIN = 4096  # bytes at the end that must contain the end mark; servers append zeros
_END = re.compile(rb"%%EOF|startxref\s+\d+\s+%%E?O?$")  # the mark itself may be cut, all else is there before it
_PASSWORD, _SECURITY = 4, 5  # FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY
_LINEARIZED = re.compile(rb"/Linearized\s+1\b[^>]*?/L\s+(\d+)")
_MIN_LETTERS = 20
_MIN_PAGES = 3  # of a report, before a line that most of them have is a header or footer
_NO_TITLE = re.compile(
    r"^microsoft (?:word|powerpoint|excel)\b|\.(?:docx?|pptx?|xlsx?|indd|pdf|qxd|pub|ai)$|_|^[!-~]*$"
    r"|independent .* report"
    r"|^(?:untitled|slide|presentation|document|powerpoint|title|layout|template|print|cover)[\s\d]*$",
    re.IGNORECASE,
)
_NOT_PUBLICATION = re.compile(
    r"\bended\b|\bending\b|as (?:of|at)\b|period|截至|止|期间|effective|expir|©|copyright", re.IGNORECASE
)
_COVER = 3000  # characters of the first page in which the period is searched
_LINE = 100  # characters of a line in which a date is searched
_MAX_DATE_LINE = 30  # letters in a line that is little more than a date
_MAX_DELAY = timedelta(days=31)  # a cover date later after the creation of the file is of a future event
_CREATED = re.compile(r"D:(\d{4})(\d\d)(\d\d)(\d\d)?(\d\d)?(\d\d)?(?:([+-])(\d\d)'?(\d\d)?)?")


def read_pdf(data: bytes, url: str, *, captured: datetime, source: Source | None = None, name: str = "") -> Article:
    """The report in a PDF. Raises Unreadable, also for one without a text layer.

    ``published`` is a date line on the first two pages, else the CreationDate of the file, which is close to
    publication for reports made for the web, and the only date that most of them have.
    """
    name = name or unquote(PurePosixPath(urlsplit(url).path).name)
    own_names = (source.name, source.name_zh, *source.site_names) if source else ()
    pages, facts, title, language = in_child(_contents, data, own_names)
    title = title or name
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


def _contents(data: bytes, own_names: tuple[str, ...]) -> tuple[list[str], dict[str, str], str, str]:
    """Pages, metadata, title and language of a PDF. Called in the child process."""
    document = _open(data)
    try:
        if len(document) > _MAX_PAGES:
            raise Unreadable(f"PDF of {len(document)} pages; {_MAX_PAGES} are read")
        texts = [_page_text(document, number) for number in range(len(document))]
        pages = list(map(joined_lines, texts))
        if sum(map(str.isalnum, "".join(pages))) < _MIN_LETTERS:
            raise Unreadable(f"PDF without a text layer ({len(pages)} pages)")
        facts = {name: _in_han(text) for name, text in document.get_metadata_dict().items()}
        names = {title_key(text) for text in (facts.get("Author", ""), *own_names)} - {""}
        running = _running_lines(texts)
        stated = without_site(facts.get("Title", ""), names, set())
        return (
            pages,
            facts,
            stated if _is_title(stated) else cover_title(document[0], names | {title_key(stated)}, running) or stated,
            _language(texts, running),
        )
    except pdfium.PdfiumError as error:
        raise Unreadable(f"broken PDF: {error}") from None
    finally:
        document.close()


def _running_lines(texts: list[str]) -> set[str]:
    """Line keys of lines that most pages have: headers and footers."""
    if len(texts) < _MIN_PAGES:
        return set()
    counts = Counter(key for text in texts for key in {line_key(line) for line in text.splitlines()})
    return {key for key, count in counts.items() if key and count > len(texts) / 2}


def _language(texts: list[str], running: set[str]) -> str:
    """The language of the pages without headers and footers, where they have anything else."""
    lines = [line for text in texts for line in text.splitlines()]
    own = [line for line in lines if (key := line_key(line)) and key not in running]
    return detect_language("\n".join(own or lines))


def _in_han(text: str) -> str:
    """*text*, or what it is in GBK, which some programs write where Latin-1 is meant."""
    if text.isascii():
        return text
    try:
        han = text.encode("latin-1").decode("gb18030")
    except UnicodeError:
        return text
    return han if detect_language(han) == "zh" else text


def _open(data: bytes) -> pdfium.PdfDocument:
    # PDFium opens a truncated PDF without an error, and without the missing pages.
    linearized = _LINEARIZED.search(data[:1024])
    if not _END.search(data.rstrip(b"\0 \r\n\t")[-_END_WITHIN:]) or (linearized and len(data) < int(linearized[1])):
        raise Unreadable(f"truncated PDF: it ends after {len(data)} bytes without an end mark")
    try:
        return pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        if error.err_code in (_PASSWORD, _SECURITY):
            raise Unreadable("encrypted PDF: it opens with a password only") from None
        raise Unreadable(f"broken PDF: {error}") from None


def _page_text(document: pdfium.PdfDocument, number: int) -> str:
    """The text of one page, which is closed again: PDFium would keep a long report in memory."""
    page = document[number]
    text = page.get_textpage()
    try:
        return text_in_columns(page, text)
    finally:
        text.close()
        page.close()


def _is_title(text: str) -> bool:
    """Is *text* a title, not the name of a file or program, nor only of the company ("Samsung  Electronics")?"""
    return not _NO_TITLE.search(text) and (len(text.split()) > 2 or not text.isascii())


def _published(pages: list[str], created: str, timezone: str, captured: datetime) -> datetime | None:
    created_at = _creation_date(created, timezone, captured)
    latest = min(captured, created_at + _MAX_DELAY) if created_at else captured
    for line in (line[:_LINE] for page in pages[:2] for line in page.split("\n")):
        short = sum(map(str.isalpha, line)) <= _MAX_DATE_LINE
        if (short or is_dateline(line)) and not _NOT_PUBLICATION.search(line):
            moment = parse_date(line, timezone=timezone)
            if moment and moment <= latest:
                # The creation date of the same day adds the time of day.
                same_day = created_at and moment <= created_at < moment + timedelta(days=1)
                return created_at if same_day else moment
    return created_at


def _creation_date(text: str, timezone: str, captured: datetime) -> datetime | None:
    match = _CREATED.match(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, sign, hours, minutes = match.groups()
    zone = f"{sign}{hours}:{minutes or '00'}" if sign else "Z"
    written = f"{year}-{month}-{day}T{hour or '00'}:{minute or '00'}:{second or '00'}{zone}"
    return parse_date(written, timezone=timezone, captured=captured)
