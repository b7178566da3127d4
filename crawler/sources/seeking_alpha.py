"""Seeking Alpha: headlines and tickers from its feeds, which come in two shapes."""

import re
from dataclasses import replace
from typing import Any

from crawler.source import Source
from crawler.way import Feed, Link, Listing
from crawler.ways.words import SEMICONDUCTORS

_SITE = "https://seekingalpha.com"
_TICKERS = ("NVDA", "TSM", "INTC", "AMD", "ASML", "AMAT", "LRCX", "KLAC", "MU", "QCOM", "AVGO", "TXN")
_KINDS = {"marketcurrent": "news", "news": "news", "article": "article", "pressrelease": "pr", "pr": "pr"}


def link_of(item: dict[str, Any], link: Link) -> Link | None:
    """Kind and number make the item: news and articles are numbered apart, and a link may be a general one."""
    guid = next((one["text"] for one in item.get("guid", ())), "")
    # The guid of one shape is no more than the number, and the link tells the kind.
    named = re.search(r"/(MarketCurrent|PressRelease|article|news|pr)[:/](\d+)", guid, re.IGNORECASE)
    kind = named or re.search(r"seekingalpha\.com/(news|article|pr)/(\d+)", link.url)
    number = named[2] if named else guid if guid.isdecimal() else kind[2] if kind else ""
    if not number or not kind:
        return None
    categories = item.get("category", ())
    tickers = [ticker for one in categories if (ticker := _ticker(one))]
    tickers += [one["text"] for one in item.get("symbol", ()) if one["text"]]
    # The line that the page offers for sharing names all tickers; the item shows the first.
    for one in item.get("div", ()):
        tickers += re.findall(r"\$([A-Z][\w.:-]*)(?=[\s,])", one.get("data-tweet", "").split(" - ")[0] + " ")
    authors = [one["text"] for one in categories if one.get("type") == "author"]
    authors += [one["text"] for one in item.get("author_name", ())]
    return replace(
        link,
        url=f"{_SITE}/{_KINDS[kind[1].lower()]}/{number}",
        tags=tuple(dict.fromkeys(tickers)),
        authors=tuple(dict.fromkeys(authors)),
    )


def _ticker(category: dict[str, str]) -> str:
    """What *category* stands for, by the address of the company's page; its text may be the company's name."""
    page = re.search(r"/symbol/([^/?#]+)", category.get("link") or category.get("domain") or "")
    return page[1] if page else category["text"] if category.get("type") == "symbol" else ""


_LIST_OF_2020 = Listing(
    f"{_SITE}/dividends/dividend-news",
    item="ul#mc-list > li.mc[id]",
    link=".title a::attr(href)",
    title=".title a",
    published="span.item-date",
    day="ul#mc-list > li.date-title",
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
    ways=(
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
