"""What makes a row of the source table wrong: found when it is imported, not when its site is asked."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from typing import Any, get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import jmespath
from cssselect import SelectorError
from parsel.csstranslator import HTMLTranslator

from crawler.source import Category, Read, Source
from crawler.way import OR, JsonApi, Link, Listing, Reports, Sitemap, Way
from store.article import Access, Kind

_LINK_FACTS = ("title", "published", "summary", "authors", "tags", "kind")


def reasons_against(row: Source) -> list[str]:
    """Everything that is wrong with *row*; empty when it may be used."""
    reasons = []
    if not re.fullmatch(r"[a-z][a-z0-9_]*", row.key):
        reasons.append(f"key {row.key!r} is not lower case letters, digits and _")
    if row.number < 1:
        reasons.append(f"number {row.number} is not positive")
    for name in ("name", "note", "why"):
        if not getattr(row, name).strip():
            reasons.append(f"{name} is empty")
    for name, allowed in (("category", Category), ("keep", Access), ("read", Read), ("kind", Kind)):
        if getattr(row, name) not in get_args(allowed):
            reasons.append(f"{name} {getattr(row, name)!r} is none of {', '.join(get_args(allowed))}")
    if row.language not in ("zh", "en"):
        reasons.append(f"language {row.language!r} is neither zh nor en")
    try:
        ZoneInfo(row.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        reasons.append(f"time zone {row.timezone!r} is unknown")
    if not row.ways and row.enabled:
        reasons.append("enabled, but has no way in")
    for url in (row.address, *(way.url for way in _all_ways(row))):
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
            reasons.append(f"{url!r} is not an http address")
    for name in row.from_link:
        if name not in _LINK_FACTS:
            reasons.append(f"from_link {name!r} is none of {', '.join(_LINK_FACTS)}")
    if row.elsewhere and row.read != "entry":
        reasons.append("elsewhere: pages of others are named, not read")
    for credential in row.credentials:
        if bool(credential.header) == bool(credential.cookie):
            reasons.append("credential goes into a header or into a cookie")
        if not re.fullmatch(r"XINWEN_[A-Z_]+", credential.variable):
            reasons.append(f"credential {credential.variable!r} is no variable of ours")
    if row.at_once < 1:
        reasons.append(f"{row.at_once} requests at once; 1 is the least")
    for name in ("published", "text"):
        if not 0 <= getattr(row.thresholds, name) <= 1:
            reasons.append(f"threshold {name} of {getattr(row.thresholds, name)} is no share")
    if row.delay < 0.5:
        reasons.append(f"delay of {row.delay} s is impolite; 0.5 s is the least")
    reasons += [f"pattern {pattern!r}: {error}" for pattern, error in _bad_patterns(row)]
    reasons += [f"selector {css!r}: {error}" for css, error in _bad_selectors(row)]
    reasons += [f"path {path!r}: {error}" for path, error in _bad_paths(row)]
    return reasons


def _all_ways(row: Source) -> tuple[Way, ...]:
    return row.ways + row.captured


def _bad_patterns(row: Source) -> list[tuple[str, str]]:
    patterns = [row.include, row.words, row.selectors.stop, row.selectors.skip]
    patterns += [way.follow for way in _all_ways(row) if isinstance(way, Sitemap)]
    patterns += [pattern for way in _all_ways(row) if isinstance(way, Reports) for pattern in (way.file, way.beside)]
    patterns += [pattern for way in _all_ways(row) if isinstance(way, JsonApi) for pattern in (way.inside, way.named)]
    bad = []
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            bad.append((pattern, str(error)))
    return bad


def _bad_selectors(row: Source) -> list[tuple[str, str]]:
    given = [
        getattr(row.selectors, name)
        for name in ("title", "published", "authors", "tags", "summary", "body", "drop", "files")
    ]
    for way in _all_ways(row):
        if isinstance(way, Listing):
            given += [way.item, way.link, way.title, way.published, way.summary, way.authors, way.tags, way.next]
            given += [way.day, way.body]
        if isinstance(way, Reports):
            given += way.panels
    bad = []
    for css in (one for several in given for one in several.split(OR)):
        try:
            HTMLTranslator().css_to_xpath(css or "*")
        except SelectorError as error:
            bad.append((css, str(error)))
    return bad


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _bad_paths(row: Source) -> list[tuple[str, str]]:
    bad = []
    for way in _all_ways(row):
        if not isinstance(way, JsonApi):
            continue
        known = {field.name for field in fields(Link)}
        bad += [(name, "is no field of a link") for name in way.fields if name not in known]
        if way.body and way.page and not isinstance(jmespath.search(way.page, _json(way.body)), int):
            bad.append((way.page, "leads to no number in the body"))
        for path in (way.items, way.ok or "@", way.login or "@", *way.fields.values()):
            try:
                jmespath.compile(path)
            except jmespath.exceptions.JMESPathError as error:
                bad.append((path, str(error).splitlines()[0]))
    return bad
