"""Reads RSS and Atom feeds, well formed or not."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import datetime
from typing import Any

import feedparser
from lxml import etree

from crawler.discovery.entry_page import EntryPage, EntryPageError, absolute_url, plain_text, plain_texts
from crawler.discovery.methods import Feed, Link
from crawler.discovery.xml import decompressed, local_name, name, parse, refuse_document_type, repaired
from crawler.extraction.dates import parse_date
from crawler.extraction.metadata import author_names
from crawler.source import Source

MAX_ITEMS = 20_000

# Pictures have titles, descriptions and credits of their own, which feedparser takes for those of the item.
_MEDIA = re.compile(
    rb"<(media:(?:group|content|thumbnail))\b[^>]*(?<!/)>.*?</\1\s*>|<(media:\w+)\b[^>]*(?<!/)>[^<]*</\2\s*>", re.DOTALL
)
_MAIL = re.compile(r"(?<!\S)\S+@\S+")


def read(method: Feed, data: bytes, url: str, source: Source, captured: datetime) -> EntryPage:
    """The links of an RSS or Atom feed, also of one that is not well-formed. Raises EntryPageError."""
    data = decompressed(data)
    refuse_document_type(data)
    # A parsed item takes kilobytes of memory, even one of a few bytes.
    if data.count(b"<item") + data.count(b"<entry") > MAX_ITEMS:
        raise EntryPageError(f"a feed of more than {MAX_ITEMS} items")
    parsed = feedparser.parse(_MEDIA.sub(b"", repaired(data)))
    if not parsed.version and not parsed.entries:
        raise EntryPageError("no feed")
    items = _items(data) if source.link_of else []
    links = []
    for position, entry in enumerate(parsed.entries):
        link = _link(entry, url, source, captured)
        if source.link_of:
            # Where a feed is so broken that the two parsers disagree about its items, only the id is passed on.
            item = items[position] if len(items) == len(parsed.entries) else {"guid": [{"text": entry.get("id", "")}]}
            corrected = source.link_of(item, link)
            if corrected is None:
                continue
            link = corrected
        links.append(replace(link, language=link.language or _language(parsed.feed)))
    return EntryPage(links=links, dropped=Counter(row=len(parsed.entries) - len(links)))


def _link(entry: feedparser.FeedParserDict, url: str, source: Source, captured: datetime) -> Link:
    content = [part.value for part in entry.get("content", ()) if "html" in part.get("type", "")]
    return Link(
        # FeedBurner put its own address into the link, which is dead since the service ended.
        url=absolute_url(url, entry.get("feedburner_origlink") or entry.get("link") or _permalink(entry)),
        title=plain_text(entry.get("title", "")),
        published=_moment(entry, source, captured),
        summary=plain_text(entry.get("summary", "")),
        authors=plain_texts(_authors(entry)),
        tags=plain_texts(tag.term for tag in entry.get("tags", ()) if tag.get("term")),
        body=content[0] if content else "",
    )


def _authors(entry: feedparser.FeedParserDict) -> list[str]:
    """The people whom an item names. feedparser cuts names behind a mail address wrongly, so this reads them itself."""
    authors = entry.get("authors", ())
    stated = [entry.get("author", "")] if len(authors) <= 1 else [author.get("name", "") for author in authors]
    return author_names([_MAIL.sub("", plain_text(text)).strip(" ()") for text in stated], ())


def _permalink(entry: feedparser.FeedParserDict) -> str:
    """The guid of an item without a link, when it is an address (Bloomberg leaves the link out at times)."""
    guid: str = entry.get("id", "").strip()
    return guid if guid.startswith(("http://", "https://")) else ""


def _moment(entry: feedparser.FeedParserDict, source: Source, captured: datetime) -> datetime | None:
    for key in ("published", "updated"):
        # Without this check feedparser returns one date for the other, with a warning.
        if key in entry and (moment := parse_date(entry[key], timezone=source.timezone, captured=captured)):
            return moment
    return None


def _language(feed: feedparser.FeedParserDict) -> str:
    return str(feed.get("language", "")).lower()[:2]


def _items(data: bytes) -> list[dict[str, Any]]:
    """Each item of the feed: for every element name the list of its elements, as their attributes and text."""
    try:
        root = parse(data)
    except EntryPageError:
        return []
    return [_item(element) for element in root.iter() if name(element) in ("item", "entry")]


def _item(element: etree._Element) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for child in element.iterdescendants():
        if name(child):
            attributes = {local_name(str(key)): value for key, value in child.attrib.items()}
            fields.setdefault(name(child), []).append({"text": (child.text or "").strip(), **attributes})
    return fields
