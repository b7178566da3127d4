"""Fixtures in ``tests/fixtures``: a captured page with headers and address, and the fields read from it.

The key ``way`` of a fixture's JSON is older than the term discovery method.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from crawler.authoring.captured_links import read_captured
from crawler.discovery.methods import Link
from crawler.discovery.select import is_wanted
from crawler.source import Source
from crawler.sources import PACKAGED
from crawler.spider.article_builder import article_from_entry, article_from_page, is_pdf
from store.article import Article
from store.places import PROJECT, only_in_a_checkout
from store.settings import settings

FIXTURES = PROJECT / "tests" / "fixtures"
"""Those of the sources that the program comes with."""

ARTICLE = ("url", "title", "published", "authors", "tags", "summary", "language", "kind", "access", "body")
LINK = ("url", "title", "published", "summary", "authors", "tags")

_SECRET = ("set-cookie", "www-authenticate", "authorization")


class CaptureRefused(ValueError):
    """The page must not become a fixture; the message says why."""


def folder_of(source: Source) -> Path:
    """The folder for the fixtures of *source*; of the user's own sources it stands beside the file of sources.

    Raises CaptureRefused for a source of the program in an installation.
    """
    if source.key in PACKAGED or not settings().sources:
        if reason := only_in_a_checkout("capture of a source that comes with the program"):
            raise CaptureRefused(reason)
        return FIXTURES / source.key
    return Path(settings().sources).expanduser().absolute().parent / "fixtures" / source.key


def read_case(data: bytes, meta: dict[str, Any], source: Source) -> dict[str, Any]:
    """Reads a fixture with *source*: the fields of its article as JSON, or of its links the list of each field."""
    if meta["kind"] == "article":
        return plain(asdict(_article(data, meta, source)))
    reading = read_captured(data, source, datetime.fromisoformat(meta["captured"]), meta["url"])
    links = [plain(asdict(link)) for link in reading.entry.links]
    return {"way": reading.name} | {name: [link[name] for link in links] for name in Link.__dataclass_fields__}


def expected_of(data: bytes, meta: dict[str, Any], source: Source) -> dict[str, Any]:
    """The expected values of a new fixture, for a person to review. Raises CaptureRefused where one is empty."""
    read = read_case(data, meta, source)
    if meta["kind"] == "listing":
        number = len(read["url"])
        if not number and (further := _further(data, meta, source)):
            raise CaptureRefused(f"leads to further entry pages only: capture one of them, such as {further[0]}")
        if number < source.minimum_links:
            raise CaptureRefused(f"{number} links, fewer than the minimum of {source.minimum_links}")
        return {"way": read["way"], "links": [{name: read[name][i] for name in LINK} for i in range(number)]}
    missing = [name for name in _needed(read) if not read[name]]
    if missing:
        raise CaptureRefused(f"no {' and no '.join(missing)}; selectors of the source may help")
    return {name: read[name] for name in ARTICLE}


def _further(data: bytes, meta: dict[str, Any], source: Source) -> list[str]:
    return read_captured(data, source, datetime.fromisoformat(meta["captured"]), meta["url"]).entry.further


def newest_wanted(data: bytes, meta: dict[str, Any], source: Source) -> Link | None:
    """The link to capture for a source whose articles are read from entry pages: the first with title and date."""
    reading = read_captured(data, source, datetime.fromisoformat(meta["captured"]), meta["url"])
    complete = [link for link in reading.entry.links if link.title and link.published]
    return next((link for link in complete if is_wanted(link, source)), None) or next(iter(complete), None)


def write_case(data: bytes, meta: dict[str, Any], expected: dict[str, Any], folder: Path) -> None:
    """Writes the three files of a fixture. Raises CaptureRefused where *folder* exists."""
    if folder.exists():
        raise CaptureRefused(f"{folder} is there already; remove it, or give another --name")
    folder.mkdir(parents=True)
    (folder / f"page.{suffix(data)}").write_bytes(data)
    for name, facts in (("meta", meta), ("expected", expected)):
        (folder / f"{name}.json").write_text(json.dumps(facts, ensure_ascii=False, indent=2) + "\n", "utf-8")


def name_of(url: str) -> str:
    """A name for the fixture of *url*: the last words of its path."""
    words = [word for word in unquote(urlsplit(url).path).split("/") if word]
    name = re.sub(r"[^a-z0-9]+", "-", re.sub(r"\.\w+$", "", words[-1].lower()) if words else "home").strip("-")
    return name[:50].strip("-") or "page"


def kept_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """*headers* without cookies and credentials."""
    return {name: value for name, value in headers.items() if name.lower() not in _SECRET}


def suffix(data: bytes) -> str:
    """The ending of a file that holds *data*."""
    if is_pdf(data):
        return "pdf"
    head = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith((b"{", b"[")):
        return "json"
    return "xml" if re.match(rb"<(\?xml|rss|feed|urlset|sitemapindex)", head) and b"<html" not in head else "html"


def plain(facts: dict[str, Any]) -> dict[str, Any]:
    """*facts* with the types that JSON has: lists for tuples, text for times."""
    text = json.dumps(facts, default=lambda moment: moment.isoformat().replace("+00:00", "Z"))
    as_json: dict[str, Any] = json.loads(text)
    return as_json


def _article(data: bytes, meta: dict[str, Any], source: Source) -> Article:
    captured = datetime.fromisoformat(meta["captured"])
    if "article" in meta:
        links = read_captured(data, source, captured, meta["url"]).entry.links
        (link,) = (link for link in links if link.url == meta["article"])
        return article_from_entry(link, source, captured)
    link = _link(meta.get("link", {}) | {"url": meta["url"]})
    return article_from_page(data, meta["url"], link, source, captured, meta["headers"].get("Content-Type", ""))


def _link(facts: dict[str, Any]) -> Link:
    fields: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in facts.items()}
    if fields.get("published"):
        fields["published"] = datetime.fromisoformat(fields["published"])
    return Link(**fields)


def _needed(article: dict[str, Any]) -> list[str]:
    """The fields that must not be empty: body or summary for an abstract, no text for a headline."""
    if article["access"] == "headline" or article["kind"] == "data":
        return ["title", "published"]
    return ["title", "published", "body" if article["access"] == "full" or article["body"] else "summary"]
