"""Google Finance: news cards of a few quote pages, only on demand."""

from crawler.source import Listing, Source

_QUOTES = ("NVDA:NASDAQ", "TSM:NYSE", "INTC:NASDAQ")

SOURCE = Source(
    number=16,
    key="google_finance",
    name="Google Finance",
    name_zh="谷歌财经",
    category="媒体",
    address="https://www.google.com/finance/",
    note="行业新闻及指数",
    language="en",
    timezone="UTC",
    ways=tuple(
        Listing(
            f"https://www.google.com/finance/beta/quote/{quote}",
            item="div.LIT7If",
            link="a[href]::attr(href)",
            title="div.TQWIEd",
            authors="div.WrUjhf",
            part=quote,
        )
        for quote in _QUOTES
    ),
    keep="headline",
    enabled=False,
    why="The terms bar automation, and the markup of the news cards changes often.",
    read="entry",
    delay=10.0,
)
