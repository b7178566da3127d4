"""Measures speed, size and memory of the index, compared with gensim's own classes and bm25s, in one run."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
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
    figures: dict[str, Any] = facts_of_run() | {"sizes": []}
    for size in sizes:
        figures["sizes"].append(_one_size(size, rivals, show))
        save_partial(figures)
    return figures


def facts_of_run() -> dict[str, Any]:
    """When and where a run is made, with which packages, over which collection."""
    return {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": _machine(),
        "python": platform.python_version(),
        "packages": _versions(),
        "collection": {"distinct_words": DISTINCT, "query_words": WORDS, "queries": QUERIES},
    }


def save(figures: dict[str, Any], name: str = "similarity") -> Path:
    """Write *figures* to ``benchmarks/``; the file is named for the bench and for the minute (UTC) of the run."""
    FOLDER.mkdir(exist_ok=True)
    file = FOLDER / f"{name}-{figures['when'][:16].replace(':', '')}.json"
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
    with generated(size, show) as collection:
        ours = {"stored": collection.stored}
        ours |= {"first_open": collection.stage("open"), "second_open": collection.stage("open")}
        ours |= collection.stage("measure")
        others = {rival: collection.stage(rival) for rival in rivals}
    times = {rival: round(figures["p95_ms"] / ours["p95_ms"], 1) for rival, figures in others.items()}
    return {"docs": size, "xinwen": ours, "rivals": others, "times_faster": times}


@dataclass(frozen=True)
class Generated:
    """A generated collection in a database of its own: ``stored`` says how it was filled."""

    size: int
    folder: Path
    uri: str
    show: Callable[[str], None]
    stored: dict[str, Any] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a process that reads the collection: with a cache of its own, which begins empty."""
        return os.environ | {"XINWEN_DATA": str(self.folder / "data"), "MONGODB_URI": self.uri}

    def stage(self, name: str, **more: Any) -> dict[str, Any]:
        """The figures of stage *name*, in a process of its own; *more* is added to its plan. Raises SearchBenchFailed.

        See ``similarity.bench.stage``.
        """
        self.show(f"{self.size:,} articles: {name}")
        plan = {"docs": self.size, "distinct": DISTINCT, "words": WORDS, "queries": QUERIES}
        (self.folder / "plan.json").write_text(json.dumps(plan | {"rival_queries": RIVAL_QUERIES} | more))
        return _stage(name, self)


@contextmanager
def generated(size: int, show: Callable[[str], None]) -> Iterator[Generated]:
    """A generated collection of *size* articles, which is removed at the end. Raises SearchBenchFailed, StoreError."""
    address = database_address()
    client = connect(address).client
    database = f"xinwen_bench_{uuid4().hex[:12]}"
    with client, tempfile.TemporaryDirectory(prefix="xinwen-bench-") as temporary:
        collection = Generated(size, Path(temporary), another_database(address, database), show)
        try:
            collection.stage("corpus")
            collection.stored.update(collection.stage("fill"))
            yield collection
        finally:
            client.drop_database(database)


def _stage(name: str, collection: Generated) -> dict[str, Any]:
    command = [sys.executable, "-m", "similarity.bench.stage", name, str(collection.folder), collection.uri]
    done = subprocess.run(
        command, env=collection.environment, capture_output=True, text=True, timeout=_TIMEOUT, check=False
    )
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
