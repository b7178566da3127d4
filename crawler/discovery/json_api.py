"""Reads JSON replies by the JMESPath expressions (jmespath.org) of a ``JsonApi``."""

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

from crawler.discovery import json_functions, mcp
from crawler.discovery.entry_page import (
    EmptyReply,
    EntryPage,
    EntryPageError,
    LoginNeeded,
    absolute_url,
    plain_text,
    plain_texts,
)
from crawler.discovery.methods import JsonApi, Link
from crawler.extraction.charset import decode
from crawler.extraction.dates import Order, parse_date
from crawler.source import Source
from store.article import Access, Kind

_PAGE = re.compile(r"page=(\d+)")
_MILLISECONDS = 1e11  # seconds reach this number in the year 5138


def read(method: JsonApi, data: bytes, url: str, source: Source, captured: datetime) -> EntryPage:
    """The links of a JSON reply, and its next page; or the replies that an HTML page names. Raises EntryPageError."""
    if method.reply_url and not data.lstrip().startswith((b"{", b"[")):
        return EntryPage(further=_reply_urls(method, decode(data), url))
    items = _items(method, data)
    links = []
    for item in items:
        link = _link(method, item, url, source, captured)
        corrected = source.link_of(item, link) if source.link_of and isinstance(item, dict) else link
        if corrected is not None:
            links.append(corrected)
    further = [_next(method, url, len(items) if method.by_offset else 1)] if items and method.page else []
    return EntryPage(links=links, further=further, dropped=Counter(row=len(items) - len(links)))


def _reply_urls(method: JsonApi, page: str, url: str) -> list[str]:
    """The addresses in *page* that match ``reply_url``; those without a query get ``reply_query``."""
    urls = [absolute_url(url, unescape(match[0])) for match in re.finditer(method.reply_url, page)]
    if not any(urls):
        raise EntryPageError(f"a page that names no address like {method.reply_url!r}")
    queries = [reply if urlsplit(reply).query else f"{reply}?{method.reply_query}" for reply in urls if reply]
    return list(dict.fromkeys(queries))


def _items(method: JsonApi, data: bytes) -> list[Any]:
    try:
        reply = _parse(method, data)
        _check_success(method, reply)
        selected = mcp.records(reply, method.fields) if method.mcp_tool else json_functions.search(method.items, reply)
        # Adobe Experience Manager puts the list into the JSON as a string of JSON.
        items = json.loads(selected) if isinstance(selected, str) and selected else selected
    except EntryPageError:
        raise
    except (ValueError, RecursionError) as error:
        raise (EntryPageError(f"no JSON: {error}") if data.strip() else EmptyReply("an empty reply")) from None
    except jmespath.exceptions.JMESPathError as error:
        raise EntryPageError(f"JSON of another shape: {error}") from None
    if not isinstance(items, list):
        raise EntryPageError(f"JSON without a list at {method.items!r}")
    return items


def _parse(method: JsonApi, data: bytes) -> Any:
    if method.embedded_after:
        return _embedded_json(method, data)
    return mcp.tool_output(data) if method.mcp_tool else json.loads(data)


def _check_success(method: JsonApi, reply: Any) -> None:
    """Raises EntryPageError for a reply that is no success by its own code and message, although it says HTTP 200."""
    parts = jmespath.search("[code, message || msg]", reply) or []
    message = " ".join(_text(part) for part in parts if part is not None) or "of another shape"
    if method.login and json_functions.search(method.login, reply):
        raise LoginNeeded(f"login needed: the reply says {message}")
    if method.ok and not json_functions.search(method.ok, reply):
        raise EntryPageError(f"a reply that is no success: {message[:100]}")


def _embedded_json(method: JsonApi, page: bytes) -> Any:
    """The first JSON value behind the pattern ``embedded_after``; the rest of the script is ignored."""
    text = decode(page)
    start = re.search(method.embedded_after, text)
    if start is None:
        raise EntryPageError(f"no data block behind {method.embedded_after!r}")
    return json.JSONDecoder().raw_decode(text, start.end())[0]


def _link(method: JsonApi, item: Any, url: str, source: Source, captured: datetime) -> Link:
    facts: dict[str, Any] = {}
    for field, path in method.fields.items():
        try:
            facts[field] = json_functions.search(path, item)
        except jmespath.exceptions.JMESPathError:
            continue  # an item of another shape must not lose the others
    kind, access = facts.get("kind"), facts.get("access")
    return Link(
        url=absolute_url(url, _text(facts.get("url"))),
        title=plain_text(_text(facts.get("title"))),
        published=moment(facts.get("published"), source, captured, method.date_order),
        modified=moment(facts.get("modified"), source, captured, method.date_order),
        summary=plain_text(_text(facts.get("summary"))),
        authors=plain_texts(_texts(facts.get("authors"))),
        tags=plain_texts(_texts(facts.get("tags"))),
        kind=kind if kind in get_args(Kind) else None,
        access=access if access in get_args(Access) else None,
        body=_text(facts.get("body")),
        language=_text(facts.get("language")).lower()[:2],
    )


def moment(value: Any, source: Source, captured: datetime, order: Order = "YMD") -> datetime | None:
    """*value* as a moment in UTC: a date as text, or seconds or milliseconds since 1970."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        try:
            return datetime.fromtimestamp(value / 1000 if abs(value) > _MILLISECONDS else value, UTC)
        except (OverflowError, ValueError, OSError):
            return None
    return parse_date(_text(value), timezone=source.timezone, captured=captured, order=order)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None or isinstance(value, list | dict) else str(value)


def _texts(value: Any) -> list[str]:
    return [_text(item) for item in value] if isinstance(value, list) else [_text(value)]


def body_of(method: JsonApi, url: str) -> str:
    """The body of a POST to *url*: an MCP tool call, or the method's body with the page number from the fragment."""
    if method.mcp_tool:
        return mcp.call(method.mcp_tool, json.loads(method.body))
    number = _PAGE.fullmatch(urlsplit(url).fragment)
    if not number:
        return method.body
    body = json.loads(method.body)
    *parents, last = method.page.split(".")
    target = body
    for name in parents:
        target = target[name]
    target[last] = int(number[1])
    return json.dumps(body)


def _next(method: JsonApi, url: str, step: int) -> str:
    """The address of the page after the one at *url*, whose number is greater by *step*."""
    if method.body:
        # All pages have one address; the fragment, which is not sent, holds the page number.
        known = _PAGE.fullmatch(urlsplit(url).fragment)
        return f"{urldefrag(url).url}#page={(int(known[1]) if known else method.first) + step}"
    number = parse_qs(urlsplit(url).query).get(method.page, [""])[0]
    if number.isdecimal():
        # Replaced in place: encoding the whole query again would escape what the site does not.
        return re.sub(rf"([?&]{re.escape(method.page)}=)\d+", rf"\g<1>{int(number) + step}", url, count=1)
    return add_or_replace_parameter(url, method.page, str(method.first + step))
