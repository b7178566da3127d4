"""Reads quote and news from the data blocks of Google Finance pages.

The numbers of the blocks change from page to page, so that a quote and a news item are recognized by their shape.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html import escape
from typing import Any
from urllib.parse import unquote, urlsplit

from parsel import Selector

from crawler.discovery.entry_page import EntryPage, EntryPageError, absolute_url, plain_text, plain_texts
from crawler.discovery.methods import DataBlocks, Link
from crawler.extraction.charset import decode
from crawler.source import Source

_BLOCK = re.compile(r"AF_initDataCallback\(\{[^{}]*?\bhash:\s*'[^']*',\s*data:")
_QUOTE_LENGTH = 22  # elements at least
# Positions in the list that is a quote.
_NAME, _CURRENCY, _VALUES, _BEFORE, _LATEST, _PAIR, _NORMAL, _SYMBOL = 2, 4, 5, 7, 11, 15, 17, 21


def read(method: DataBlocks, data: bytes, url: str, source: Source, captured: datetime) -> EntryPage:
    """Links for the quote that a page is about and the news on the page. Raises EntryPageError."""
    page = decode(data)
    blocks = list(_blocks(page))
    if not blocks:
        raise EntryPageError("a page without data blocks")
    canonical = Selector(text=page, type="html").css("link[rel=canonical]::attr(href)").get("")
    address = absolute_url(url, canonical) or url
    symbol = unquote(urlsplit(address).path.rsplit("/", 1)[-1])
    lists = [part for block in blocks for part in _lists(block)]
    quote = next((part for part in lists if _is_quote(part) and part[_SYMBOL] == symbol), None)
    # The page of an unknown symbol has status 200, other quotes and general news.
    if quote is None:
        return EntryPage()
    return EntryPage(links=[_quote(quote, address), *(_news(part) for part in lists if _is_news(part))])


def _blocks(page: str) -> Iterator[Any]:
    """The data of each block. Blocks that report an error have none; blocks that are no JSON are skipped."""
    decoder = json.JSONDecoder()
    for call in _BLOCK.finditer(page):
        try:
            yield decoder.raw_decode(page, call.end())[0]
        except (ValueError, RecursionError):
            continue


def _lists(block: Any) -> Iterator[list[Any]]:
    """Every list in *block*, at any depth, in the order of the page."""
    waiting = [block]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            yield part
            waiting += reversed(part)


def _is_quote(part: list[Any]) -> bool:
    """Is *part* a quote: long enough, with a symbol and a value?"""
    return (
        len(part) >= _QUOTE_LENGTH
        and isinstance(part[_SYMBOL], str)
        and isinstance(part[_VALUES], list)
        and bool(part[_VALUES])
        and _is_number(part[_VALUES][0])
    )


def _is_news(part: list[Any]) -> bool:
    """Is *part* a news item: address, title, publisher, picture, seconds since 1970?"""
    return (
        len(part) >= 5
        and all(isinstance(text, str) for text in part[:3])
        and part[0].startswith(("http://", "https://"))
        and bool(part[1].strip())
        and _is_number(part[4])
        and part[4] > 0
    )


def _quote(part: list[Any], url: str) -> Link:
    """Value, currency and time are in the title: of a quote only the headline may be kept."""
    symbol, name = part[_SYMBOL], plain_text(str(part[_NAME] or ""))
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
        tags=plain_texts([symbol, name, str(currency or "")]),
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
        url=absolute_url(part[0], part[0]),
        title=plain_text(part[1]),
        published=_moment([part[4]]),
        authors=plain_texts([part[2]]),
        tags=plain_texts(quote[_SYMBOL] for quote in quotes if isinstance(quote, list) and _is_quote(quote)),
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
    """Ten digits: no page shows more, and a pair such as VND/JPY needs them all."""
    return f"{value:.10g}"
