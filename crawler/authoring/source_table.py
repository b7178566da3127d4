"""The source table for people: writes it into the two READMEs (``python -m crawler.source_table``)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from crawler.source import Source
from crawler.sources import SOURCES
from crawler.ways import describe

BEGIN, END = "<!-- sources: begin -->", "<!-- sources: end -->"
READMES = {"en": "README.md", "zh": "README.zh-CN.md"}

_HEADS = {
    "en": "| # | key | name | 中文名 | category | kept | ways in | on |\n|--:|---|---|---|---|---|---|---|",
    "zh": "| # | 键 | 机构 | 中文名 | 类别 | 保存 | 入口 | 启用 |\n|--:|---|---|---|---|---|---|---|",
}
_KEPT = {
    "en": {"full": "full text", "abstract": "abstract", "headline": "headline"},
    "zh": {"full": "全文", "abstract": "摘要", "headline": "标题"},
}
_ON = {"en": ("yes", "no"), "zh": ("是", "否")}


def markdown(language: str, rows: Iterable[Source] = tuple(SOURCES.values())) -> str:
    """The table in Markdown, in *language* (``en`` or ``zh``)."""
    return "\n".join([_HEADS[language], *(_line(row, language) for row in rows)])


def _line(row: Source, language: str) -> str:
    ways = ", ".join(dict.fromkeys(describe(way).split(" ", 1)[0] for way in row.ways)) or "—"
    on = _ON[language][0 if row.enabled else 1]
    cells = [row.number, f"`{row.key}`", f"[{row.name}]({row.address})", row.name_zh or "—", row.category]
    return "| " + " | ".join(map(str, [*cells, _KEPT[language][row.keep], ways, on])) + " |"


def write(rows: Iterable[Source]) -> None:
    """Write the table of *rows* between the marks of each README."""
    rows = tuple(rows)
    for language, name in READMES.items():
        path = Path(__file__).parent.parent / name
        before, _, rest = path.read_text("utf-8").partition(BEGIN)
        after = rest.partition(END)[2]
        path.write_text(f"{before}{BEGIN}\n{markdown(language, rows)}\n{END}{after}", "utf-8")


if __name__ == "__main__":
    write(SOURCES.values())
