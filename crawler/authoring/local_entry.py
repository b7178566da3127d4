"""Writes the source that a survey has found into the user's own file of sources, behind what stands there."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit

from crawler.authoring.survey import SurveyResult, include_of
from crawler.discovery.methods import DiscoveryMethod, Listing, Sitemap
from crawler.discovery.reader import NAMES
from crawler.local_sources import with_local
from crawler.sources import PACKAGED
from store.settings import settings
from store.sources_file import SourcesFile

TIMEZONES = {"zh": "Asia/Shanghai"}
"""The time zone that a site is likely to mean, by its language; for others UTC."""

_LISTING_FIELDS = ("item", "link", "title")


def append(key: str, url: str, found: SurveyResult) -> str:
    """Add the source *key* to the file that ``XINWEN_SOURCES`` names; returns where. Raises SourcesFileError.

    The file is checked with the new entry before anything is written, and what stands in it stays as it is.
    """
    path = Path(settings().sources).expanduser().absolute()
    present = SourcesFile.read(path).text
    added = entry(key, url, found)
    gap = "" if not present else "\n" if present.endswith("\n") else "\n\n"
    file = SourcesFile(path, present + gap + added)
    with_local(PACKAGED, file)
    with path.open("a", encoding="utf-8", newline="") as out:
        out.write(gap + added)
    return f"{path}:{file.line_of((key,))}, disabled"


def entry(key: str, url: str, found: SurveyResult) -> str:
    """The entry of the source in TOML."""
    language, name = language_of(found), name_of(url, found)
    lines = [
        f"[{key}]",
        f"name = {_quoted(name)}",
        'category = "媒体"',
        f"address = {_quoted(url)}",
        'note = "新增来源"',
        f'language = "{language}"',
        f'timezone = "{TIMEZONES.get(language, "UTC")}"',
        'keep = "abstract"',
        "enabled = false",
        'why = "Not reviewed yet: read its terms, decide what may be kept, set category, note and time zone."',
    ]
    if hosts := further_hosts(found):
        lines.append(f"hosts = [{', '.join(map(_quoted, hosts))}]")
    if pattern := include_of(found.links):
        lines.append(f"include = {_quoted(pattern)}")
    lines.append(f"site_names = [{_quoted(name)}]")
    for method in found.methods:
        lines += ["", f"[[{key}.discovery]]", *_method(method)]
    return "\n".join(lines) + "\n"


def _method(method: DiscoveryMethod) -> list[str]:
    lines = [f'method = "{NAMES[type(method)]}"', f"url = {_quoted(method.url)}"]
    if isinstance(method, Sitemap) and method.follow:
        lines.append(f"follow = {_quoted(method.follow)}")
    if isinstance(method, Listing):
        lines += [f"{name} = {_quoted(getattr(method, name))}" for name in _LISTING_FIELDS]
    return lines


def _quoted(text: str) -> str:
    """*text* in TOML: as it is between single quotes where it has backslashes, else between double ones."""
    if "\\" in text and "'" not in text and text.isprintable():
        return f"'{text}'"
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def language_of(found: SurveyResult) -> str:
    """The language of the article that the survey has read; English where it has read none."""
    return found.article.language if found.article and found.article.language in ("zh", "en") else "en"


def name_of(url: str, found: SurveyResult) -> str:
    """What the site calls itself, on one line and printable: a site may call itself anything; else its host."""
    name = "".join(char for char in found.site_name if char.isprintable() or char.isspace())
    return " ".join(name.split()) or (urlsplit(url).hostname or "").removeprefix("www.")


def further_hosts(found: SurveyResult) -> list[str]:
    """Hosts of the articles that are not those of the discovery methods."""
    method_hosts = {urlsplit(method.url).hostname for method in found.methods}
    return sorted({host for link in found.links if (host := urlsplit(link.url).hostname)} - method_hosts)
