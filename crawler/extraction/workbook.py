"""Reads untrusted workbooks (XLSX): bounded in size, stored results instead of formulas."""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.etree.ElementTree import ParseError

from lxml import etree

from crawler.discovery.methods import Sheets
from crawler.extraction.child import in_child
from crawler.extraction.unreadable import Unreadable
from crawler.source import Source
from store.article import PAGE_BREAK, Article, File

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_MAX_UNPACKED_BYTES = 100 * 2**20
_MAX_ROWS, _MAX_COLUMNS = 20_000, 200
_CORE_PROPERTIES = "docProps/core.xml"
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, ParseError, etree.XMLSyntaxError, OSError, EOFError),
    *(KeyError, ValueError, TypeError, AttributeError, IndexError, NotImplementedError, RuntimeError),
)


def read_workbook(data: bytes, url: str, *, captured: datetime, source: Source, name: str = "") -> Article:
    """The article that ``source.workbook_of`` makes of a workbook; ``published`` is when the file was last saved."""
    assert source.workbook_of
    name = name or unquote(PurePosixPath(urlsplit(url).path).name)
    sheets, saved = in_child(open_workbook, data)
    text = source.workbook_of(sheets, name)
    return Article(
        source=source.key,
        url=source.address_of(url) if source.address_of else url,
        title=text.title,
        fetched=captured,
        body=PAGE_BREAK.join(text.pages),
        summary=text.summary,
        language=source.language,
        published=saved if saved and saved <= captured else None,
        kind="data",
        files=[File(url, name, MEDIA_TYPE, hashlib.sha256(data).hexdigest())],
    )


def open_workbook(data: bytes) -> tuple[Sheets, datetime | None]:
    """The rows of every sheet, and when the workbook was saved. Raises Unreadable. Called in the child process."""
    from openpyxl import load_workbook

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
        if sum(part.file_size for part in parts) > _MAX_UNPACKED_BYTES:
            raise Unreadable(f"workbook over {_MAX_UNPACKED_BYTES // 2**20} MiB when unpacked")
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        try:
            sheets = {sheet.title: _rows(sheet) for sheet in book.worksheets}
            # Without this part openpyxl returns the current time.
            saved = book.properties.modified if any(part.filename == _CORE_PROPERTIES for part in parts) else None
        finally:
            book.close()
    except _BROKEN as error:
        raise Unreadable(f"broken workbook: {' '.join(str(error).split()) or type(error).__name__}") from None
    return sheets, saved.replace(tzinfo=saved.tzinfo or UTC) if saved else None


def _rows(sheet: Any) -> list[tuple[Any, ...]]:
    """The first rows of a sheet, which may declare a million empty ones after its content."""
    return list(sheet.iter_rows(values_only=True, max_row=_MAX_ROWS, max_col=_MAX_COLUMNS))
