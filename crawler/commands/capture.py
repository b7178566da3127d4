"""``scrapy capture KEY URL``: saves a page of a source as a test fixture, and prints what is read from it."""

from __future__ import annotations

import argparse
import json
import re
import sys
from typing import Any

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from crawler import sources
from crawler.authoring.fetch import Fetched, FetchFailed, fetch
from crawler.authoring.fixtures import (
    CaptureRefused,
    expected_of,
    folder_of,
    kept_headers,
    name_of,
    newest_wanted,
    write_case,
)
from crawler.discovery.entry_page import EntryPageError
from crawler.discovery.reader import start_urls
from crawler.discovery.xml import decompressed
from crawler.extraction import Unreadable, is_feed_or_sitemap
from crawler.sample_web.replies import SampleError, today
from crawler.source import Source
from crawler.sources import PACKAGED, UnknownSource
from crawler.usage import as_xinwen


class Command(ScrapyCommand):
    """Fetches the page with Scrapy's downloader and the middlewares of this project, as a crawl does."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[options] KEY URL"

    def short_desc(self) -> str:
        return "Save a page of a source as a test fixture and print what is read from it"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        as_xinwen(parser)
        parser.add_argument(
            "--listing", action="store_true", help="the page lists articles, though no discovery method has its address"
        )
        parser.add_argument("--json", action="store_true", help="JSON on stdout; there is no other form")
        parser.add_argument("--name", default="", help="name of the fixture (default: from the address)")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if len(args) != 2:
            raise UsageError("a key and an address are required")
        key, url = args
        try:
            source = sources.source(key)
            if not re.match(r"https?://\w", url):
                raise CaptureRefused("not an address that begins with https:// or http://")
            folder_of(source)  # refused before anything is asked of the site
            (fetched,) = fetch([url], source)
            self._save(source, fetched, opts)
        except (UnknownSource, FetchFailed, CaptureRefused, EntryPageError, SampleError, Unreadable) as error:
            sys.stderr.write(f"error: {key}: {url}: {error}\n")
            self.exitcode = 1

    def _save(self, source: Source, fetched: Fetched, opts: argparse.Namespace) -> None:
        listed = any(fetched.asked in start_urls(method, today()) for method in source.discovery)
        listing = opts.listing or listed or is_feed_or_sitemap(decompressed(fetched.body))
        meta: dict[str, Any] = {
            "url": fetched.url,
            "captured": fetched.time.isoformat(timespec="seconds").replace("+00:00", "Z"),
            "kind": "listing" if listing else "article",
            "headers": kept_headers(fetched.headers),
        }
        name = opts.name or name_of(fetched.url)
        if not re.fullmatch(r"[\w.-]*\w", name):
            # The tests find fixtures in this one folder only, neither in folders inside it nor outside.
            raise CaptureRefused(f"--name {name!r} is no name of a folder")
        self._write(source, fetched.body, meta, name)
        if listing and source.read == "entry" and (link := newest_wanted(fetched.body, meta, source)):
            # Such a source has no article pages to capture: the article is made from the entry page.
            self._write(source, fetched.body, meta | {"kind": "article", "article": link.url}, f"{name}-article")

    def _write(self, source: Source, data: bytes, meta: dict[str, Any], name: str) -> None:
        expected = expected_of(data, meta, source)
        folder = folder_of(source) / name
        write_case(data, meta, expected, folder)
        sys.stdout.write(json.dumps(expected, ensure_ascii=False, indent=2) + "\n")
        compared = ", the tests will compare with it" if source.key in PACKAGED else ""
        sys.stderr.write(f"saved in {folder}: check expected.json{compared}\n")
