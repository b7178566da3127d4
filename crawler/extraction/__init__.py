"""Bytes, address and source to an article: a pure function, without Scrapy, sockets or a clock."""

from __future__ import annotations

import re
import zlib
from dataclasses import replace
from datetime import datetime

from crawler.read.unreadable import Unreadable
from crawler.source import Source
from store.article import Article

__all__ = ["MOST_HTML", "MOST_PDF", "MOST_WORKBOOK", "Unreadable", "is_entry", "read_document"]

MOST_HTML = 10 * 2**20
MOST_PDF = 100 * 2**20
MOST_WORKBOOK = 20 * 2**20

_KINDS = (
    (b"PK\x03\x04", "a ZIP archive or an Office document"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"RIFF", "a picture or a recording"),
)
_STRAY = 8  # NUL bytes in the first kilobyte that a broken page may have; binary data have more
_TEXT_WITH_NUL = (b"\xff\xfe", b"\xfe\xff")  # byte order marks of UTF-16
_ENTRY = re.compile(rb"\s*(?>(?:<\?.*?\?>|<!--.*?-->)\s*)*<(?:rss|feed|rdf:RDF|urlset|sitemapindex)[\s>]", re.DOTALL)
_JSON = re.compile(rb"\s*(?:\{\s*[\"}]|\[\s*[\[{\"\d])")


def read_document(
    data: bytes, url: str, *, captured: datetime, source: Source | None = None, charset: str = "", name: str = ""
) -> Article:
    """The article in *data*: an HTML page, a PDF, a workbook if *source* reads them; also compressed with gzip.

    *charset* is what the HTTP header declares, *name* the name of a file. The article holds all that was read;
    ``access`` says how much of it may be kept. Raises ``Unreadable`` with the reason.
    """
    data = _unpacked(data)
    if b"%PDF-" in data[:1024].partition(b"<")[0]:
        _refuse_beyond(MOST_PDF, data, "PDF")
        from crawler.read.pdf import read_pdf

        article = read_pdf(data, url, captured=captured, source=source, name=name)
    elif data.startswith(b"PK\x03\x04") and source and source.workbook_of:
        _refuse_beyond(MOST_WORKBOOK, data, "workbook")
        from crawler.read.workbook import read_workbook

        article = read_workbook(data, url, captured=captured, source=source, name=name)
    else:
        _refuse_other(data)
        _refuse_beyond(MOST_HTML, data, "page")
        from crawler.read.page import read_page

        article = read_page(data, url, captured=captured, source=source, charset=charset)
        if source and source.article_of:
            article = source.article_of(data, article)
    if source is None:
        return article
    return replace(article, access=source.access_of(data) if source.access_of else source.keep)


def is_entry(data: bytes) -> bool:
    """Is *data* a feed or a sitemap?"""
    return bool(_ENTRY.match(data[:4096]))


def _unpacked(data: bytes) -> bytes:
    """*data*, decompressed where it is gzip; never more of it than the largest limit, whatever it would swell to."""
    if not data.strip():
        raise Unreadable("empty: 0 bytes" if not data else "empty: nothing but blanks")
    if not data.startswith(b"\x1f\x8b"):
        return data
    unpacker = zlib.decompressobj(wbits=31)
    try:
        head = unpacker.decompress(data, 1024)
        most = MOST_PDF if head.startswith(b"%PDF-") else MOST_HTML
        plain = head + unpacker.decompress(unpacker.unconsumed_tail, most + 1 - len(head))
    except zlib.error:
        raise Unreadable("broken gzip data") from None
    if len(plain) > most:
        raise Unreadable(f"over {most // 2**20} MiB when decompressed")
    if not unpacker.eof:
        raise Unreadable("truncated gzip data")
    if not plain.strip():
        raise Unreadable("empty: nothing in the gzip data")
    return plain


def _refuse_beyond(most: int, data: bytes, what: str) -> None:
    if len(data) > most:
        raise Unreadable(f"{what} of {len(data) / 2**20:.0f} MiB; up to {most // 2**20} MiB are read")


def _refuse_other(data: bytes) -> None:
    for magic, what in _KINDS:
        if data.startswith(magic):
            raise Unreadable(f"neither a page nor a PDF, but {what}")
    if data[:1024].count(0) > _STRAY and not data.startswith(_TEXT_WITH_NUL):
        raise Unreadable("neither a page nor a PDF, but binary data")
    if is_entry(data):
        raise Unreadable("a feed or sitemap, not an article; the command `links` reads it")
    if _JSON.match(data[:64]):
        raise Unreadable("JSON, not a page")
