"""Makes the dumps in this folder: each old version of the program stores three articles, and everything is dumped.

``python -m tests.store.layouts.make`` in a checkout with its history. The dumps stay as they are, whatever today's
program does: they are what users have.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bson import json_util

from store.connection import another_database, connect
from store.server import embedded

FOLDER = Path(__file__).parent

VERSIONS = {
    "1": ("6d934cd", ["pipelines ingest"]),
    "2-0.1.0": ("dd97dda", ["pipelines ingest", "similarity compact"]),
    "2-unreleased": ("a980742", ["pipelines ingest", "similarity compact"]),
}
"""By name of each dump the commit of the program, and what it is asked to do."""

ARTICLES = [
    {
        "url": "https://example.com/2026/hbm",
        "title": "Memory makers add lines for HBM4",
        "text": "Two memory makers add lines for HBM4, as orders of accelerators outgrow what their packaging lines can "
        "take. The first wafers are due in the third quarter.",
        "published": "2026-03-02T09:00:00+00:00",
    },
    {
        "url": "https://example.com/2026/cowos",
        "title": "先进封装产能今年翻倍",
        "text": "台积电今年把先进封装产能扩大一倍，订单已经排到明年。设备厂商说，交货期比去年长了三个月，新厂房年底完工。",
        "published": "2026-03-03T09:00:00+00:00",
    },
    {
        "url": "https://example.com/2026/sales",
        "title": "Chip sales rise 17 percent in January",
        "text": "Sales of chips rose by 17 percent in January, the association said. Logic and memory grew most, while "
        "sales of analog parts fell again.",
        "published": "2026-03-04T09:00:00+00:00",
    },
]


def main() -> None:
    """Write all dumps."""
    with tempfile.TemporaryDirectory() as folder:
        server = embedded.ensure_running(Path(folder), "")
        try:
            for name, (commit, commands) in VERSIONS.items():
                uri = another_database(server, f"layout_{commit}")
                _run(Path(folder), commit, commands, uri)
                (FOLDER / f"{name}.jsonl").write_text("\n".join(_dumped(uri)) + "\n", "utf-8")
        finally:
            embedded.stop(Path(folder))


def _run(folder: Path, commit: str, commands: list[str], uri: str) -> None:
    checkout, file = folder / commit, folder / "articles.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in ARTICLES), "utf-8")
    subprocess.run(["git", "worktree", "add", "--detach", str(checkout), commit], check=True)
    try:
        own = {name: value for name, value in os.environ.items() if not name.startswith("XINWEN_")}
        own |= {"MONGODB_URI": uri, "XINWEN_DATA": str(folder / "data")}
        for command in commands:
            words = [*command.split(), *([str(file)] if "ingest" in command else [])]
            subprocess.run([sys.executable, "-m", *words], cwd=checkout, env=own, check=True)
    finally:
        subprocess.run(["git", "worktree", "remove", "--force", str(checkout)], check=True)


def _dumped(uri: str) -> list[str]:
    """A line for each collection with its validator and MongoDB indexes, and one for each document."""
    lines = []
    with (database := connect(uri)).client:
        for found in sorted(database.list_collections(), key=lambda one: str(one["name"])):
            name = found["name"]
            indexes = [index for index in database[name].list_indexes() if index["name"] != "_id_"]
            lines.append({"collection": name, "options": found["options"], "indexes": indexes})
            lines += [{"in": name, "document": row} for row in database[name].find().sort("_id", 1)]
    return [json_util.dumps(line, json_options=json_util.CANONICAL_JSON_OPTIONS, ensure_ascii=False) for line in lines]


if __name__ == "__main__":
    main()
