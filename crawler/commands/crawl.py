"""``scrapy crawl KEY [-a limit=N] [-a since=DAY] [--wait]``: crawls one source; the exit status says how it went."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from pathlib import Path

from scrapy.commands.crawl import Command as ScrapyCrawl
from scrapy.crawler import Crawler
from scrapy.exceptions import UsageError
from scrapy.utils.misc import load_object

from crawler.budgets import budgets
from crawler.exceptions import SourceLeased
from crawler.runner.interruptions import GoodOrder, interruptible
from crawler.runner.processes import LEASED, UNLESS_DONE, FinishedCrawl, records_as_json
from crawler.sample_web.replies import SampleError, SampleWeb
from crawler.sources import UnknownSource
from crawler.spider.arguments import ArgumentError, arguments
from crawler.usage import as_xinwen
from store.settings import settings


class Command(ScrapyCrawl):
    """Exit status 0: the crawl is complete. 1: it was not. 2: key, arguments or sample web are invalid.

    75: another process crawls the source (EX_TEMPFAIL of sysexits.h: to be tried again). 130: interrupted.
    """

    def syntax(self) -> str:
        return "[options] KEY"

    def short_desc(self) -> str:
        return "Crawl one source, by its key"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        as_xinwen(parser)
        parser.add_argument(
            "--wait", action="store_true", help="where another process crawls the source, wait until it has ended"
        )
        parser.add_argument("--json", action="store_true", help="the record of the run as one JSON object on stdout")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.crawler_process
        if len(args) != 1:
            raise UsageError("one key is required (`xinwen list` prints all)")
        try:
            arguments(opts.spargs)
            if folder := settings().sample_web:
                SampleWeb(Path(folder))
            crawler = self._create_crawler(args[0])
        except (ArgumentError, SampleError, UnknownSource) as error:
            sys.stderr.write(f"error: {error}\n")
            self.exitcode = 2
            return
        if nothing := budgets().nothing_of(args[0]):
            sys.stderr.write(f"error: {nothing}\n")
            self.exitcode = 2
            return
        began = datetime.now(UTC)
        end = GoodOrder(self.crawler_process)
        try:
            with interruptible(), self._leased(crawler, args[0], opts.wait):
                self.crawler_process.crawl(crawler, **opts.spargs)
                self.crawler_process.start()
        except SourceLeased as error:
            sys.stderr.write(f"error: {error}\n")
            self.exitcode = LEASED
            return
        except KeyboardInterrupt:  # while it waited or began
            sys.stderr.write("error: interrupted\n")
            self.exitcode = 130
            return
        if end.is_asked_for:
            sys.stderr.write("error: interrupted\n")
            self.exitcode = 130
        elif self.crawler_process.bootstrap_failed or fault(crawler):
            self.exitcode = 1
        if opts.json:
            assert self.settings
            ended = FinishedCrawl(
                args[0], self.exitcode or 0, began, datetime.now(UTC), fault(crawler), Path(), pid=os.getpid()
            )
            with load_object(self.settings["XINWEN_RUNS"])() as runs:
                sys.stdout.write(records_as_json([runs.record(ended)]) + "\n")

    def _leased(self, crawler: Crawler, key: str, wait: bool) -> AbstractContextManager[None]:
        """The lease of the source; a crawl without the add-on that stores needs none."""
        assert self.settings
        if not self.settings.getdict("ADDONS"):
            return nullcontext()
        leased: Callable[..., AbstractContextManager[None]] = load_object(self.settings["XINWEN_LEASES"])
        unless_done = self.settings.get(UNLESS_DONE)
        waiting = _write_line if wait else None
        return leased(crawler, key, None if unless_done is None else int(unless_done), waiting)


def _write_line(line: str) -> None:
    sys.stderr.write(f"waiting: {line}\n")


def fault(crawler: Crawler) -> str:
    """What went wrong in a finished run; "" when it ran to its end and lost nothing."""
    reason = crawler.stats.get_value("finish_reason", "not finished")
    if reason != "finished":
        return str(reason)
    if crawler.stats.get_value("xinwen/storage/failed"):
        return "storage failed"
    return "an error in the spider" if crawler.stats.get_value("spider_exceptions/count") else ""
