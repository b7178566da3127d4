"""``scrapy newsource KEY URL``: look at a site and write its row, disabled until a person has reviewed it."""

from __future__ import annotations

import argparse
import re
import sys
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

import crawler.sources
from crawler import source_table
from crawler.fetch import FetchFailed, run
from crawler.sources import SOURCES
from crawler.survey import Found, Survey, include_of
from crawler.way import Listing, Sitemap, Way

_NO_QUOTES = str.maketrans('"\\', "'/")
_CLOCKS = {"zh": "Asia/Shanghai"}


class Command(ScrapyCommand):
    """Writes the row of a new source from what its site offers."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "KEY URL"

    def short_desc(self) -> str:
        return "Look at a site and write its row of the source table, disabled until reviewed"

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if len(args) != 2:
            raise UsageError("a key and an address are meant")
        key, url = args
        file = Path(crawler.sources.__file__).parent / f"{key}.py"
        try:
            if reason := _reason_against(key, url, file):
                raise FetchFailed(reason)
            found: Found = run(Survey, url=url, key=key, hosts=None).found
        except FetchFailed as error:
            sys.stderr.write(f"error: {key}: {url}: {error}\n")
            self.exitcode = 1
            return
        file.write_text(module(key, url, found), "utf-8")
        source_table.write([*SOURCES.values(), import_module(f"{crawler.sources.__name__}.{key}").SOURCE])
        sys.stdout.write("".join(f"{note}\n" for note in (*found.notes, *_hosts_known(url))))
        sys.stdout.write(
            f"written: {file}, number {_next_number()}, disabled, and the tables of the READMEs. "
            "Review it, then save a list and an article:\n"
        )
        sys.stdout.write(f"  scrapy capture {key} {found.entry or found.ways[0].url}\n")
        if found.article:
            sys.stdout.write(f"  scrapy capture {key} {found.article.url}\n")


def module(key: str, url: str, found: Found) -> str:
    """The text of the row's file, as ``ruff format`` leaves it."""
    language = found.article.language if found.article and found.article.language in ("zh", "en") else "en"
    name = _plain(found.site_name) or (urlsplit(url).hostname or key).removeprefix("www.")
    names = sorted({type(way).__name__ for way in found.ways})
    several = "".join(f"\n        {_way(way)}," for way in found.ways) + "\n    "
    ways = several if len(found.ways) > 1 or "\n" in several.strip() else several.strip()
    ways_hosts = {urlsplit(way.url).hostname for way in found.ways}
    hosts = sorted({host for link in found.links if (host := urlsplit(link.url).hostname)} - ways_hosts)
    others = f"    hosts=({', '.join(map(_quoted, hosts))},),\n" if hosts else ""
    include = f"    include={_quoted(pattern, raw=True)},\n" if (pattern := include_of(found.links)) else ""
    return (
        f'"""{name.translate(_NO_QUOTES)}: not reviewed yet."""\n\n'
        "from crawler.source import Source\n"
        f"from crawler.way import {', '.join(names)}\n\n"
        "SOURCE = Source(\n"
        f"    number={_next_number()},\n"
        f"    key={_quoted(key)},\n"
        f"    name={_quoted(name)},\n"
        '    category="媒体",\n'
        f"    address={_quoted(url)},\n"
        '    note="新增来源",\n'
        f'    language="{language}",\n'
        f'    timezone="{_CLOCKS.get(language, "UTC")}",\n'
        f"    ways=({ways}),\n"
        '    keep="abstract",\n'
        "    enabled=False,\n"
        '    why="Not reviewed yet: read its terms, decide what may be kept, set category, note and time zone.",\n'
        f"{others}{include}"
        f"    site_names=({_quoted(name)},),\n"
        ")\n"
    )


def _plain(name: str) -> str:
    """*name* without what would end a text or a line of the module: a site may call itself anything."""
    return " ".join("".join(char for char in name if char.isprintable() or char.isspace()).split())


def _hosts_known(url: str) -> list[str]:
    host = urlsplit(url).hostname
    return [f"{host} is a host of source {row.key} already" for row in SOURCES.values() if host in row.allowed]


def _way(way: Way) -> str:
    if isinstance(way, Sitemap) and way.follow:
        return f"Sitemap({_quoted(way.url)}, follow={_quoted(way.follow, raw=True)})"
    if not isinstance(way, Listing):
        return f"{type(way).__name__}({_quoted(way.url)})"
    facts = "".join(f"            {name}={_quoted(getattr(way, name))},\n" for name in ("item", "link", "title"))
    return f"Listing(\n            {_quoted(way.url)},\n{facts}        )"


def _quoted(text: str, *, raw: bool = False) -> str:
    """*text* in the quotes that the formatter would choose."""
    if raw:
        return f'r"{text}"'
    escaped = text.replace("\\", "\\\\").replace("\n", " ")
    return f"'{escaped}'" if '"' in escaped and "'" not in escaped else '"' + escaped.replace('"', '\\"') + '"'


def _next_number() -> int:
    return max(row.number for row in SOURCES.values()) + 1


def _reason_against(key: str, url: str, file: Path) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", key):
        return f"key {key!r} is not lower case letters, digits and _"
    if key in SOURCES or file.exists():
        return f"there is a source {key} already, in {file}"
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        return f"{url!r} is no address that begins with https:// or http://"
    return ""
