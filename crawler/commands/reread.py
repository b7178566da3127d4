"""``scrapy reread [KEY ...]``: extracts, tokenizes and indexes the archived pages again, without requests."""

from __future__ import annotations

import argparse
import sys

from scrapy.commands import ScrapyCommand
from scrapy.utils.misc import load_object

from crawler import sources
from crawler.sources import UnknownSource
from crawler.usage import as_xinwen


class Command(ScrapyCommand):
    """Calls ``XINWEN_REREAD`` of the settings: the work is done in ``pipelines``, which knows the database."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[KEY ...]"

    def short_desc(self) -> str:
        return "Read the archived pages again with the present extraction; no requests"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        as_xinwen(parser)
        parser.add_argument("--json", action="store_true", help="the report as one JSON object on stdout")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        try:
            keys = [sources.source(key).key for key in args]
        except UnknownSource as error:
            sys.stderr.write(f"error: {error}\n")
            self.exitcode = 2
            return
        self.exitcode = load_object(self.settings["XINWEN_REREAD"])(keys, opts.json)
