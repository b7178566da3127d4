"""Measures a backup of a generated collection and its restore: seconds, memory and size, by the commands themselves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from pymongo import UpdateOne
from pymongo.database import Database
from rich.table import Table

from similarity.bench import Generated, SearchBenchFailed, facts_of_run, generated
from similarity.bench.corpus import Corpus
from similarity.bench.ours import word
from store.backup.reading import history_kept
from store.connection import Document, another_database, connect
from store.documents import archive

_COPY = "xinwen_bench_restored"
_BATCH = 500
_REPEATS = 8
"""How often the words of an article stand in its page, among markup: some 13 kB."""


def run_backup_bench(size: int, show: Callable[[str], None]) -> dict[str, Any]:
    """Figures of a backup of *size* articles with texts and pages. Raises SearchBenchFailed, StoreError."""
    with generated(size, show) as collection, tempfile.TemporaryDirectory(prefix="xinwen-bench-backup-") as folder:
        stored = collection.stored | collection.stage("pages")
        try:
            with connect(collection.uri).client as client, history_kept(client.get_default_database()):
                taken = _measured(collection, "backup", folder)
            copied = _measured(collection, "restore", folder, "--database", _COPY)
        finally:
            with connect(another_database(collection.uri, _COPY)).client as client:
                client.drop_database(_COPY)
        return facts_of_run() | {"docs": size, "stored": stored, "backup": taken, "restore": copied}


def add_pages(database: Database[Document], corpus: Corpus) -> dict[str, Any]:
    """Give each article of *database*, filled with *corpus*, its text and a page in the archive; their bytes."""
    size = 0
    numbers = {row["_id"]: int(row["url"].rpartition("/")[2]) for row in database.articles.find({}, {"url": 1})}
    left = iter(numbers)
    while keys := list(islice(left, _BATCH)):
        raws, changes = [], []
        for key in keys:
            words = [word(number) for number, _ in corpus.row(numbers[key])]
            page = "\n".join(f"<p class='part-{number}'>{' '.join(words)}</p>" for number in range(_REPEATS))
            raw = archive.Raw(page.encode(), f"http://bench.invalid/{numbers[key]}", datetime.now(UTC), "text/html")
            raws.append(raw)
            size += len(raw.data)
            changes.append(UpdateOne({"_id": key}, {"$set": {"body": " ".join(words), "raw": raw.reference()}}))
        archive.keep(database, raws)
        database.articles.bulk_write(changes, ordered=False)
    return {"page_bytes": round(size / max(1, len(numbers)))}


def table(figures: dict[str, Any]) -> Table:
    """*figures* for people."""
    shown = Table("", "s", "MiB of memory", "MiB of files")
    for name in ("backup", "restore"):
        one = figures[name]
        shown.add_row(name, f"{one['seconds']:.0f}", f"{one['memory_mib']:,}", f"{one['mib']:,.0f}")
    return shown


def _measured(collection: Generated, *arguments: str) -> dict[str, Any]:
    """Seconds and memory of the command ``similarity`` *arguments*, and the size of the backup."""
    collection.show(f"{collection.size:,} articles: {arguments[0]}")
    command = [sys.executable, "-m", "similarity", *arguments, "--json"]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.perf_counter()
        process = subprocess.Popen(command, env=collection.environment, stdout=out, stderr=err)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        for file in (out, err):
            file.seek(0)
        if process.returncode:
            raise SearchBenchFailed(f"{arguments[0]}: {err.read().decode().strip()}")
        facts = json.loads(out.read())
    mib = sum(file.stat().st_size for file in Path(facts["folder"]).iterdir()) / 2**20
    figures = {"seconds": round(seconds, 1), "memory_mib": used.ru_maxrss // 1024, "mib": round(mib, 1)}
    return figures | {"of_one_moment": facts["moment"] is not None}
