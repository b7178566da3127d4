"""What can be wrong with a discovery method of a source: addresses, patterns, selectors, JSON paths, numbers."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator
from dataclasses import fields
from functools import lru_cache
from string import Formatter
from typing import Any
from urllib.parse import urlsplit

import jmespath
from cssselect import SelectorError
from parsel.csstranslator import HTMLTranslator

from crawler.discovery import json_functions
from crawler.discovery.methods import OR, DiscoveryMethod, JsonApi, Link, Listing, Reports, Sitemap
from store.public_addresses import refusal

Mistake = tuple[tuple[str | int, ...], str]
"""Where a mistake stands (names of fields, numbers of elements), and what it is."""

_LIST_SELECTORS = ("item", "link", "title", "published", "summary", "authors", "tags", "next", "day_heading", "body")
_PATTERNS = {
    Sitemap: ("follow",),
    Reports: ("file", "attachments"),
    JsonApi: ("embedded_after", "reply_url"),
}
_MOST = {"pages": 1_000, "years": 50}
_LINK_FIELDS = frozenset(field.name for field in fields(Link))


def mistakes_in_method(method: DiscoveryMethod) -> Iterator[Mistake]:
    """Everything that is wrong with *method*."""
    for name in ("url", "page_url"):
        if (url := getattr(method, name, "")) or name == "url":
            for reason in mistakes_in_address(url):
                yield (name,), reason
    for name in _PATTERNS.get(type(method), ()):
        if reason := mistake_in_pattern(pattern := getattr(method, name)):
            yield (name,), f"pattern {pattern!r}: {reason}"
    for path, css in _selectors(method):
        if reason := mistake_in_selector(css):
            yield path, reason
    for name, most in _MOST.items():
        if not 1 <= (number := getattr(method, name, 1)) <= most:
            yield (name,), f"{number} is not between 1 and {most}"
    if isinstance(method, JsonApi):
        yield from _in_json(method)
    if isinstance(method, Listing | Reports):
        yield from _in_placeholders(method)


def mistakes_in_address(url: str) -> Iterator[str]:
    """Why *url* is no address that a source may have."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        yield f"{url!r} is not an http address: {error}"
        return
    if parts.scheme not in ("http", "https") or not parts.hostname:
        yield f"{url!r} is not an http address"
    elif any(character.isspace() or not character.isprintable() for character in url):
        yield f"{url!r} is not an http address: it has blanks or control characters"
    elif reason := refusal(url, frozenset([port] if port else [])):
        yield f"{url!r} may not be requested: {reason}"


@lru_cache(maxsize=1024)
def mistake_in_pattern(pattern: str) -> str:
    """Why *pattern* is no regular expression; "" where it is one."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # what Python will read differently some day
            re.compile(pattern)
    except (re.error, OverflowError, RecursionError, Warning) as error:
        return str(error)
    return ""


@lru_cache(maxsize=1024)
def mistake_in_selector(alternatives: str) -> str:
    """Which CSS selector of *alternatives* does not parse, and why; "" where all do."""
    for css in alternatives.split(OR):
        try:
            HTMLTranslator().css_to_xpath(css or "*")
        except (SelectorError, RecursionError) as error:
            return f"selector {css!r}: {error}"
    return ""


def _selectors(method: DiscoveryMethod) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(method, Listing):
        yield from (((name,), getattr(method, name)) for name in _LIST_SELECTORS)
    elif isinstance(method, Reports):
        yield from ((("panels", css), css) for css in method.panels)


def _in_json(method: JsonApi) -> Iterator[Mistake]:
    """JMESPath expressions and field names that cannot work."""
    for name in method.fields:
        if name not in _LINK_FIELDS:
            yield ("fields", name), f"path {name!r}: is no field of a link"
    for where, path in (
        (("items",), method.items),
        (("ok",), method.ok or "@"),
        (("login",), method.login or "@"),
        *((("fields", name), path) for name, path in method.fields.items()),
    ):
        if reason := json_functions.mistake_in(path):
            yield where, f"path {path!r}: {reason}"
    for name, value in method.headers.items():
        if not re.fullmatch(r"[!#$%&'*+.^_`|~\w-]+", name, re.ASCII) or not value.isprintable():
            yield ("headers", name), f"header {name!r} cannot be sent"
    if method.mcp_tool or (method.body and method.page):
        yield from _in_body(method)


def _in_body(method: JsonApi) -> Iterator[Mistake]:
    try:
        body = json.loads(method.body)
    except ValueError:
        body = None
    if method.mcp_tool and not isinstance(body, dict):
        yield ("body",), "is no JSON object with the arguments of the tool"
    if method.page and not isinstance(_number_at(method.page, body), int):
        yield ("page",), f"path {method.page!r}: leads to no number in the body"


def _number_at(path: str, body: Any) -> Any:
    try:
        return jmespath.search(path, body)
    except jmespath.exceptions.JMESPathError:
        return None


def _in_placeholders(method: Listing | Reports) -> Iterator[Mistake]:
    """Braces in addresses that do not stand for a year, a quarter or a page."""
    known = {"url": {"year", "quarter"}} if "{year}" in method.url else {}
    if getattr(method, "page_url", ""):
        known["page_url"] = {"page"}
    for name, allowed in known.items():
        url = getattr(method, name)
        try:
            named = {part[1] for part in Formatter().parse(url) if part[1] is not None}
        except ValueError as error:
            yield (name,), f"{url!r}: {error}"
            continue
        if others := sorted(named - allowed):
            yield (name,), f"{url!r}: {{{others[0]}}} stands for nothing"
        if name == "page_url" and url.count("{page}") != 1:
            yield (name,), f"{url!r} does not have {{page}} once"
