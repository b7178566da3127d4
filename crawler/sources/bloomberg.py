"""Bloomberg: headlines and descriptions from its feeds."""

from crawler.source import Feed, Source
from crawler.ways.words import SEMICONDUCTORS

SOURCE = Source(
    number=15,
    key="bloomberg",
    name="Bloomberg",
    name_zh="彭博",
    category="媒体",
    address="https://www.bloomberg.com/",
    note="行业新闻及指数",
    language="en",
    timezone="America/New_York",
    ways=tuple(
        Feed(f"https://feeds.bloomberg.com/{name}news.rss", part=name)
        for name in ("technology/", "industries/", "markets/", "")
    ),
    keep="abstract",
    enabled=True,
    why="The feeds are open; pages are blocked and the terms restrict reuse, so none is asked for.",
    read="entry",
    hosts=("www.bloomberg.com",),
    words=SEMICONDUCTORS,
)
