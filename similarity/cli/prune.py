"""``prune``: removes what was kept long enough; articles never go."""

from __future__ import annotations

import os
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table

from similarity.cli.export import progress
from similarity.cli.options import AsJson, console, errors_in_one_line, print_json
from store.connection import opened
from store.documents.pruning import prune
from store.documents.retention import retention
from store.index.preparation import refuse_other_layout

_NICENESS = 10


def prune_old(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只说会删什么 · only say what would go")] = False,
    as_json: AsJson = False,
) -> None:
    """清理 · Remove archived pages, run records, delivered messages and old counts; articles never go.

    保留期限见 docs/backup.zh-CN.md · docs/backup.md says how long what is kept.
    """
    os.nice(_NICENESS)  # queries go first
    with errors_in_one_line():
        table = retention()
        with opened() as database:
            refuse_other_layout(database)
            found = prune(database, table, datetime.now(UTC), dry_run, progress)
    progress("")
    if as_json:
        print_json({"dry_run": dry_run, "pruned": [asdict(one) for one in found]})
        return
    if not found:
        console.print("没有到期的数据 · nothing is past its retention")
        return
    shown = Table("", "来源 source", "数量 number", "MiB", "早于 before")
    for one in found:
        mib = f"{one.bytes / 2**20:,.1f}" if one.bytes else ""
        shown.add_row(one.kind, one.source or "—", f"{one.number:,}", mib, f"{one.before:%Y-%m-%d}")
    console.print(shown)
    console.print("将删除 would go: prune without --dry-run" if dry_run else "已删除 removed")
