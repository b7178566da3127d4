"""Crawls misbehaving sites, all in one process, and prints the peak memory of the process after each, in MiB.

``python -m tests.pipelines.crawl_bad_sites PARALLEL KEY ...``: keys of ``tests.pipelines.bad_sites.CASES``. Each crawl
is complete, with the project's settings and pipelines; only the start of the process is shared.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from pathlib import Path

from scrapy.crawler import AsyncCrawlerProcess
from scrapy.utils.project import get_project_settings

from crawler.spider.source_spider import SourceSpider
from tests.pipelines.bad_sites import CASES, Case

_SETTINGS = {"XINWEN_POLITE": False, "AUTOTHROTTLE_ENABLED": False, "DOWNLOAD_TIMEOUT": 20, "LOG_LEVEL": "WARNING"}


def spider(key: str, case: Case) -> type[SourceSpider]:
    """The spider of a case."""
    attributes = {"name": key, "source": case.source(key), "custom_settings": _SETTINGS | case.settings}
    return type("BadSiteSpider", (SourceSpider,), attributes)


def peak_memory() -> int:
    """Peak memory of this process in MiB; 0 where the system has no /proc."""
    status = Path("/proc/self/status")
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text()) if status.exists() else None
    return int(found[1]) // 1024 if found else 0


async def crawl_all(process: AsyncCrawlerProcess, parallel: int, keys: list[str]) -> None:
    """Crawl every case, few in parallel: with more of them the timeouts of a case would count the work of others."""
    slots = asyncio.Semaphore(parallel)
    memory = {}

    async def crawl(key: str) -> None:
        async with slots:
            await process.crawl(spider(key, CASES[key]))
            memory[key] = peak_memory()

    await asyncio.gather(*map(crawl, keys))
    sys.stdout.write(json.dumps(memory))


def main(parallel: int, keys: list[str]) -> None:
    """Run all crawls and stop the reactor."""
    process = AsyncCrawlerProcess(get_project_settings())
    from twisted.internet import reactor

    def begin() -> None:
        task = asyncio.ensure_future(crawl_all(process, parallel, keys))
        task.add_done_callback(lambda done: reactor.stop() if reactor.running else None)
        tasks.append(task)

    tasks: list[asyncio.Task[None]] = []
    reactor.callWhenRunning(begin)
    process.start(stop_after_crawl=False)
    tasks[0].result()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
