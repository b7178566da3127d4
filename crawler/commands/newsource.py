"""``scrapy newsource KEY URL [--local]``: surveys a site and writes a new source, disabled until it is reviewed."""

from __future__ import annotations

import argparse
import json
import re
import sys
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

import crawler.sources
from crawler.authoring import local_entry, source_table
from crawler.authoring.fetch import FetchFailed, run
from crawler.authoring.local_entry import TIMEZONES, further_hosts, language_of, name_of
from crawler.authoring.survey import Survey, SurveyResult, include_of
from crawler.discovery.methods import DiscoveryMethod, Listing, Sitemap
from crawler.sources import PACKAGED, SOURCES
from crawler.usage import as_xinwen
from store.places import only_in_a_checkout
from store.settings import settings
from store.sources_file import SourcesFileError

_SAFE_IN_DOCSTRING = str.maketrans('"\\', "'/")


class Command(ScrapyCommand):
    """Writes ``crawler/sources/KEY.py`` from the feeds, sitemaps and lists that the survey of the site finds.

    With ``--local`` it adds the source to the user's own file in place of that.
    """

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[--local] KEY URL"

    def short_desc(self) -> str:
        return "Survey a site and write a new source, disabled until reviewed"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        as_xinwen(parser)
        parser.add_argument("--json", action="store_true", help="what was found as one JSON object on stdout")
        parser.add_argument("--local", action="store_true", help="add it to your own file, which XINWEN_SOURCES names")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if len(args) != 2:
            raise UsageError("a key and an address are required")
        key, url = args
        file = Path(crawler.sources.__file__).parent / f"{key}.py"
        try:
            if reason := _reason_against(key, url, file, opts.local):
                raise FetchFailed(reason)
            found: SurveyResult = run(Survey, url=url, key=key, hosts=None).found
            place = local_entry.append(key, url, found) if opts.local else _write_module(file, key, url, found)
        except (FetchFailed, SourcesFileError) as error:
            sys.stderr.write(f"error: {key}: {url}: {error}\n")
            self.exitcode = 1
            return
        if opts.json:
            entry = found.entry or found.methods[0].url
            notes = [*found.notes, *_hosts_known(url)]
            article = found.article.url if found.article else None
            facts = {"key": key, "written": place, "entry": entry, "article": article, "notes": notes}
            sys.stdout.write(json.dumps(facts, ensure_ascii=False) + "\n")
            return
        sys.stdout.write("".join(f"{note}\n" for note in (*found.notes, *_hosts_known(url))))
        sys.stdout.write(f"written: {place}. Review it, then save a list and an article:\n")
        sys.stdout.write(f"  xinwen capture {key} {found.entry or found.methods[0].url}\n")
        if found.article:
            sys.stdout.write(f"  xinwen capture {key} {found.article.url}\n")


def _write_module(file: Path, key: str, url: str, found: SurveyResult) -> str:
    file.write_text(module(key, url, found), "utf-8")
    source_table.write([*PACKAGED.values(), import_module(f"{crawler.sources.__name__}.{key}").SOURCE])
    return f"{file}, number {_next_number()}, disabled, and the tables of the READMEs"


def module(key: str, url: str, found: SurveyResult) -> str:
    """The Python code of the source's file, formatted as by ``ruff format``."""
    language, name = language_of(found), name_of(url, found)
    class_names = sorted({type(method).__name__ for method in found.methods})
    lines = "".join(f"\n        {_method_code(method)}," for method in found.methods) + "\n    "
    methods = lines if len(found.methods) > 1 or "\n" in lines.strip() else lines.strip()
    hosts = further_hosts(found)
    more_hosts = f"    hosts=({', '.join(map(_quoted, hosts))},),\n" if hosts else ""
    include = f"    include={_quoted(pattern, raw=True)},\n" if (pattern := include_of(found.links)) else ""
    return (
        f'"""{name.translate(_SAFE_IN_DOCSTRING)}: not reviewed yet."""\n\n'
        f"from crawler.discovery.methods import {', '.join(class_names)}\n"
        "from crawler.source import Source\n\n"
        "SOURCE = Source(\n"
        f"    number={_next_number()},\n"
        f"    key={_quoted(key)},\n"
        f"    name={_quoted(name)},\n"
        '    category="媒体",\n'
        f"    address={_quoted(url)},\n"
        '    note="新增来源",\n'
        f'    language="{language}",\n'
        f'    timezone="{TIMEZONES.get(language, "UTC")}",\n'
        f"    discovery=({methods}),\n"
        '    keep="abstract",\n'
        "    enabled=False,\n"
        '    why="Not reviewed yet: read its terms, decide what may be kept, set category, note and time zone.",\n'
        f"{more_hosts}{include}"
        f"    site_names=({_quoted(name)},),\n"
        ")\n"
    )


def _hosts_known(url: str) -> list[str]:
    host = urlsplit(url).hostname
    return [f"{host} is a host of source {source.key} already" for source in SOURCES.values() if host in source.allowed]


def _method_code(method: DiscoveryMethod) -> str:
    if isinstance(method, Sitemap) and method.follow:
        return f"Sitemap({_quoted(method.url)}, follow={_quoted(method.follow, raw=True)})"
    if not isinstance(method, Listing):
        return f"{type(method).__name__}({_quoted(method.url)})"
    selectors = "".join(f"            {name}={_quoted(getattr(method, name))},\n" for name in ("item", "link", "title"))
    return f"Listing(\n            {_quoted(method.url)},\n{selectors}        )"


def _quoted(text: str, *, raw: bool = False) -> str:
    """*text* as a string literal, with the quotes that ``ruff format`` would choose."""
    if raw:
        return f'r"{text}"'
    escaped = text.replace("\\", "\\\\").replace("\n", " ")
    return f"'{escaped}'" if '"' in escaped and "'" not in escaped else '"' + escaped.replace('"', '\\"') + '"'


def _next_number() -> int:
    return len(PACKAGED) + 1


def _reason_against(key: str, url: str, file: Path, local: bool) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", key):
        return f"key {key!r} is not lower case letters, digits and _"
    if key in SOURCES or file.exists():
        own = key in SOURCES and key not in PACKAGED
        return f"there is a source {key} already, in {settings().sources if own else file}"
    if local and not settings().sources:
        return "XINWEN_SOURCES names no file: create an empty one and name it"
    if not local and (reason := only_in_a_checkout("newsource without --local")):
        return reason
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        return f"{url!r} is not an address that begins with https:// or http://"
    return ""
