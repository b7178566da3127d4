"""The data blocks of Google Finance's pages, whose numbers move: quote and news are found by their shape."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html import escape
from typing import Any
from urllib.parse import unquote, urlsplit

from parsel import Selector

from crawler.read.charset import decode
from crawler.source import Source
from crawler.way import DataBlocks, Link
from crawler.ways.entry import Entry, EntryError, absolute, plain, texts

_BLOCK = re.compile(r"AF_initDataCallback\(\{[^{}]*?\bhash:\s*'[^']*',\s*data:")
_QUOTE = 22  # elements at least
_NAME, _CURRENCY, _VALUES, _BEFORE, _LATEST, _PAIR, _NORMAL, _SYMBOL = 2, 4, 5, 7, 11, 15, 17, 21


def read(way: DataBlocks, data: bytes, url: str, row: Source, captured: datetime) -> Entry:
    """The quote that a page is about and the news on it, out of its data blocks. Raises EntryError."""
    page = decode(data)
    blocks = list(_blocks(page))
    if not blocks:
        raise EntryError("a page without data blocks")
    canonical = Selector(text=page, type="html").css("link[rel=canonical]::attr(href)").get("")
    address = absolute(url, canonical) or url
    symbol = unquote(urlsplit(address).path.rsplit("/", 1)[-1])
    found = [part for block in blocks for part in _lists(block)]
    own = next((part for part in found if _is_quote(part) and part[_SYMBOL] == symbol), None)
    # The page of an unknown symbol says 200 and shows other quotes and the news of the day.
    if own is None:
        return Entry()
    return Entry(links=[_quote(own, address), *(_news(part) for part in found if _is_news(part))])


def _blocks(page: str) -> Iterator[Any]:
    """The data of each block; blocks that tell of an error have none, and what is no JSON is passed over."""
    decoder = json.JSONDecoder()
    for call in _BLOCK.finditer(page):
        try:
            yield decoder.raw_decode(page, call.end())[0]
        except (ValueError, RecursionError):
            continue


def _lists(block: Any) -> Iterator[list[Any]]:
    """Every list in *block*, however deep, in the order of the page."""
    waiting = [block]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            yield part
            waiting += reversed(part)


def _is_quote(part: list[Any]) -> bool:
    return (
        len(part) >= _QUOTE
        and isinstance(part[_SYMBOL], str)
        and isinstance(part[_VALUES], list)
        and bool(part[_VALUES])
        and _is_number(part[_VALUES][0])
    )


def _is_news(part: list[Any]) -> bool:
    """Address, title, publisher, picture, seconds since 1970."""
    return (
        len(part) >= 5
        and all(isinstance(one, str) for one in part[:3])
        and part[0].startswith(("http://", "https://"))
        and bool(part[1].strip())
        and _is_number(part[4])
        and part[4] > 0
    )


def _quote(part: list[Any], url: str) -> Link:
    """Value, currency and time stand in the title, which is what may be kept of it."""
    symbol, name = part[_SYMBOL], plain(str(part[_NAME] or ""))
    moment = _moment(part[_NORMAL]) or _moment(part[_LATEST])
    pair = part[_PAIR] if isinstance(part[_PAIR], list) else []
    currency = part[_CURRENCY] or (pair[1] if len(pair) > 1 else None)
    value = f"{_number(part[_VALUES][0])} {currency or ''}".strip()
    time = f"{moment:%Y-%m-%d %H:%M} UTC" if moment else ""
    sentences = [f"Value of {name}, {symbol}: {value}{f' at {time}' if time else ''}.", *_changes(part)]
    return Link(
        url=url,
        title=f"{name} ({symbol}): {value}{f', {time}' if time else ''}",
        published=moment,
        tags=texts([symbol, name, str(currency or "")]),
        kind="data",
        body=f"<p>{escape(' '.join(sentences))}</p>",
    )


def _changes(part: list[Any]) -> Iterator[str]:
    values = part[_VALUES]
    if len(values) > 2 and _is_number(values[1]) and _is_number(values[2]):
        yield f"Change: {values[1]:+.4g} ({values[2]:+.2f} %)."
    if _is_number(part[_BEFORE]):
        yield f"Previous close: {_number(part[_BEFORE])}."


def _news(part: list[Any]) -> Link:
    quotes = part[8] if len(part) > 8 and isinstance(part[8], list) else []
    return Link(
        url=absolute(part[0], part[0]),
        title=plain(part[1]),
        published=_moment([part[4]]),
        authors=texts([part[2]]),
        tags=texts(quote[_SYMBOL] for quote in quotes if isinstance(quote, list) and _is_quote(quote)),
        kind="news",
    )


def _moment(seconds: Any) -> datetime | None:
    if not (isinstance(seconds, list) and seconds and _is_number(seconds[0])):
        return None
    try:
        return datetime.fromtimestamp(seconds[0], UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(value: float) -> str:
    """As it stands: a pair such as CNY/VND or VND/JPY needs all its places, and no page has more than ten."""
    return f"{value:.10g}"
