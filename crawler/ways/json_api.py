"""JSON replies, read by the paths that a row names."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import UTC, datetime
from html import unescape
from typing import Any, get_args
from urllib.parse import parse_qs, urldefrag, urlsplit

import jmespath
from w3lib.url import add_or_replace_parameter

from crawler.read.charset import decode
from crawler.read.dates import Order, parse_date
from crawler.source import Source
from crawler.way import JsonApi, Link
from crawler.ways import tool
from crawler.ways.entry import EmptyReply, Entry, EntryError, LoginNeeded, absolute, plain, texts
from store.article import Access, Kind

_PAGE = re.compile(r"page=(\d+)")
_MILLISECONDS = 1e11  # seconds reach this number in the year 5138


def read(way: JsonApi, data: bytes, url: str, row: Source, captured: datetime) -> Entry:
    """The links of a JSON reply, and its next page, or the replies that a page names. Raises EntryError."""
    if way.named and not data.lstrip().startswith((b"{", b"[")):
        return Entry(further=_named(way, decode(data), url))
    items = _items(way, data)
    links = []
    for item in items:
        link = _link(way, item, url, row, captured)
        better = row.link_of(item, link) if row.link_of and isinstance(item, dict) else link
        if better is not None:
            links.append(better)
    further = [_next(way, url)] if items and way.page else []
    return Entry(links=links, further=further, dropped=Counter(row=len(items) - len(links)))


def _named(way: JsonApi, page: str, url: str) -> list[str]:
    found = [absolute(url, unescape(match[0])) for match in re.finditer(way.named, page)]
    if not any(found):
        raise EntryError(f"a page that names no address like {way.named!r}")
    asked = [one if urlsplit(one).query else f"{one}?{way.asked}" for one in found if one]
    return list(dict.fromkeys(asked))


def _items(way: JsonApi, data: bytes) -> list[Any]:
    try:
        reply = _block(way, data) if way.inside else tool.result(data) if way.tool else json.loads(data)
        _judge(way, reply)
        found = tool.records(reply, way.fields) if way.tool else jmespath.search(way.items, reply)
        # Adobe's content system packs a list into a string of JSON inside the JSON.
        items = json.loads(found) if isinstance(found, str) and found else found
    except EntryError:
        raise
    except (ValueError, RecursionError) as error:
        raise (EntryError(f"no JSON: {error}") if data.strip() else EmptyReply("an empty reply")) from None
    except jmespath.exceptions.JMESPathError as error:
        raise EntryError(f"JSON of another shape: {error}") from None
    if not isinstance(items, list):
        raise EntryError(f"JSON without a list at {way.items!r}")
    return items


def _judge(way: JsonApi, reply: Any) -> None:
    """HTTP 200 does not mean success where a reply has a code and a message of its own."""
    said = jmespath.search("[code, message || msg]", reply) or []
    words = " ".join(_text(one) for one in said if one is not None) or "of another shape"
    if way.login and jmespath.search(way.login, reply):
        raise LoginNeeded(f"login needed: the reply says {words}")
    if way.ok and not jmespath.search(way.ok, reply):
        raise EntryError(f"a reply that is no success: {words[:100]}")


def _block(way: JsonApi, page: bytes) -> Any:
    """The first JSON value behind ``inside``; what follows it in the script is of no concern."""
    text = decode(page)
    start = re.search(way.inside, text)
    if start is None:
        raise EntryError(f"no data block behind {way.inside!r}")
    return json.JSONDecoder().raw_decode(text, start.end())[0]


def _link(way: JsonApi, item: Any, url: str, row: Source, captured: datetime) -> Link:
    facts: dict[str, Any] = {}
    for field, path in way.fields.items():
        try:
            facts[field] = jmespath.search(path, item)
        except jmespath.exceptions.JMESPathError:
            continue  # one item of another shape must not cost the others
    kind, access = facts.get("kind"), facts.get("access")
    return Link(
        url=absolute(url, _text(facts.get("url"))),
        title=plain(_text(facts.get("title"))),
        published=moment(facts.get("published"), row, captured, way.date_order),
        modified=moment(facts.get("modified"), row, captured, way.date_order),
        summary=plain(_text(facts.get("summary"))),
        authors=texts(_texts(facts.get("authors"))),
        tags=texts(_texts(facts.get("tags"))),
        kind=kind if kind in get_args(Kind) else None,
        access=access if access in get_args(Access) else None,
        body=_text(facts.get("body")),
        language=_text(facts.get("language")).lower()[:2],
    )


def moment(value: Any, row: Source, captured: datetime, order: Order = "YMD") -> datetime | None:
    """A date as text, or as seconds or milliseconds since 1970."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        try:
            return datetime.fromtimestamp(value / 1000 if abs(value) > _MILLISECONDS else value, UTC)
        except (OverflowError, ValueError, OSError):
            return None
    return parse_date(_text(value), timezone=row.timezone, captured=captured, order=order)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None or isinstance(value, list | dict) else str(value)


def _texts(value: Any) -> list[str]:
    return [_text(one) for one in value] if isinstance(value, list) else [_text(value)]


def body_of(way: JsonApi, url: str) -> str:
    """What a POST to *url* says: the call of a tool, or the row's body with the page that the fragment tells."""
    if way.tool:
        return tool.call(way.tool, json.loads(way.body))
    number = _PAGE.fullmatch(urlsplit(url).fragment)
    if not number:
        return way.body
    body = json.loads(way.body)
    *folders, last = way.page.split(".")
    place = body
    for name in folders:
        place = place[name]
    place[last] = int(number[1])
    return json.dumps(body)


def _next(way: JsonApi, url: str) -> str:
    if way.body:
        # All pages have one address; the fragment, which is never sent, tells them apart.
        known = _PAGE.fullmatch(urlsplit(url).fragment)
        return f"{urldefrag(url).url}#page={int(known[1]) + 1 if known else way.first + 1}"
    number = parse_qs(urlsplit(url).query).get(way.page, [""])[0]
    if number.isdecimal():
        # In its place: writing the whole query anew would escape what the site does not.
        return re.sub(rf"([?&]{re.escape(way.page)}=)\d+", rf"\g<1>{int(number) + 1}", url, count=1)
    return add_or_replace_parameter(url, way.page, str(way.first + 1))
