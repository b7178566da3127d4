"""Makes the PDFs and workbooks of the sample web from the plain texts in ``samples/*/reports/``.

Run ``python samples/write_reports.py`` after changing a text; it needs reportlab (requirements-dev.txt). The
results are committed, so that nothing needs reportlab to read them. The same texts give the same bytes.

A report is a ``.txt`` file: a head of ``name: value`` lines, an empty line, then pages parted by lines
``=== page ===``. Names in the head: ``file`` (what to write, seen from the site's folder), ``title`` and ``date``
(go into the PDF), ``footer`` (printed on inner pages), ``keep`` (bytes that are left of a file cut off on purpose).
In a page an empty line parts paragraphs, and two spaces part the columns of a table. A ``.tsv`` file is a workbook:
its first line names the file, the others are rows; a line ``=== name ===`` begins a sheet of that name, and a line
``saved: time`` before them says when the workbook was saved.
"""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from xml.sax.saxutils import escape

from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

SAMPLES = Path(__file__).resolve().parent
PAGE_BREAK = "\n=== page ===\n"

MARGIN, SIZE, LEADING = 60, 10, 14
TAB, COLUMN = 150, 90  # of a two-column line from the left; of numbers from the right
HAN_FONT = "STSong-Light"  # one of the fonts that every PDF reader brings; pypdfium2 gives its characters back
LATIN_FONT = "Helvetica"


@dataclass(frozen=True)
class Report:
    """One text with its head."""

    file: str
    title: str
    date: datetime
    pages: list[str]
    footer: str = ""
    keep: int | None = None

    @property
    def font(self) -> str:
        """One font for the whole report, so that no line changes fonts in the middle."""
        return HAN_FONT if re.search(r"[\u3000-\u9fff\uff00-\uffef]", "".join(self.pages)) else LATIN_FONT


def read_report(text: str) -> Report:
    """The report that *text* describes."""
    head, *pages = text.split(PAGE_BREAK)
    names = dict(line.split(": ", 1) for line in head.strip().splitlines())
    keep = names.pop("keep", None)
    date = datetime.fromisoformat(names.pop("date"))
    return Report(date=date, pages=pages, keep=int(keep) if keep else None, **names)


def pdf(report: Report) -> bytes:
    """*report* as a PDF."""
    buffer = io.BytesIO()
    # Uncompressed: releases of zlib do not all compress to the same bytes.
    canvas = Canvas(buffer, pagesize=A4, invariant=1, pageCompression=0)
    canvas.setTitle(report.title)
    canvas.setAuthor("Xinwen sample web")
    canvas.setSubject("Sample text, figures invented")
    offset = report.date.strftime("%z")
    stamp = f"D:{report.date:%Y%m%d%H%M%S}{offset[:3]}'{offset[3:]}'"
    canvas.setDateFormatter(lambda *_: stamp)
    for number, page in enumerate(report.pages, 1):
        _draw_page(canvas, page, report.font)
        # The first and the last page have no footer: a text that starts or ends with one is hard to check.
        if report.footer and 1 < number < len(report.pages):
            canvas.drawString(MARGIN, MARGIN / 2, f"{report.footer} | {number}")
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()[: report.keep]


def _draw_page(canvas: Canvas, page: str, font: str) -> None:
    width, height = A4
    canvas.setFont(font, SIZE)
    y = height - MARGIN
    for line in page.strip("\n").splitlines():
        cells = re.split(r" {2,}", line)
        if len(cells) > 2:
            canvas.drawString(MARGIN, y, cells[0])
            for place, cell in enumerate(reversed(cells[1:])):
                canvas.drawRightString(width - MARGIN - place * COLUMN, y, cell)
            y -= LEADING
        elif len(cells) == 2:
            canvas.drawString(MARGIN, y, cells[0])
            canvas.drawString(MARGIN + TAB, y, cells[1])
            y -= LEADING
        else:
            for part in wrap(line, font, width - 2 * MARGIN) or [""]:
                canvas.drawString(MARGIN, y, part)
                y -= LEADING
    if y < MARGIN:
        raise ValueError(f"a page holds {int((height - 2 * MARGIN) / LEADING)} lines; shorten {page.strip()[:40]!r}")


def wrap(line: str, font: str, width: float) -> list[str]:
    """*line* cut to *width*: between words, and between any two Han characters."""
    parts, current = [], ""
    for piece in re.findall(r"[\u3000-\u9fff\uff00-\uffef][，。、；：）]?|[^\s\u3000-\u9fff\uff00-\uffef]+\s*", line):
        if current and pdfmetrics.stringWidth((current + piece).rstrip(), font, SIZE) > width:
            parts.append(current.rstrip())
            current = ""
        current += piece
    return [*parts, current.rstrip()] if current else parts


def read_sheets(lines: list[str]) -> dict[str, list[list[str]]]:
    """The rows of each sheet by its name."""
    sheets: dict[str, list[list[str]]] = {}
    name = "Sheet1"
    for line in lines:
        if heading := re.fullmatch(r"=== (.+) ===", line):
            name = heading[1]
        else:
            sheets.setdefault(name, []).append(line.split("\t"))
    return sheets


def workbook(sheets: dict[str, list[list[str]]], saved: str = "") -> bytes:
    """*sheets* as the smallest workbook that spreadsheet programs open."""
    numbers = range(1, len(sheets) + 1)
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        + "".join(
            f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{kind}.worksheet+xml"/>' for n in numbers
        )
        + "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}">'
        "<sheets>"
        + "".join(f'<sheet name="{escape(name)}" sheetId="{n}" r:id="r{n}"/>' for n, name in enumerate(sheets, 1))
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        + "".join(
            f'<Relationship Id="r{n}" Type="{office}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
        )
        + "</Relationships>",
    }
    for number, rows in enumerate(sheets.values(), 1):
        cells = "".join(f"<row>{''.join(map(_cell, row))}</row>" for row in rows)
        part = f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>'
        parts[f"xl/worksheets/sheet{number}.xml"] = part
    if saved:
        parts["docProps/core.xml"] = (
            f'<cp:coreProperties xmlns:cp="{package}/metadata/core-properties" '
            'xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
            f'<dcterms:modified xsi:type="dcterms:W3CDTF">{saved}</dcterms:modified></cp:coreProperties>'
        )
        relation = f'<Relationship Id="r2" Type="{package}/relationships/metadata/core-properties"'
        parts["_rels/.rels"] = parts["_rels/.rels"].replace(
            "</Relationships>", f'{relation} Target="docProps/core.xml"/></Relationships>'
        )
        parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(
            "</Types>",
            '<Override PartName="/docProps/core.xml"'
            ' ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>',
        )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, text in parts.items():
            entry = zipfile.ZipInfo(name)  # its fixed date keeps the bytes the same
            entry.create_system = 3  # as does the same system on every machine
            archive.writestr(entry, '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' + text)
    return buffer.getvalue()


def _cell(value: str) -> str:
    if not value:
        return "<c/>"
    number = value.replace(",", "")
    if re.fullmatch(r"-?\d+(\.\d+)?", number):
        return f"<c><v>{number}</v></c>"
    return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'


def documents(samples: Path = SAMPLES) -> dict[Path, bytes]:
    """Every document of the sample web by its path."""
    pdfmetrics.registerFont(UnicodeCIDFont(HAN_FONT))
    made = {}
    for source in sorted(samples.glob("*/reports/*.txt")):
        report = read_report(source.read_text(encoding="utf-8"))
        made[source.parents[1] / report.file] = pdf(report)
    for source in sorted(samples.glob("*/reports/*.tsv")):
        name, *lines = source.read_text(encoding="utf-8").splitlines()
        saved = lines.pop(0).removeprefix("saved: ") if lines[0].startswith("saved: ") else ""
        made[source.parents[1] / name] = workbook(read_sheets(lines), saved)
    return made


if __name__ == "__main__":
    for path, content in documents().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        print(f"{path.relative_to(SAMPLES)}: {len(content):,} bytes")
