"""A tour without the internet: every spider over the sample web, then what the index answers."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from urllib.parse import urlsplit

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from crawler.sources import SOURCES
from store.connection import Document, connect, database_address
from store.settings import settings

QUESTIONS = (
    "先进封装产能与高带宽内存供应",
    "成熟制程价格和汽车芯片库存",
    "capital spending on new fabs and government incentives",
    "power demand of AI data centers and the chips they need",
)

SAMPLE_KEY = "sample"
"""What the sample web takes for a key or session."""

_AT_ONCE = max(2, os.cpu_count() or 2)
_LONGEST = 300  # seconds for one source; the samples need a few


class NoSamples(ValueError):
    """There is no sample site for what was asked; the message is one line."""


def run_samples(keys: list[str], console: Console) -> bool:
    """Crawl the samples of *keys* (of all that have some), show a table and answers; whether every run was good."""
    folder = Path(settings().sample_web or Path(__file__).parent.parent / "samples").resolve()
    present = [key for key in SOURCES if (folder / key / "site.jsonl").exists()]
    missing = [key for key in keys if key not in present]
    if missing or not present:
        raise NoSamples(
            f"no sample site for {', '.join(missing) or 'any source'} in {folder}; there are {', '.join(present)}"
        )
    keys = keys or present
    os.environ["XINWEN_SAMPLE_WEB"] = str(folder)
    settings.cache_clear()
    with connect().client:  # also keeps the embedded server from stopping between two crawls
        statuses = _crawl(keys, console)
        runs = _last_runs(keys)
    console.print(_table(keys, runs))
    for question in QUESTIONS:
        console.print(f"\n[bold]? {question}[/bold]")
        search = [sys.executable, "-m", "similarity", "search", question, "-k", "3"]
        statuses[question] = subprocess.run(search, check=False).returncode
    console.print(
        "\n这些都是为本项目编写的样例 · These are samples written for this project. Ask more:\n"
        f"  XINWEN_SAMPLE_WEB={os.path.relpath(folder)} {os.path.relpath(sys.executable)} -m similarity search TEXT"
    )
    return not any(statuses.values()) and all(_is_good(run) for run in runs.values())


def _crawl(keys: Iterable[str], console: Console) -> dict[str, int]:
    """Exit status of ``scrapy crawl`` by key; a few run side by side, what goes wrong is shown."""
    keys, statuses = list(keys), {}
    columns = (TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress, ThreadPoolExecutor(_AT_ONCE) as pool:
        task = progress.add_task("crawling the sample web", total=len(keys))
        crawls = {pool.submit(_crawl_one, key): key for key in keys}
        for crawl in as_completed(crawls):
            key, done = crawls[crawl], crawl.result()
            statuses[key] = done.returncode
            progress.update(task, advance=1, description=f"crawled {key}")
            if done.returncode:
                progress.console.print(
                    f"[red]{key}[/red] ended with status {done.returncode}: {_last_line(done.stderr)}"
                )
    return statuses


def _crawl_one(key: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "scrapy", "crawl", key]
    credential = SOURCES[key].credential
    # A key of the user's own is not for the sample web, and no key is needed to see what there is.
    variables = os.environ | ({credential.variable: SAMPLE_KEY} if credential else {})
    return subprocess.run(command, capture_output=True, text=True, timeout=_LONGEST, check=False, env=variables)


def _last_runs(keys: Iterable[str]) -> dict[str, Document]:
    runs = connect(database_address()).runs
    found = {key: runs.find_one({"source": key}, sort=[("ended", -1)]) for key in keys}
    return {key: run for key, run in found.items() if run}


def _table(keys: Iterable[str], runs: dict[str, Document]) -> Table:
    table = Table("source 来源", "verdict 结论", "articles 文章", "way in used 入口", title="sample web 样例网站")
    for key in keys:
        run = runs.get(key) or {}
        stored = sum(run.get(name, 0) for name in ("new", "changed", "unchanged"))
        colour = "green" if run and _is_good(run) else "red"
        detail = f"{stored} ({run['new']} new)" if run else "0"
        table.add_row(key, f"[{colour}]{run.get('verdict', 'no run')}[/{colour}]", detail, _way_in(run) if run else "")
    return table


def _is_good(run: Document) -> bool:
    """A source that is switched off because its site refuses programs is as it should be when it is refused."""
    expected = ("ok", "nothing_new") if SOURCES[run["source"]].enabled else ("ok", "nothing_new", "blocked")
    return run["verdict"] in expected


def _way_in(run: Document) -> str:
    """Kind and host of the first way in, and how many more there were: narrow enough for a table."""
    if not run["ways"]:
        return "-"
    kind, url = run["ways"][0].split(" ", 1)
    more = f" +{len(run['ways']) - 1}" if len(run["ways"]) > 1 else ""
    return f"{kind} {urlsplit(url).hostname}{more}"


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"
