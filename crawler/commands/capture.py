"""``scrapy capture KEY URL``: save a page of a source as a test case, and print what the row reads in it."""

from __future__ import annotations

import argparse
import json
import re
import sys
from typing import Any

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from crawler.fetch import Fetched, FetchFailed, fetch
from crawler.pages import PAGES, CaptureRefused, expected_of, kept_headers, name_of, newest_wanted, write_case
from crawler.read import Unreadable, is_entry
from crawler.samples import SampleError, today
from crawler.source import Source
from crawler.sources import UnknownSource, source
from crawler.ways import EntryError, addresses
from crawler.ways.xml import unpacked


class Command(ScrapyCommand):
    """Saves a page as a case of the tests, through the downloader."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[options] KEY URL"

    def short_desc(self) -> str:
        return "Save a page of a source as a test case and print what is read in it"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--listing", action="store_true", help="the page lists articles, at an address of no way in"
        )
        parser.add_argument("--name", default="", help="name of the case; else from the address")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if len(args) != 2:
            raise UsageError("a key and an address are meant")
        key, url = args
        try:
            row = source(key)
            if not re.match(r"https?://\w", url):
                raise CaptureRefused("no address that begins with https:// or http://")
            (fetched,) = fetch([url], row)
            self._save(row, fetched, opts)
        except (UnknownSource, FetchFailed, CaptureRefused, EntryError, SampleError, Unreadable) as error:
            sys.stderr.write(f"error: {key}: {url}: {error}\n")
            self.exitcode = 1

    def _save(self, row: Source, fetched: Fetched, opts: argparse.Namespace) -> None:
        listed = any(fetched.asked in addresses(way, today()) for way in row.ways)
        listing = opts.listing or listed or is_entry(unpacked(fetched.body))
        meta: dict[str, Any] = {
            "url": fetched.url,
            "captured": fetched.time.isoformat(timespec="seconds").replace("+00:00", "Z"),
            "kind": "listing" if listing else "article",
            "headers": kept_headers(fetched.headers),
        }
        name = opts.name or name_of(fetched.url)
        if not re.fullmatch(r"[\w.-]*\w", name):
            # A case in a folder further down, or outside, would never be tested.
            raise CaptureRefused(f"--name {name!r} is no name of a folder")
        self._write(row, fetched.body, meta, name)
        if listing and row.read == "entry" and (link := newest_wanted(fetched.body, meta, row)):
            # No page is asked for: the article of such a source is what the entry says of it.
            self._write(row, fetched.body, meta | {"kind": "article", "article": link.url}, f"{name}-article")

    def _write(self, row: Source, data: bytes, meta: dict[str, Any], name: str) -> None:
        expected = expected_of(data, meta, row)
        folder = PAGES / row.key / name
        write_case(data, meta, expected, folder)
        sys.stdout.write(json.dumps(expected, ensure_ascii=False, indent=2) + "\n")
        sys.stderr.write(f"saved in {folder}: look through expected.json, it is what the tests will ask for\n")
