"""Reads Word documents and presentations (DOCX, PPTX), in the child process and bounded in size."""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

from lxml import etree

from crawler.extraction.child import in_child
from crawler.extraction.page import timezone_of
from crawler.extraction.stated_date import stated_date
from crawler.extraction.unreadable import Unreadable
from crawler.source import Source
from store.article import PAGE_BREAK, Article, File
from text.language import detect_language

MEDIA_TYPES = {
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
_MAX_UNPACKED_BYTES = 100 * 2**20
_MAX_PARTS = 20_000
_MAX_TITLE = 200  # characters; a longer first line is a paragraph
_CORE_PROPERTIES = "docProps/core.xml"
_NO_TITLES = ("", "powerpoint presentation", "powerpoint 演示文稿", "word document", "document", "presentation")
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, etree.XMLSyntaxError, OSError, EOFError, RecursionError),
    *(KeyError, ValueError, TypeError, AttributeError, IndexError, NotImplementedError, RuntimeError),
)


@dataclass
class _Contents:
    """What a document holds: one text a page (a slide), and what it states about itself."""

    pages: list[str]
    title: str = ""
    heading: str = ""
    authors: list[str] = field(default_factory=list)
    saved: datetime | None = None


def read_office(data: bytes, url: str, *, captured: datetime, name: str, source: Source | None = None) -> Article:
    """The report in a DOCX or PPTX; the ending of *name* says which. Raises Unreadable.

    ``published`` is a line on the first page that is a date, else when the file was last saved.
    """
    ending = PurePosixPath(name.lower()).suffix
    contents = in_child(_open_docx if ending == ".docx" else _open_pptx, data)
    text = "\n".join(contents.pages)
    if not any(map(str.isalnum, text)):
        raise Unreadable(f"{ending[1:].upper()} without text")
    stated = contents.title if contents.title.strip().lower() not in _NO_TITLES else ""
    first = next((line for line in text.split("\n") if any(map(str.isalnum, line))), "")
    language = detect_language(text)
    zone = timezone_of(language, source)
    saved = contents.saved if contents.saved and contents.saved <= captured else None
    return Article(
        source=source.key if source else "file",
        url=url,
        title=stated or contents.heading or (first if len(first) <= _MAX_TITLE else name),
        fetched=captured,
        body=PAGE_BREAK.join(contents.pages),
        language=language,
        published=stated_date(contents.pages[0], zone, captured) or saved,
        authors=contents.authors,
        kind="report",
        files=[File(url, name, MEDIA_TYPES[ending], hashlib.sha256(data).hexdigest(), len(contents.pages), language)],
    )


def _open_docx(data: bytes) -> _Contents:
    """The paragraphs and tables of a document in their order. Called in the child process."""
    import docx

    try:
        has_properties = _check_archive(data, "word/document.xml")
        document = docx.Document(io.BytesIO(data))
        lines: list[str] = []
        headings: dict[str, str] = {}
        for block in document.iter_inner_content():
            if isinstance(block, docx.table.Table):
                lines += _rows(block._tbl)
            elif text := _paragraph(block._p):
                lines.append(text)
                headings.setdefault(str(block.style.name if block.style else ""), text)
        heading = headings.get("Title") or headings.get("Heading 1") or ""
        return _with_properties(_Contents(["\n".join(lines)], heading=heading), document, has_properties)
    except _BROKEN as error:
        raise _broken(error, "DOCX") from None


def _open_pptx(data: bytes) -> _Contents:
    """The texts of each slide, its notes last. Called in the child process."""
    import pptx

    try:
        has_properties = _check_archive(data, "ppt/presentation.xml")
        deck = pptx.Presentation(io.BytesIO(data))
        pages, heading = [], ""
        for slide in deck.slides:
            lines = [line for shape in slide.shapes for line in _lines_of_shape(shape)]
            if slide.has_notes_slide and slide.notes_slide.notes_text_frame:
                lines += slide.notes_slide.notes_text_frame.text.splitlines()
            pages.append("\n".join(line for raw in lines if (line := " ".join(raw.split()))))
            title = slide.shapes.title
            heading = heading or (" ".join(title.text_frame.text.split()) if title is not None else "")
        return _with_properties(_Contents(pages or [""], heading=heading), deck, has_properties)
    except _BROKEN as error:
        raise _broken(error, "PPTX") from None


def _check_archive(data: bytes, main_part: str) -> bool:
    """Whether the archive has properties of its own, after it was found small enough. Raises Unreadable."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
    names = {part.filename for part in parts}
    if sum(part.file_size for part in parts) > _MAX_UNPACKED_BYTES or len(parts) > _MAX_PARTS:
        raise Unreadable(f"over {_MAX_UNPACKED_BYTES // 2**20} MiB or {_MAX_PARTS} parts when unpacked")
    if main_part not in names:
        raise Unreadable(f"an archive without {main_part}, which a file of this kind has")
    return _CORE_PROPERTIES in names


def _with_properties(contents: _Contents, document: Any, has_properties: bool) -> _Contents:
    """*contents* with title, author and time of the file; without properties the library has those of its template."""
    if has_properties:
        facts = document.core_properties
        contents.title = " ".join((facts.title or "").split())
        contents.authors = [name for name in ((facts.author or "").strip(),) if name and name != "python-docx"]
        saved = facts.modified or facts.created
        contents.saved = saved.replace(tzinfo=saved.tzinfo or UTC) if saved else None
    return contents


def _paragraph(element: Any) -> str:
    """The text of a paragraph with insertions and links, without what was deleted."""
    parts = []
    for node in element.iter(f"{_WORD}t", f"{_WORD}tab", f"{_WORD}br", f"{_WORD}cr"):
        parts.append(node.text or "" if node.tag == f"{_WORD}t" else " ")
    return " ".join("".join(parts).split())


def _rows(table: Any) -> Iterator[str]:
    """Each row of a table on one line."""
    for row in table.iterchildren(f"{_WORD}tr"):
        cells = [" ".join(map(_paragraph, cell.iter(f"{_WORD}p"))) for cell in row.iterchildren(f"{_WORD}tc")]
        if line := " ".join(" ".join(cells).split()):
            yield line


def _lines_of_shape(shape: Any, depth: int = 0) -> Iterator[str]:
    """The lines of a text box, the rows of a table, and those of the shapes of a group."""
    if shape.has_text_frame:
        yield from shape.text_frame.text.splitlines()
    elif getattr(shape, "has_table", False):
        yield from (" ".join(cell.text for cell in row.cells) for row in shape.table.rows)
    elif hasattr(shape, "shapes") and depth < 10:
        for inner in shape.shapes:
            yield from _lines_of_shape(inner, depth + 1)


def _broken(error: Exception, kind: str) -> Unreadable:
    return (
        error
        if isinstance(error, Unreadable)
        else Unreadable(f"broken {kind}: {' '.join(str(error).split())[:200] or type(error).__name__}")
    )
