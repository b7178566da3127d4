"""``upgrade``: brings the stored layout up to date; searches go on meanwhile."""

from __future__ import annotations

from similarity.cli.options import AsJson, console, errors_in_one_line, print_json
from store.connection import opened
from store.index.manifest import DamagedManifest
from store.index.preparation import layout_of
from store.layout import LAYOUT
from store.upgrade.run import UpgradeBusy
from store.upgrade.run import upgrade as upgrade_store
from text.analysis.analyzer import VERSION


def upgrade(as_json: AsJson = False) -> None:
    """升级存储 · Bring the stored layout up to date; a killed upgrade goes on next time.

    升级时照常可以搜索 · Searches go on; crawls begin again afterwards.
    """
    shown = set[tuple[int, str]]()

    def tell(layout: int, work: str) -> None:
        if (layout, work) not in shown and not as_json:
            console.print(f"[dim]布局 layout {layout}: {work}[/dim]")
        shown.add((layout, work))

    with errors_in_one_line(UpgradeBusy, DamagedManifest), opened() as database:
        before = layout_of(database)
        reached = upgrade_store(database, tell)
        row = database.manifest.find_one({"_id": "index"}, {"analyzer": 1}) or {"analyzer": VERSION}
    if as_json:
        print_json({"before": before, "layout": LAYOUT, "steps": reached, "retokenize": row["analyzer"] != VERSION})
        return
    if not reached:
        console.print(f"无须升级 · nothing to do: the store has layout {before or LAYOUT}")
    else:
        console.print(f"已升级 · upgraded from layout {before} to {LAYOUT}")
    if row["analyzer"] != VERSION:
        console.print("分词器也变了 · The analyzer has changed too: xinwen retokenize")
