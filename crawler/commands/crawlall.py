"""``scrapy crawlall [KEY ...] [-j N]``: the enabled sources side by side, with a table and a status that tells."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from scrapy.commands import ScrapyCommand
from scrapy.utils.misc import load_object

from crawler.samples import SampleError, SampleWeb
from crawler.show_runs import crawl_and_show
from crawler.side_by_side import SideBySide
from crawler.sources import SOURCES, UnknownSource, source
from store.settings import settings

_FAILURES = ("failed", "empty", "degraded")
_REFUSALS = ("blocked", "login_needed")
"""The site's decision, which no repair of ours changes: said, and a failure only with ``--strict``."""


class Command(ScrapyCommand):
    """Progress while the crawls last, a table at the end."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[options] [KEY ...]"

    def short_desc(self) -> str:
        return "Crawl the enabled sources, or those named, side by side"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        assert self.settings
        super().add_options(parser)
        # A crawl ends by itself before: this is for one that does not.
        longest = self.settings.getint("CLOSESPIDER_TIMEOUT") + 600
        parser.add_argument("-j", "--jobs", type=_at_least_one, default=4, help="crawls at a time (default: 4)")
        parser.add_argument(
            "--longest", type=_at_least_one, default=longest, help=f"seconds for one source (default: {longest})"
        )
        parser.add_argument(
            "--strict",
            action="store_true",
            help=f"{' and '.join(_REFUSALS)} are failures too, as {', '.join(_FAILURES)}",
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings
        try:
            keys = [source(key).key for key in dict.fromkeys(args)]
            if folder := settings().sample_web:
                SampleWeb(Path(folder))
        except (UnknownSource, SampleError) as error:
            sys.stderr.write(f"error: {error}\n")
            self.exitcode = 2
            return
        keys = keys or [key for key, row in SOURCES.items() if row.enabled]
        signal.signal(signal.SIGTERM, _interrupt)
        runs = load_object(self.settings["XINWEN_RUNS"])
        crawls = SideBySide(opts.jobs, opts.longest, settings().data / "logs")
        console = Console(highlight=False, soft_wrap=True)
        try:
            records = crawl_and_show(keys, crawls, runs, console, f"{len(keys)} sources")
        except KeyboardInterrupt:
            sys.stderr.write("error: interrupted\n")
            self.exitcode = 130
            return
        bad = _FAILURES + _REFUSALS if opts.strict else _FAILURES
        failed = [key for key, record in records.items() if record["verdict"] in bad]
        if failed:
            sys.stderr.write(
                f"error: {len(failed)} of {len(keys)} failed: {', '.join(failed)}; {crawls.logs}/KEY.log\n"
            )
            self.exitcode = 1


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text}: 1 or more is meant")
    return number


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt
