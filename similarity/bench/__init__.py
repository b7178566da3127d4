"""Measures speed, size and memory of the index, compared with gensim's own classes and bm25s, in one run."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from uuid import uuid4

from store.connection import another_database, connect, database_address

DISTINCT, WORDS, QUERIES, RIVAL_QUERIES = 300, 30, 100, 20
"""Distinct words of an article and of a query; the number of queries, and that for rivals, which are slower."""

RIVALS = ("gensim Similarity", "gensim SparseMatrixSimilarity", "bm25s (numba)")
FOLDER = Path("benchmarks")

_PACKAGES = ("gensim", "bm25s", "numba", "numpy", "scipy", "pymongo")
_TIMEOUT = 3 * 3600  # seconds for one stage


class SearchBenchFailed(RuntimeError):
    """A stage of the bench failed, or a rival is not installed; the message is one line."""


def run_bench(
    sizes: Sequence[int],
    rivals: Sequence[str],
    show: Callable[[str], None],
    save_partial: Callable[[dict[str, Any]], object] = lambda figures: None,
) -> dict[str, Any]:
    """Figures for collections of *sizes* articles. Raises SearchBenchFailed, StoreError.

    *show* is given a line at the start of each stage. *save_partial* is given the figures so far after each size, so
    that they are not lost when a larger one is interrupted.
    """
    figures: dict[str, Any] = {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": _machine(),
        "python": platform.python_version(),
        "packages": _versions(),
        "collection": {"distinct_words": DISTINCT, "query_words": WORDS, "queries": QUERIES},
        "sizes": [],
    }
    for size in sizes:
        figures["sizes"].append(_one_size(size, rivals, show))
        save_partial(figures)
    return figures


def save(figures: dict[str, Any]) -> Path:
    """Write *figures* to ``benchmarks/``; the file is named for the minute (UTC) of the run."""
    FOLDER.mkdir(exist_ok=True)
    file = FOLDER / f"similarity-{figures['when'][:16].replace(':', '')}.json"
    file.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")
    return file


def missing_rivals() -> list[str]:
    """The packages of rivals that are not installed."""
    missing = []
    for package in ("bm25s",):
        try:
            version(package)
        except PackageNotFoundError:
            missing.append(package)
    return missing


def _one_size(size: int, rivals: Sequence[str], show: Callable[[str], None]) -> dict[str, Any]:
    address = database_address()
    client = connect(address).client
    database = f"xinwen_bench_{uuid4().hex[:12]}"
    uri = another_database(address, database)
    with client, tempfile.TemporaryDirectory(prefix="xinwen-bench-") as temporary:
        folder = Path(temporary)
        plan = {"docs": size, "distinct": DISTINCT, "words": WORDS, "queries": QUERIES, "rival_queries": RIVAL_QUERIES}
        (folder / "plan.json").write_text(json.dumps(plan))

        def stage(name: str) -> dict[str, Any]:
            show(f"{size:,} articles: {name}")
            return _stage(name, folder, uri)

        try:
            stage("corpus")
            ours = {"stored": stage("fill"), "first_open": stage("open"), "second_open": stage("open")}
            ours |= stage("measure")
        finally:
            client.drop_database(database)
        others = {rival: stage(rival) for rival in rivals}
    times = {rival: round(figures["p95_ms"] / ours["p95_ms"], 1) for rival, figures in others.items()}
    return {"docs": size, "xinwen": ours, "rivals": others, "times_faster": times}


def _stage(name: str, folder: Path, uri: str) -> dict[str, Any]:
    # A new folder for the readers' cache: the first start must find it empty.
    environment = os.environ | {"XINWEN_DATA": str(folder / "data"), "MONGODB_URI": uri}
    command = [sys.executable, "-m", "similarity.bench.stage", name, str(folder), uri]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=_TIMEOUT, check=False)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()] or [f"status {done.returncode}"]
        raise SearchBenchFailed(f"{name}: {lines[-1]}")
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def _machine() -> dict[str, Any]:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "cpu": models[0] if models else platform.processor(),
        "cores": os.cpu_count(),
    }


def _versions() -> dict[str, str]:
    return {package: version(package) for package in _PACKAGES if package not in missing_rivals()}
