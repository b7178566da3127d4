"""``scrapy reread [KEY ...]``: extraction, tokens and index again from the archive, asking no site for anything."""

from __future__ import annotations

import argparse
import sys

from scrapy.commands import ScrapyCommand
from scrapy.utils.misc import load_object

from crawler.sources import UnknownSource, source


class Command(ScrapyCommand):
    """Reads the archive again with the code of today; what it does is in the rooms that know the database."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[KEY ...]"

    def short_desc(self) -> str:
        return "Read the archived pages again with today's reader; no requests"

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        try:
            keys = [source(key).key for key in args]
        except UnknownSource as error:
            sys.stderr.write(f"error: {error}\n")
            self.exitcode = 2
            return
        self.exitcode = load_object(self.settings["XINWEN_REREAD"])(keys)
