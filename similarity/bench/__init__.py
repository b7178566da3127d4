"""Speed, size and memory of the index beside gensim's own classes and bm25s, over one collection in one run."""

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

from store.connection import connect, database_address

DISTINCT, WORDS, QUERIES = 300, 30, 100
"""Different words of an article and of a query, and how many queries; rivals are asked fewer, as they are slow."""

RIVALS = ("gensim Similarity", "gensim SparseMatrixSimilarity", "bm25s (numba)")
FOLDER = Path("benchmarks")

_PACKAGES = ("gensim", "bm25s", "numba", "numpy", "scipy", "pymongo")
_LONGEST = 3 * 3600  # seconds for one stage


class BenchFailed(RuntimeError):
    """A stage ended with an error; the message is its last line."""


def bench(
    sizes: Sequence[int],
    rivals: Sequence[str],
    told: Callable[[str], None],
    done: Callable[[dict[str, Any]], object] = lambda found: None,
) -> dict[str, Any]:
    """Figures for collections of *sizes* articles. Raises BenchFailed, StoreError.

    *told* hears what is being done; *done* is given the figures after each size, as a large one may be cut off.
    """
    found: dict[str, Any] = {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": _machine(),
        "python": platform.python_version(),
        "packages": _versions(),
        "collection": {"distinct_words": DISTINCT, "query_words": WORDS, "queries": QUERIES},
        "sizes": [],
    }
    for size in sizes:
        found["sizes"].append(_one_size(size, rivals, told))
        done(found)
    return found


def save(found: dict[str, Any]) -> Path:
    """*found* in ``benchmarks/``, under the minute (UTC) of the run."""
    FOLDER.mkdir(exist_ok=True)
    file = FOLDER / f"similarity-{found['when'][:16].replace(':', '')}.json"
    file.write_text(json.dumps(found, indent=2) + "\n", "utf-8")
    return file


def missing_rivals() -> list[str]:
    """What has to be installed to be measured beside."""
    missing = []
    for package in ("bm25s",):
        try:
            version(package)
        except PackageNotFoundError:
            missing.append(package)
    return missing


def _one_size(size: int, rivals: Sequence[str], told: Callable[[str], None]) -> dict[str, Any]:
    address = database_address()
    client = connect(address).client
    name = f"xinwen_bench_{uuid4().hex[:12]}"
    uri = _renamed(address, name)
    with client, tempfile.TemporaryDirectory(prefix="xinwen-bench-") as temporary:
        folder = Path(temporary)
        plan = {"docs": size, "distinct": DISTINCT, "words": WORDS, "queries": QUERIES, "rival_queries": 20}
        (folder / "plan.json").write_text(json.dumps(plan))

        def stage(what: str) -> dict[str, Any]:
            told(f"{size:,} articles: {what}")
            return _stage(what, folder, uri)

        try:
            stage("corpus")
            ours = {"stored": stage("fill"), "first_open": stage("open"), "second_open": stage("open")}
            ours |= stage("measure")
        finally:
            client.drop_database(name)
        others = {rival: stage(rival) for rival in rivals}
    times = {rival: round(figures["p95_ms"] / ours["p95_ms"], 1) for rival, figures in others.items()}
    return {"docs": size, "xinwen": ours, "rivals": others, "times_faster": times}


def _stage(name: str, folder: Path, uri: str) -> dict[str, Any]:
    # A folder of its own for what readers keep: the first start has to find nothing.
    environment = os.environ | {"XINWEN_DATA": str(folder / "data"), "MONGODB_URI": uri}
    command = [sys.executable, "-m", "similarity.bench.stage", name, str(folder), uri]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=_LONGEST, check=False
    )  # fmt: skip
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()] or [f"status {done.returncode}"]
        raise BenchFailed(f"{name}: {lines[-1]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _renamed(address: str, name: str) -> str:
    from urllib.parse import urlsplit

    return urlsplit(address)._replace(path=f"/{name}").geturl()


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
