"""``scrapy list``: prints the keys of all sources, in the order of the table."""

from __future__ import annotations

import argparse
import sys

from scrapy.commands.list import Command as ScrapyList
from scrapy.spiderloader import get_spider_loader


class Command(ScrapyList):
    """Keeps the order of the table; Scrapy's own command sorts by name."""

    def short_desc(self) -> str:
        return "List the sources, in the order of the table"

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        sys.stdout.writelines(f"{key}\n" for key in get_spider_loader(self.settings).list())
