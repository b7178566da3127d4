"""``scrapy list``: prints the keys of all sources, in the order of the table; ``--table`` says more of each."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from scrapy.commands.list import Command as ScrapyList
from scrapy.exceptions import UsageError

from crawler.discovery.reader import method_label
from crawler.source import Source, span_text
from crawler.sources import EXTRA, PACKAGED, SOURCES
from crawler.usage import as_xinwen

_WIDTH = 1_000
"""Columns that the table may take: each row stays one line, for pipes too."""

_HEADS = ("#", "key 键", "name 机构", "category 类别", "kept 保存", "discovery 发现方式", "every 间隔", "terms 条款",
          "on 启用", "from 出处")  # fmt: skip


class Command(ScrapyList):
    """Keeps the order of the table; Scrapy's own command sorts by name."""

    def short_desc(self) -> str:
        return "List the sources, in the order of the table"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        as_xinwen(parser)
        parser.add_argument("--table", action="store_true", help="what is kept of each source, how it is found, …")
        parser.add_argument("--json", action="store_true", help="one JSON object with what the table has")
        parser.add_argument(
            "--extra", action="store_true", help="print more sources, all off, for your own file (XINWEN_SOURCES)"
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if args or opts.table + opts.extra + opts.json > 1:
            raise UsageError("no argument, and one of --table, --extra and --json")
        if opts.extra:
            sys.stdout.write(EXTRA.read_text("utf-8"))
        elif opts.json:
            sys.stdout.write(json.dumps({"sources": [*map(_facts, SOURCES.values())]}, ensure_ascii=False) + "\n")
        elif opts.table:
            Console(width=_WIDTH, highlight=False).print(table())
        else:
            sys.stdout.writelines(f"{key}\n" for key in SOURCES)


def table() -> Table:
    """The sources for people, with the rows of the user's own file."""
    found = Table(*_HEADS, box=None, pad_edge=False)
    for source in SOURCES.values():
        found.add_row(*map(escape, _cells(source)))
    return found


def _facts(source: Source) -> dict[str, Any]:
    return {
        "key": source.key,
        "number": source.number,
        "name": source.name,
        "name_zh": source.name_zh,
        "category": source.category,
        "keep": source.keep,
        "every": span_text(source.rhythm),
        "enabled": source.enabled,
        "own": source.key not in PACKAGED,
    }


def _cells(source: Source) -> list[str]:
    methods = dict.fromkeys(method_label(method).split(" ", 1)[0] for method in source.discovery)
    packaged = PACKAGED.get(source.key)
    origin = "own 自有" if packaged is None else "table 总表" if packaged == source else "changed 有改动"
    return [
        *(str(source.number), source.key, source.name_zh or source.name, source.category, source.keep),
        *(", ".join(methods) or "—", span_text(source.rhythm), "forbid 禁止" if source.forbidden_by_terms else "—"),
        *("yes 是" if source.enabled else "no 否", origin),
    ]
