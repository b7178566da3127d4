"""RSS and Atom, well formed or not."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime
from typing import Any

import feedparser
from lxml import etree

from crawler.read.dates import parse_date
from crawler.source import Source
from crawler.way import Feed, Link
from crawler.ways.entry import Entry, EntryError, absolute, plain, texts
from crawler.ways.xml import mended, name, parse, refuse_document_type, unpacked

MAX_ITEMS = 20_000


def read(way: Feed, data: bytes, url: str, row: Source, captured: datetime) -> Entry:
    """The links of an RSS or Atom feed, also of one that is not well-formed. Raises EntryError."""
    data = unpacked(data)
    refuse_document_type(data)
    # An item of a few bytes takes kilobytes once it is read.
    if data.count(b"<item") + data.count(b"<entry") > MAX_ITEMS:
        raise EntryError(f"a feed of more than {MAX_ITEMS} items")
    parsed = feedparser.parse(mended(data))
    if not parsed.version and not parsed.entries:
        raise EntryError("no feed")
    items = _items(data) if row.link_of else []
    links = []
    for place, entry in enumerate(parsed.entries):
        link = _link(entry, url, row, captured)
        if row.link_of:
            # A feed so broken that the two parsers disagree about its items is read without their extras.
            item = items[place] if len(items) == len(parsed.entries) else {"guid": [{"text": entry.get("id", "")}]}
            better = row.link_of(item, link)
            if better is None:
                continue
            link = better
        links.append(replace(link, language=link.language or _language(parsed.feed)))
    return Entry(links=links, dropped=Counter(row=len(parsed.entries) - len(links)))


def _link(entry: feedparser.FeedParserDict, url: str, row: Source, captured: datetime) -> Link:
    content = [part.value for part in entry.get("content", ()) if "html" in part.get("type", "")]
    return Link(
        # FeedBurner puts its own address into the link, which has been dead since its end.
        url=absolute(url, entry.get("feedburner_origlink") or entry.get("link") or _permalink(entry)),
        title=plain(entry.get("title", "")),
        published=_moment(entry, row, captured),
        summary=plain(entry.get("summary", "")),
        authors=texts(author.get("name", "") for author in entry.get("authors", ())),
        tags=texts(tag.term for tag in entry.get("tags", ()) if tag.get("term")),
        body=content[0] if content else "",
    )


def _permalink(entry: feedparser.FeedParserDict) -> str:
    """The guid of an item without link, when it is an address (Bloomberg leaves the link out at times)."""
    guid: str = entry.get("id", "").strip()
    return guid if guid.startswith(("http://", "https://")) else ""


def _moment(entry: feedparser.FeedParserDict, row: Source, captured: datetime) -> datetime | None:
    for key in ("published", "updated"):
        # feedparser gives the one for the other, with a warning, to who asks without looking.
        if key in entry and (moment := parse_date(entry[key], timezone=row.timezone, captured=captured)):
            return moment
    return None


def _language(feed: feedparser.FeedParserDict) -> str:
    return str(feed.get("language", "")).lower()[:2]


def _items(data: bytes) -> list[dict[str, Any]]:
    """Each item as it stands: for every child's name a list of its attributes and text."""
    try:
        root = parse(data)
    except EntryError:
        return []
    return [_item(element) for element in root.iter() if name(element) in ("item", "entry")]


def _item(element: etree._Element) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for child in element.iterdescendants():
        if name(child):
            attributes = {etree.QName(key).localname: value for key, value in child.attrib.items()}
            found.setdefault(name(child), []).append({"text": (child.text or "").strip(), **attributes})
    return found
