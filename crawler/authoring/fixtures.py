"""A page as a case of ``tests/pages``: its bytes with headers and address, and what the row reads in it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from crawler.compose import article_from_entry, article_from_page, is_pdf
from crawler.links import read_captured
from crawler.source import Source
from crawler.way import Link
from crawler.ways.select import is_of
from store.article import Article

PAGES = Path(__file__).parent.parent / "tests" / "pages"
ARTICLE = ("url", "title", "published", "authors", "tags", "summary", "language", "kind", "access", "body")
LINK = ("url", "title", "published", "summary", "authors", "tags")

_SECRET = ("set-cookie", "www-authenticate", "authorization")


class CaptureRefused(ValueError):
    """The page must not become a case; the message says why."""


def read_case(data: bytes, meta: dict[str, Any], row: Source) -> dict[str, Any]:
    """What *row* makes of a case, as JSON: the fields of the article, or a list of each field of the links."""
    if meta["kind"] == "article":
        return plain(asdict(_article(data, meta, row)))
    reading = read_captured(data, row, datetime.fromisoformat(meta["captured"]), meta["url"])
    links = [plain(asdict(link)) for link in reading.entry.links]
    return {"way": reading.name} | {name: [link[name] for link in links] for name in Link.__dataclass_fields__}


def expected_of(data: bytes, meta: dict[str, Any], row: Source) -> dict[str, Any]:
    """The expectations of a new case, for a person to look through. Raises CaptureRefused for one that is empty."""
    found = read_case(data, meta, row)
    if meta["kind"] == "listing":
        number = len(found["url"])
        if not number and (further := _further(data, meta, row)):
            raise CaptureRefused(f"leads to further entries only: capture one of them, such as {further[0]}")
        if number < row.minimum_links:
            raise CaptureRefused(f"{number} links, {row.minimum_links} are the least")
        return {"way": found["way"], "links": [{name: found[name][i] for name in LINK} for i in range(number)]}
    missing = [name for name in _needed(found) if not found[name]]
    if missing:
        raise CaptureRefused(f"no {' and no '.join(missing)}; selectors of the row may help")
    return {name: found[name] for name in ARTICLE}


def _further(data: bytes, meta: dict[str, Any], row: Source) -> list[str]:
    return read_captured(data, row, datetime.fromisoformat(meta["captured"]), meta["url"]).entry.further


def newest_wanted(data: bytes, meta: dict[str, Any], row: Source) -> Link | None:
    """The article that stands for a source of which only the entry is read: the first with a title and a date."""
    reading = read_captured(data, row, datetime.fromisoformat(meta["captured"]), meta["url"])
    whole = [link for link in reading.entry.links if link.title and link.published]
    return next((link for link in whole if is_of(link, row)), None) or next(iter(whole), None)


def write_case(data: bytes, meta: dict[str, Any], expected: dict[str, Any], folder: Path) -> None:
    """The three files of a case. Raises CaptureRefused when there is one of that name."""
    if folder.exists():
        raise CaptureRefused(f"{folder} is there already; remove it, or give another --name")
    folder.mkdir(parents=True)
    (folder / f"page.{suffix(data)}").write_bytes(data)
    for name, facts in (("meta", meta), ("expected", expected)):
        (folder / f"{name}.json").write_text(json.dumps(facts, ensure_ascii=False, indent=2) + "\n", "utf-8")


def name_of(url: str) -> str:
    """A name for the case of *url*: the last words of its path."""
    words = [word for word in unquote(urlsplit(url).path).split("/") if word]
    name = re.sub(r"[^a-z0-9]+", "-", re.sub(r"\.\w+$", "", words[-1].lower()) if words else "home").strip("-")
    return name[:50].strip("-") or "page"


def kept_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """*headers* without cookies and keys."""
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
    """*facts* as JSON has them."""
    text = json.dumps(facts, default=lambda moment: moment.isoformat().replace("+00:00", "Z"))
    found: dict[str, Any] = json.loads(text)
    return found


def _article(data: bytes, meta: dict[str, Any], row: Source) -> Article:
    captured = datetime.fromisoformat(meta["captured"])
    if "article" in meta:
        links = read_captured(data, row, captured, meta["url"]).entry.links
        (link,) = (link for link in links if link.url == meta["article"])
        return article_from_entry(link, row, captured)
    link = _link(meta.get("link", {}) | {"url": meta["url"]})
    return article_from_page(data, meta["url"], link, row, captured, meta["headers"].get("Content-Type", ""))


def _link(facts: dict[str, Any]) -> Link:
    told: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in facts.items()}
    if told.get("published"):
        told["published"] = datetime.fromisoformat(told["published"])
    return Link(**told)


def _needed(article: dict[str, Any]) -> list[str]:
    """What an article must have: of an abstract something to show, of a headline no text."""
    if article["access"] == "headline" or article["kind"] == "data":
        return ["title", "published"]
    return ["title", "published", "body" if article["access"] == "full" or article["body"] else "summary"]
