"""``scrapy crawl KEY [-a limit=N] [-a since=YYYY-MM-DD]``: crawls one source; the exit status says how it went."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from scrapy.commands.crawl import Command as ScrapyCrawl
from scrapy.crawler import Crawler
from scrapy.exceptions import UsageError

from crawler.sample_web.replies import SampleError, SampleWeb
from crawler.sources import UnknownSource
from crawler.spider.arguments import ArgumentError, arguments
from store.settings import settings


class Command(ScrapyCrawl):
    """Exit status 0: the crawl is complete. 1: it was not. 2: key, arguments or sample web are invalid."""

    def syntax(self) -> str:
        return "[options] KEY"

    def short_desc(self) -> str:
        return "Crawl one source, by its key"

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.crawler_process
        if len(args) != 1:
            raise UsageError("one key is required; `scrapy list` prints all")
        try:
            arguments(opts.spargs)
            if folder := settings().sample_web:
                SampleWeb(Path(folder))
            crawler = self._create_crawler(args[0])
        except (ArgumentError, SampleError, UnknownSource) as error:
            sys.stderr.write(f"error: {error}\n")
            self.exitcode = 2
            return
        self.crawler_process.crawl(crawler, **opts.spargs)
        self.crawler_process.start()
        if self.crawler_process.bootstrap_failed or fault(crawler):
            self.exitcode = 1


def fault(crawler: Crawler) -> str:
    """What went wrong in a finished run; "" when it ran to its end and lost nothing."""
    reason = crawler.stats.get_value("finish_reason", "not finished")
    if reason != "finished":
        return str(reason)
    if crawler.stats.get_value("xinwen/storage/failed"):
        return "storage failed"
    return "an error in the spider" if crawler.stats.get_value("spider_exceptions/count") else ""
