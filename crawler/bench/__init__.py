"""What our crawl costs a page, beside a bare Scrapy spider over the same pages of this machine in the same run."""

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

from crawler.bench.pages import serve, write_pages

WAYS = ("bare", "selectors", "generic", "meaning")
"""``meaning``: row selectors once more, with the encoder and the grouping of stories, which the others are without."""
TARGETS = {"selectors": 0.30, "generic": 0.12}
ARTICLES_A_SECOND = 10
"""What ``meaning`` has to keep up with: the encoder is bound by the length of texts, which no crawl can change."""
FOLDER = Path(__file__).parent.parent.parent / "benchmarks"

_LIBRARIES = ("scrapy", "twisted", "lxml", "parsel", "trafilatura", "jieba", "gensim", "pymongo")
_LONGEST = 600  # seconds


class BenchFailed(RuntimeError):
    """A crawl of the bench did not end as it must; the message says how."""


def bench(pages: int, rounds: int) -> dict[str, Any]:
    """Milliseconds of CPU a page, of each way the least of *rounds*, and our speed as a share of bare Scrapy's.

    The least, because a machine that is busy makes every run longer and none shorter. Storing is on: its pipelines
    and their threads are counted, the database server, a process of its own, is not.
    """
    results: dict[str, list[dict[str, Any]]] = {way: [] for way in WAYS}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        write_pages(Path(folder) / "web", pages)
        with serve(Path(folder) / "web") as address:
            for number in range(rounds):
                for way in WAYS:
                    data = Path(folder) / f"data-{way}-{number}"
                    results[way].append(_crawl(way, address, pages, data))
    least = {way: min(round(run["cpu_ms_per_page"], 3) for run in runs) for way, runs in results.items()}
    return {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": _machine(),
        "versions": {"python": platform.python_version()} | {name: version(name) for name in _LIBRARIES},
        "pages": pages,
        "page_bytes": results["bare"][0]["bytes"] // results["bare"][0]["pages"],
        "rounds": rounds,
        "cpu_ms_per_page": least,
        "speed_of_bare": {way: round(least["bare"] / least[way], 3) for way in TARGETS},
        "targets": TARGETS,
        "stored": {way: results[way][0]["stored"] for way in TARGETS},
        "holds_over_10_ms": {way: _together([run["holds"] for run in results[way]]) for way in WAYS},
    }


def save(found: dict[str, Any]) -> Path:
    """*found* in ``benchmarks/``, under the minute (UTC) of the run."""
    FOLDER.mkdir(exist_ok=True)
    file = FOLDER / f"crawl-{found['when'][:16].replace(':', '')}.json"
    file.write_text(json.dumps(found, indent=2) + "\n", "utf-8")
    return file


def _crawl(way: str, address: str, pages: int, data: Path) -> dict[str, Any]:
    ours = {
        name: value for name, value in os.environ.items() if not name.startswith("XINWEN_") and name != "MONGODB_URI"
    }
    try:
        done = subprocess.run(
            [sys.executable, "-m", "crawler.bench.crawl", way, address],
            env=ours | {"XINWEN_DATA": str(data)},
            capture_output=True,
            text=True,
            timeout=_LONGEST,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise BenchFailed(f"{way}: not through its {pages} pages after {_LONGEST} seconds") from None
    try:
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        last = [line for line in done.stderr.splitlines() if line.strip()]
        raise BenchFailed(f"{way}: {last[-1] if last else f'status {done.returncode}'}") from None
    if found["all"] != pages or found["stored"] not in (None, pages):
        raise BenchFailed(f"{way}: {found['all']} pages came, {found['stored']} were stored, of {pages}")
    return found


def _together(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """The holds of the reactor in the run that had the fewest of them: a busy machine makes more, none makes less."""
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
