"""Extraction: bytes, address and source to an article, as a pure function without Scrapy, network or clock.

``read_document`` recognizes the format and calls ``page.read_page``, ``pdf.read_pdf``, ``workbook.read_workbook``,
``office.read_office`` or ``plain_text.read_text``.
"""

from __future__ import annotations

import json
import re
import zlib
from dataclasses import replace
from datetime import datetime
from pathlib import PurePosixPath

from crawler.extraction import signatures
from crawler.extraction.time_limit import time_limit
from crawler.extraction.unreadable import Unreadable, one_reply
from crawler.source import Source
from store.article import Article, is_fuller

__all__ = [
    "MAX_HTML_BYTES",
    "MAX_PDF_BYTES",
    "MAX_WORKBOOK_BYTES",
    "OFFICE_FILES",
    "TEXT_FILES",
    "Unreadable",
    "is_feed_or_sitemap",
    "read_document",
]

MAX_HTML_BYTES = 10 * 2**20
MAX_PDF_BYTES = 100 * 2**20
MAX_WORKBOOK_BYTES = 20 * 2**20
MAX_OFFICE_BYTES = 50 * 2**20

OFFICE_FILES = (".docx", ".pptx")
TEXT_FILES = (".txt", ".md", ".markdown")

_OTHER_FORMATS = (
    (signatures.ZIP, "a ZIP archive or an Office document"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"{\\rtf", "an RTF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"RIFF", "a picture or a recording"),
)
_WITH_PASSWORD = "EncryptedPackage".encode("utf-16-le")  # MS-OFFCRYPTO 2.3.4.4: where an OLE file keeps a document
_MAX_NULS = 8  # NUL bytes in the first kilobyte of a broken page; binary data have more
_TEXT_WITH_NUL = (b"\xff\xfe", b"\xfe\xff")  # byte order marks of UTF-16
_ENTRY = re.compile(rb"\s*(?>(?:<\?.*?\?>|<!--.*?-->)\s*)*<(?:rss|feed|rdf:RDF|urlset|sitemapindex)[\s>]", re.DOTALL)
_JSON = re.compile(rb"\s*(?:\{\s*[\"}]|\[\s*[\[{\"\d])")


def read_document(
    data: bytes, url: str, *, captured: datetime, source: Source | None = None, charset: str = "", name: str = ""
) -> Article:
    """The article in *data*: an HTML page, a PDF, or a workbook if *source* reads them; gzip is decompressed.

    *captured* is when the data were fetched, *charset* what the HTTP header declares, *name* the name of a file. By
    their names Word documents, presentations and text files are read, which only people bring.
    The article holds everything that was read; ``access`` says how much of it may be kept. Raises ``Unreadable``
    with the reason, and nothing else.
    """
    with one_reply(url):
        data = _decompressed(data)
        article = _read(data, url, captured, source, charset, name)
        if source is None:
            return article
        allowed = source.access(source.access_of(data) if source.access_of else None)
        return replace(article, access=allowed if is_fuller(article.access, allowed) else article.access)


def _read(data: bytes, url: str, captured: datetime, source: Source | None, charset: str, name: str) -> Article:
    if signatures.PDF in data[: signatures.PDF_WITHIN].partition(b"<")[0]:
        _refuse_larger(MAX_PDF_BYTES, data, "PDF")
        from crawler.extraction.pdf import read_pdf

        return read_pdf(data, url, captured=captured, source=source, name=name)
    ending = PurePosixPath(name.lower()).suffix
    if data.startswith(signatures.ZIP) and ending in OFFICE_FILES:
        _refuse_larger(MAX_OFFICE_BYTES, data, "document")
        from crawler.extraction.office import read_office

        return read_office(data, url, captured=captured, name=name, source=source)
    if data.startswith(signatures.ZIP) and source and source.workbook_of:
        _refuse_larger(MAX_WORKBOOK_BYTES, data, "workbook")
        from crawler.extraction.workbook import read_workbook

        return read_workbook(data, url, captured=captured, source=source, name=name)
    _refuse_other_formats(data)
    if _JSON.match(data[:64]) and (ending not in TEXT_FILES or _is_json(data)):
        raise Unreadable("JSON, not a page")
    _refuse_larger(MAX_HTML_BYTES, data, "page")
    if ending in TEXT_FILES:
        from crawler.extraction.plain_text import read_text

        with time_limit():
            return read_text(data, url, captured=captured, name=name, source=source)
    from crawler.extraction.page import read_page

    with time_limit():
        article = read_page(data, url, captured=captured, source=source, charset=charset)
        return source.article_of(data, article) if source and source.article_of else article


def is_feed_or_sitemap(data: bytes) -> bool:
    """Is *data* a feed or a sitemap?"""
    return bool(_ENTRY.match(data[:4096]))


def _decompressed(data: bytes) -> bytes:
    """*data*, decompressed where it is gzip, up to the limit of its format. Raises Unreadable beyond it."""
    if not data.strip():
        raise Unreadable("empty: 0 bytes" if not data else "empty: nothing but blanks")
    if not data.startswith(signatures.GZIP):
        return data
    decompressor = zlib.decompressobj(wbits=31)
    try:
        head = decompressor.decompress(data, 1024)
        limit = MAX_PDF_BYTES if head.startswith(signatures.PDF) else MAX_HTML_BYTES
        plain = head + decompressor.decompress(decompressor.unconsumed_tail, limit + 1 - len(head))
    except zlib.error:
        raise Unreadable("broken gzip data") from None
    if len(plain) > limit:
        raise Unreadable(f"over {limit // 2**20} MiB when decompressed")
    if not decompressor.eof:
        raise Unreadable("truncated gzip data")
    if not plain.strip():
        raise Unreadable("empty: nothing in the gzip data")
    return plain


def _refuse_larger(limit: int, data: bytes, what: str) -> None:
    if len(data) > limit:
        raise Unreadable(f"{what} of {len(data) / 2**20:.0f} MiB; up to {limit // 2**20} MiB are read")


def _refuse_other_formats(data: bytes) -> None:
    for magic, what in _OTHER_FORMATS:
        if data.startswith(magic):
            what = "an Office document with a password" if _WITH_PASSWORD in data else what
            raise Unreadable(f"neither a page nor a PDF, but {what}")
    if data[:1024].count(0) > _MAX_NULS and not data.startswith(_TEXT_WITH_NUL):
        raise Unreadable("neither a page nor a PDF, but binary data")
    if is_feed_or_sitemap(data):
        raise Unreadable("a feed or sitemap, not an article; the command `links` reads it")


def _is_json(data: bytes) -> bool:
    """Is *data* JSON as a whole? Notes may begin with a day or a number in brackets."""
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return False
    return True
