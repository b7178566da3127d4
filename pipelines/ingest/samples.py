"""A tour without the internet: every spider over the sample web, then what the index answers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from rich.console import Console

from crawler.show_runs import crawl_and_show
from crawler.side_by_side import SideBySide
from crawler.sources import SOURCES
from pipelines.runs import Runs
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
    # A key of the user's own is not for the sample web, and no key is needed to see what there is.
    secrets = {key: {one.variable: SAMPLE_KEY for one in SOURCES[key].credentials} for key in keys}
    crawls = SideBySide(_AT_ONCE, _LONGEST, settings().data / "logs", secrets)
    runs = crawl_and_show(keys, crawls, Runs, console, "sample web 样例网站")
    good = all(_is_good(key, run["verdict"]) for key, run in runs.items())
    for question in QUESTIONS:
        console.print(f"\n[bold]? {question}[/bold]")
        search = [sys.executable, "-m", "similarity", "search", question, "-k", "3"]
        good &= not subprocess.run(search, check=False).returncode
    console.print(
        "\n这些都是为本项目编写的样例 · These are samples written for this project. Ask more:\n"
        f"  XINWEN_SAMPLE_WEB={os.path.relpath(folder)} {os.path.relpath(sys.executable)} -m similarity search TEXT"
    )
    return good


def _is_good(key: str, verdict: str) -> bool:
    """A source that is switched off because its site refuses programs is as it should be when it is refused."""
    return verdict in ("ok", "nothing_new") or (verdict == "blocked" and not SOURCES[key].enabled)
