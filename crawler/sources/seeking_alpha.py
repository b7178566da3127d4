"""Seeking Alpha: headlines and tickers from its feeds, which have two formats."""

import re
from dataclasses import replace
from typing import Any

from crawler.discovery.methods import Feed, Link, Listing
from crawler.discovery.topic_words import SEMICONDUCTORS
from crawler.source import Source

_SITE = "https://seekingalpha.com"
_TICKERS = ("NVDA", "TSM", "INTC", "AMD", "ASML", "AMAT", "LRCX", "KLAC", "MU", "QCOM", "AVGO", "TXN")
_KINDS = {"marketcurrent": "news", "news": "news", "article": "article", "pressrelease": "pr", "pr": "pr"}


def link_of(item: dict[str, Any], link: Link) -> Link | None:
    """An item is known by kind and number: news and articles are numbered separately, and links may be general."""
    guid = next((element["text"] for element in item.get("guid", ())), "")
    # In one format the guid is only the number, and the kind is in the link.
    named = re.search(r"/(MarketCurrent|PressRelease|article|news|pr)[:/](\d+)", guid, re.IGNORECASE)
    kind = named or re.search(r"seekingalpha\.com/(news|article|pr)/(\d+)", link.url)
    number = named[2] if named else guid if guid.isdecimal() else kind[2] if kind else ""
    if not number or not kind:
        return None
    categories = item.get("category", ())
    tickers = [ticker for category in categories if (ticker := _ticker(category))]
    tickers += [symbol["text"] for symbol in item.get("symbol", ()) if symbol["text"]]
    # The text for sharing names all tickers; the item shows only the first.
    for element in item.get("div", ()):
        tickers += re.findall(r"\$([A-Z][\w.:-]*)(?=[\s,])", element.get("data-tweet", "").split(" - ")[0] + " ")
    authors = [category["text"] for category in categories if category.get("type") == "author"]
    authors += [author["text"] for author in item.get("author_name", ())]
    return replace(
        link,
        url=f"{_SITE}/{_KINDS[kind[1].lower()]}/{number}",
        tags=tuple(dict.fromkeys(tickers)),
        authors=tuple(dict.fromkeys(authors)),
    )


def _ticker(category: dict[str, str]) -> str:
    """The ticker of *category*, from the address of the company's page; its text may be the company's name."""
    page = re.search(r"/symbol/([^/?#]+)", category.get("link") or category.get("domain") or "")
    return page[1] if page else category["text"] if category.get("type") == "symbol" else ""


_LIST_OF_2020 = Listing(
    f"{_SITE}/dividends/dividend-news",
    item="ul#mc-list > li.mc[id]",
    link=".title a::attr(href)",
    title=".title a",
    published="span.item-date",
    day_heading="ul#mc-list > li.date-title",
    next="link[rel=next]::attr(href)",
)

SOURCE = Source(
    number=14,
    key="seeking_alpha",
    name="Seeking Alpha",
    category="媒体",
    address="https://seekingalpha.com/",
    note="投资者的讨论比较多",
    language="en",
    timezone="America/New_York",
    discovery=(
        Feed(f"{_SITE}/market_currents.xml", part="news"),
        Feed(f"{_SITE}/feed.xml", part="articles"),
        *(
            Feed(f"{_SITE}/{place}/{ticker}.xml", verified=place != "symbol", part=ticker)
            for ticker in _TICKERS
            for place in ("api/sa/combined", "symbol")
        ),
    ),
    captured=(_LIST_OF_2020,),
    keep="headline",
    enabled=True,
    why="The feeds are open for personal use; the terms forbid scraping pages, so none is asked for.",
    read="entry",
    words=rf"{SEMICONDUCTORS}|(?m:^({'|'.join(_TICKERS)})$)",
    link_of=link_of,
)
