"""``scrapy crawlall [KEY ...] [-j N] [--due | --dry-run]``: crawls the enabled sources, all or what is due."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path

from rich.console import Console
from scrapy.commands import ScrapyCommand
from scrapy.utils.misc import load_object

from crawler import sources
from crawler.budgets import budgets
from crawler.runner.interruptions import interruptible
from crawler.runner.processes import NoLogs, ParallelCrawls, records_as_json
from crawler.runner.progress import crawl_and_show
from crawler.runner.timetable import at_once_now, keys_due, plan_as_json, print_plan, zero_budgets
from crawler.sample_web.replies import SampleError, SampleWeb
from crawler.sources import SOURCES, UnknownSource
from crawler.usage import as_xinwen
from store.settings import settings

_FAILURES = ("failed", "empty", "degraded")
_REFUSALS = ("blocked", "login_needed")
"""Decisions of the site that no change of this code would mend: reported, but failures only with ``--strict``."""


class Command(ScrapyCommand):
    """Exit status 0: no crawl failed. 1: some did. 2: a key or the sample web is invalid, or a budget is zero; what may
    be crawled is. 130: interrupted.

    A source that another process crawls is skipped, and so is one that another has crawled since the command began.
    """

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[options] [KEY ...]"

    def short_desc(self) -> str:
        return "Crawl the enabled sources, or those named, in parallel"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        assert self.settings
        super().add_options(parser)
        as_xinwen(parser)
        # CLOSESPIDER_TIMEOUT ends a crawl before that; this is for a process that hangs.
        timeout, full = budgets().longest_run + 600, budgets().all.at_once
        parser.add_argument(
            "-j",
            "--jobs",
            type=_at_least_one,
            default=full,
            help=f"crawls at a time at the best hours (default: {full})",
        )
        parser.add_argument(
            "--longest", type=_at_least_one, default=timeout, help=f"seconds for one source (default: {timeout})"
        )
        parser.add_argument(
            "--json",
            action="store_true",
            help="the records of the runs, or the plan, as one JSON object; the rest on stderr",
        )
        parser.add_argument(
            "--strict",
            action="store_true",
            help=f"count {' and '.join(_REFUSALS)} as failures, in addition to {', '.join(_FAILURES)}",
        )

        parser.add_argument(
            "--wait", action="store_true", help="wait for a source that another process crawls, in place of skipping it"
        )
        parser.add_argument("--due", action="store_true", help="only the sources that are due now, by their rhythm")
        parser.add_argument(
            "--dry-run", action="store_true", help="crawl nothing: print when each is due within 24 hours, and why"
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        try:
            with interruptible():
                self._run(args, opts)
        except KeyboardInterrupt:
            sys.stderr.write("error: interrupted\n")
            self.exitcode = 130
        except NoLogs as error:
            sys.stderr.write(f"error: {error}\n")
            self.exitcode = 1

    def _run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings
        try:
            keys = [sources.source(key).key for key in dict.fromkeys(args)]
            if folder := settings().sample_web:
                SampleWeb(Path(folder))
        except (UnknownSource, SampleError) as error:
            sys.stderr.write(f"error: {error}\n")
            self.exitcode = 2
            return
        keys = keys or [key for key, source in SOURCES.items() if source.enabled]
        runs = load_object(self.settings["XINWEN_RUNS"])
        if opts.dry_run:
            if opts.json:
                sys.stdout.write(plan_as_json(keys, runs, opts.jobs) + "\n")
            else:
                print_plan(keys, runs, opts.jobs)
            return
        zeros = zero_budgets(keys)
        keys = [key for key in keys if key not in zeros]
        for reason in dict.fromkeys(zeros.values()) if not (opts.due and keys) else ():
            sys.stderr.write(f"error: {reason}\n")
            self.exitcode = 2
        if not keys:
            return
        logs, at_once = settings().data / "logs", partial(at_once_now, opts.jobs)
        crawls = ParallelCrawls(opts.jobs, opts.longest, logs, at_once_now=at_once)
        crawls.wait = opts.wait
        if opts.due or not opts.wait:
            with runs() as store:  # before it is asked what is due: a crawl that ends later is not in that answer
                crawls.done = store.done(keys)
        if opts.due and not (keys := keys_due(keys, runs)):
            sys.stdout.write(records_as_json([], {}) + "\n" if opts.json else "nothing is due\n")
            return
        console = Console(highlight=False, soft_wrap=True, stderr=opts.json)
        records, skipped = crawl_and_show(keys, crawls, runs, console, f"{len(keys)} sources")
        if opts.json:
            sys.stdout.write(records_as_json(records.values(), skipped) + "\n")
        failures = _FAILURES + _REFUSALS if opts.strict else _FAILURES
        failed = [key for key, record in records.items() if record["verdict"] in failures]
        if failed:
            sys.stderr.write(
                f"error: {len(failed)} of {len(keys)} failed: {', '.join(failed)}; {crawls.logs}/KEY.log\n"
            )
            self.exitcode = 1


def _at_least_one(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text}: must be a number, 1 or more")
    return int(text)
