"""Crawls rows that are in no table, all in one process, and prints the most memory it had held after each, in MiB.

``python -m tests.pipelines.crawl_rows AT_ONCE KEY ...``: keys of ``tests.pipelines.bad_sites.CASES``. Each crawl is a whole
one, with the project's settings and everything that stores; only the start of the process is shared.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from pathlib import Path

from scrapy.crawler import AsyncCrawlerProcess
from scrapy.utils.project import get_project_settings

from crawler.spider import SourceSpider
from tests.pipelines.bad_sites import CASES, Case

_SETTINGS = {"XINWEN_POLITE": False, "AUTOTHROTTLE_ENABLED": False, "DOWNLOAD_TIMEOUT": 20, "LOG_LEVEL": "WARNING"}


def spider(key: str, case: Case) -> type[SourceSpider]:
    """The spider of a case's row."""
    facts = {"name": key, "row": case.row(key), "custom_settings": _SETTINGS | case.settings}
    return type("Bad", (SourceSpider,), facts)


def most_memory() -> int:
    """MiB that this process has held at most; 0 where the system does not tell."""
    status = Path("/proc/self/status")
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text()) if status.exists() else None
    return int(found[1]) // 1024 if found else 0


async def crawl_all(process: AsyncCrawlerProcess, at_once: int, keys: list[str]) -> None:
    """Every case, a few at a time, so that none waits longer than its time for the others' work."""
    turns = asyncio.Semaphore(at_once)
    memory = {}

    async def one(key: str) -> None:
        async with turns:
            await process.crawl(spider(key, CASES[key]))
            memory[key] = most_memory()

    await asyncio.gather(*map(one, keys))
    sys.stdout.write(json.dumps(memory))


def main(at_once: int, keys: list[str]) -> None:
    """All crawls to their ends."""
    process = AsyncCrawlerProcess(get_project_settings())
    from twisted.internet import reactor

    def begin() -> None:
        task = asyncio.ensure_future(crawl_all(process, at_once, keys))
        task.add_done_callback(lambda done: reactor.stop() if reactor.running else None)
        tasks.append(task)

    tasks: list[asyncio.Task[None]] = []
    reactor.callWhenRunning(begin)
    process.start(stop_after_crawl=False)
    tasks[0].result()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
