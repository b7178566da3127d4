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
_TEMPLATES_SAVED = (datetime(2013, 12, 23, 23, 15), datetime(2013, 1, 27, 9, 15, 58))
"""What programs leave as the time that use the templates of python-docx and python-pptx."""

_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_P, _TABLE, _BOX = f"{_WORD}p", f"{_WORD}tbl", f"{_WORD}txbxContent"
_HOLDERS = frozenset(f"{_WORD}{name}" for name in ("sdt", "sdtContent", "customXml", "ins", "moveTo"))
"""Elements around paragraphs, rows and cells: controls of a template, and changes that are not accepted yet."""

_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_NOT_TEXT = frozenset((f"{_WORD}moveFrom", f"{_WORD}del", _FALLBACK, _BOX))
"""What was here before it was moved, or is written twice for older programs; boxes have lines of their own."""

_SIGNS = {f"{_WORD}tab": " ", f"{_WORD}br": " ", f"{_WORD}cr": " ", f"{_WORD}noBreakHyphen": "-"}
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
    from docx.text.paragraph import Paragraph

    try:
        has_properties = _check_archive(data, "word/document.xml")
        document = docx.Document(io.BytesIO(data))
        lines: list[str] = []
        headings: dict[str, str] = {}
        styles: dict[str | None, str] = {}
        for block in _children(document.element.body, _P, _TABLE):
            found = list(_lines_of(block))
            lines += found
            if block.tag == _P and found:
                if block.style not in styles:  # which takes as long to find as a page to read
                    style = Paragraph(block, document._body).style
                    styles[block.style] = str(style.name if style else "")
                headings.setdefault(styles[block.style], found[0])
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
        known = saved is not None and saved.replace(tzinfo=None) not in _TEMPLATES_SAVED
        contents.saved = saved.replace(tzinfo=saved.tzinfo or UTC) if saved and known else None
    return contents


def _children(element: Any, *tags: str) -> Iterator[Any]:
    """The children of *element* with one of *tags*, those inside controls and changes too."""
    for child in element:
        if child.tag in tags:
            yield child
        elif child.tag in _HOLDERS:
            yield from _children(child, *tags)


def _lines_of(block: Any) -> Iterator[str]:
    """The line of a paragraph with those of its text boxes, or the rows of a table."""
    if block.tag == _TABLE:
        yield from _rows(block)
        return
    if line := " ".join("".join(_parts(block)).split()):
        yield line
    for box in block.iter(_BOX):
        if next(box.iterancestors(_FALLBACK), None) is None:
            for inner in _children(box, _P, _TABLE):
                yield from _lines_of(inner)


def _parts(element: Any) -> Iterator[str]:
    """The texts in *element* with insertions and links, without what was deleted."""
    for child in element:
        if child.tag == f"{_WORD}t":
            yield child.text or ""
        elif child.tag in _SIGNS:
            yield _SIGNS[child.tag]
        elif child.tag not in _NOT_TEXT:
            yield from _parts(child)


def _rows(table: Any) -> Iterator[str]:
    """Each row of a table on one line."""
    for row in _children(table, f"{_WORD}tr"):
        cells = (_children(cell, _P, _TABLE) for cell in _children(row, f"{_WORD}tc"))
        if line := " ".join(line for blocks in cells for block in blocks for line in _lines_of(block)):
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
