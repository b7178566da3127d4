"""``make run``: crawls the bundled sample web without the internet and runs four queries on the index."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from rich.console import Console

from crawler.runner.processes import ParallelCrawls
from crawler.runner.progress import crawl_and_show
from crawler.sources import SOURCES
from pipelines.runs.run_records import RunRecords
from store.places import IS_CHECKOUT, PROJECT, shipped
from store.settings import settings

QUERIES = (
    "先进封装产能与高带宽内存供应",
    "成熟制程价格和汽车芯片库存",
    "capital spending on new fabs and government incentives",
    "power demand of AI data centers and the chips they need",
)

SAMPLE_KEY = "sample"
"""The API key or session that the sample web accepts."""

_PARALLEL = max(2, os.cpu_count() or 2)
_TIMEOUT = 300  # seconds for one source; the samples need a few


class NoSamples(ValueError):
    """A source that was named has no sample site; the message is one line."""


def run_samples(keys: list[str], console: Console) -> bool:
    """Crawl the sample sites of *keys* (empty: all), print a table of the runs and the hits of ``QUERIES``.

    True if every run and query was good. Raises NoSamples.
    """
    folder = Path(settings().sample_web or shipped("samples")).resolve()
    present = [key for key in SOURCES if (folder / key / "site.jsonl").exists()]
    missing = [key for key in keys if key not in present]
    if missing or not present:
        raise NoSamples(
            f"no sample site for {', '.join(missing) or 'any source'} in {folder}; there are {', '.join(present)}"
        )
    keys = keys or present
    os.environ["XINWEN_SAMPLE_WEB"] = str(folder)
    settings.cache_clear()
    # The crawls must not read the user's own API keys; the sample web accepts ``SAMPLE_KEY`` in their place.
    secrets = {key: {credential.variable: SAMPLE_KEY for credential in SOURCES[key].credentials} for key in keys}
    crawls = ParallelCrawls(_PARALLEL, _TIMEOUT, settings().data / "logs", secrets)
    crawls.wait = True
    runs, _ = crawl_and_show(keys, crawls, RunRecords, console, "sample web 样例网站")
    good = all(_is_good(key, run["verdict"]) for key, run in runs.items())
    for query in QUERIES:
        console.print(f"\n[bold]? {query}[/bold]")
        search = [sys.executable, "-m", "similarity", "search", query, "-k", "3"]
        good &= not subprocess.run(search, check=False).returncode
    beside = Path(sys.executable).with_name("xinwen")  # made by ``make run``, and on no path until that is activated
    program = os.path.relpath(beside if beside.exists() else PROJECT / "bin" / "xinwen") if IS_CHECKOUT else "xinwen"
    console.print(
        "\n这些都是为本项目编写的样例 · These are samples written for this project. Ask more:\n"
        f"  XINWEN_SAMPLE_WEB={os.path.relpath(folder) if IS_CHECKOUT else folder} {program} search TEXT"
    )
    return good


def _is_good(key: str, verdict: str) -> bool:
    """A refusal is expected of a source that is disabled because its site refuses programs."""
    return verdict in ("ok", "nothing_new") or (verdict == "blocked" and not SOURCES[key].enabled)
