"""Benchmark of the crawl: CPU time a page, compared with a bare Scrapy spider over the same pages in the same run."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from crawler.bench.generated_site import serve, write_pages

KINDS = ("bare", "selectors", "generic", "meaning")
"""Kinds of crawl. ``bare``: a plain Scrapy spider. ``selectors``: this project's crawl with selectors of the source.
``generic``: the same with the generic extraction. ``meaning`` (an older name for embeddings): as ``selectors``, and
with the encoder and the grouping of stories, which the other kinds leave out."""
TARGETS = {"selectors": 0.30, "generic": 0.12}
"""Minimum speed of a kind, as a share of the speed of ``bare``."""
ARTICLES_A_SECOND = 10
"""Minimum speed of ``meaning``. No target relative to ``bare``: the encoder's time depends on the texts alone."""
FOLDER = Path("benchmarks")

_LIBRARIES = ("scrapy", "twisted", "lxml", "parsel", "trafilatura", "jieba", "gensim", "pymongo")
_TIMEOUT = 600  # seconds


class CrawlBenchFailed(RuntimeError):
    """A crawl of the benchmark failed or lost pages; the message says which and how."""


def bench(pages: int, rounds: int) -> dict[str, Any]:
    """CPU milliseconds a page of each kind of crawl, and its speed as a share of bare Scrapy's.

    The figure is the minimum of *rounds* crawls of *pages* pages: a busy machine makes runs longer, never shorter. The
    pipelines that store and their threads are measured; the database server is a process of its own and is not.
    Raises CrawlBenchFailed.
    """
    results: dict[str, list[dict[str, Any]]] = {kind: [] for kind in KINDS}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        write_pages(Path(folder) / "web", pages)
        with serve(Path(folder) / "web") as address:
            for number in range(rounds):
                for kind in KINDS:
                    data = Path(folder) / f"data-{kind}-{number}"
                    results[kind].append(_crawl(kind, address, pages, data))
    milliseconds = {kind: min(round(run["cpu_ms_per_page"], 3) for run in runs) for kind, runs in results.items()}
    return {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": _machine(),
        "versions": {"python": platform.python_version()} | {name: version(name) for name in _LIBRARIES},
        "pages": pages,
        "page_bytes": results["bare"][0]["bytes"] // results["bare"][0]["pages"],
        "rounds": rounds,
        "cpu_ms_per_page": milliseconds,
        "speed_of_bare": {kind: round(milliseconds["bare"] / milliseconds[kind], 3) for kind in TARGETS},
        "targets": TARGETS,
        "stored": {kind: results[kind][0]["stored"] for kind in TARGETS},
        "holds_over_10_ms": {kind: _fewest_holds([run["holds"] for run in results[kind]]) for kind in KINDS},
    }


def save(figures: dict[str, Any]) -> Path:
    """Write *figures* to a file in ``benchmarks/`` that is named for the minute (UTC) of the run; its path."""
    FOLDER.mkdir(exist_ok=True)
    file = FOLDER / f"crawl-{figures['when'][:16].replace(':', '')}.json"
    file.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")
    return file


def _crawl(kind: str, address: str, pages: int, data: Path) -> dict[str, Any]:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("XINWEN_") and name != "MONGODB_URI"
    }
    try:
        done = subprocess.run(
            [sys.executable, "-m", "crawler.bench.crawl", kind, address],
            env=environment | {"XINWEN_DATA": str(data)},
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise CrawlBenchFailed(f"{kind}: its {pages} pages took longer than {_TIMEOUT} seconds") from None
    try:
        report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        last = [line for line in done.stderr.splitlines() if line.strip()]
        raise CrawlBenchFailed(f"{kind}: {last[-1] if last else f'status {done.returncode}'}") from None
    if report["all"] != pages or report["stored"] not in (None, pages):
        raise CrawlBenchFailed(f"{kind}: {report['all']} pages were fetched and {report['stored']} stored, of {pages}")
    return report


def _fewest_holds(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """The holds of the run that had the fewest: a busy machine adds holds and removes none."""
    return min(runs, key=lambda run: (run["number"], run["longest_ms"]))


def _machine() -> dict[str, Any]:
    model = platform.processor()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")
        ]
        model = names[0] if names else model
    return {"system": f"{platform.system()} {platform.machine()}", "cpu": model, "cores": os.cpu_count()}
