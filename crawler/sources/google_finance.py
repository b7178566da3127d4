"""Google Finance: a few quotes and the headlines on their pages, from the data blocks in them, only on demand."""

from crawler.discovery.methods import DataBlocks
from crawler.source import Source

_SITE = "https://www.google.com/finance"
# A symbol without its exchange is no longer found. That SOX exists is a guess.
_QUOTES = {
    "NVDA:NASDAQ": True,
    "TSM:NYSE": True,
    "INTC:NASDAQ": True,
    ".INX:INDEXSP": False,
    "SOX:INDEXNASDAQ": False,
}


def address_of(url: str) -> str:
    """The pages of 2026 are under /beta/; the address without it leads to either."""
    return url.replace(f"{_SITE}/beta/quote/", f"{_SITE}/quote/", 1)


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
    discovery=tuple(
        DataBlocks(f"{_SITE}/{place}/{symbol}?hl=en", verified=verified, part=symbol)
        for symbol, verified in _QUOTES.items()
        for place in ("beta/quote", "quote")
    ),
    keep="headline",
    enabled=False,
    why="The terms bar automation; on demand a handful of quotes is read, and news of others is named only.",
    read="entry",
    elsewhere=True,
    address_of=address_of,
    delay=10.0,
)
