"""The source table for people: ``python -m crawler.authoring.source_table`` writes it into the two READMEs.

And into ``store/documents/sources.json``, from which programs without Scrapy have names and categories.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from crawler.discovery.reader import method_label
from crawler.runner.deployment import sites_of, with_sites
from crawler.source import Source
from crawler.sources import PACKAGED

BEGIN, END = "<!-- sources: begin -->", "<!-- sources: end -->"
READMES = {"en": "README.md", "zh": "README.zh-CN.md"}
ROWS = "store/documents/sources.json"
DAG = "deploy/airflow/xinwen_dag.py"

_HEADS = {
    "en": "| # | key | name | 中文名 | category | kept | discovery | terms | on |\n"
    "|--:|---|---|---|---|---|---|---|---|",
    "zh": "| # | 键 | 机构 | 中文名 | 类别 | 保存 | 发现方式 | 条款 | 启用 |\n|--:|---|---|---|---|---|---|---|---|",
}
_KEPT = {
    "en": {"full": "full text", "abstract": "abstract", "headline": "headline"},
    "zh": {"full": "全文", "abstract": "摘要", "headline": "标题"},
}
_FORBIDDEN = {"en": "forbid programs", "zh": "禁止程序访问"}
_ON = {"en": ("yes", "no"), "zh": ("是", "否")}


def markdown(language: str, sources: Iterable[Source] = tuple(PACKAGED.values())) -> str:
    """The table in Markdown, in *language* (``en`` or ``zh``)."""
    return "\n".join([_HEADS[language], *(_line(source, language) for source in sources)])


def _line(source: Source, language: str) -> str:
    methods = dict.fromkeys(method_label(method).split(" ", 1)[0] for method in source.discovery)
    cells = [
        *(source.number, f"`{source.key}`", f"[{source.name}]({source.address})", source.name_zh or "—"),
        *(source.category, _KEPT[language][source.keep], ", ".join(methods) or "—"),
        _FORBIDDEN[language] if source.forbidden_by_terms else "—",
        _ON[language][0 if source.enabled else 1],
    ]
    return "| " + " | ".join(map(str, cells)) + " |"


def rows(sources: Iterable[Source] = tuple(PACKAGED.values())) -> str:
    """The table in JSON, as ``store.documents.sources`` reads it."""
    return json.dumps([source.row for source in sources], ensure_ascii=False, indent=1) + "\n"


def write(sources: Iterable[Source]) -> None:
    """Write the table of *sources*: in JSON, in the DAG, and between ``BEGIN`` and ``END`` of each README."""
    sources = tuple(sources)
    (Path(__file__).parents[2] / ROWS).write_text(rows(sources), "utf-8")
    dag = Path(__file__).parents[2] / DAG
    dag.write_text(with_sites(dag.read_text("utf-8"), sites_of(sources)), "utf-8")
    for language, name in READMES.items():
        path = Path(__file__).parents[2] / name
        before, _, rest = path.read_text("utf-8").partition(BEGIN)
        after = rest.partition(END)[2]
        path.write_text(f"{before}{BEGIN}\n{markdown(language, sources)}\n{END}{after}", "utf-8")


if __name__ == "__main__":
    write(PACKAGED.values())
