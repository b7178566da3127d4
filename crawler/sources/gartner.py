"""Gartner: closed to programs; headlines come in by hand."""

from crawler.source import Listing, Source

SOURCE = Source(
    number=8,
    key="gartner",
    name="Gartner",
    name_zh="高德纳",
    category="咨询",
    address="https://www.gartner.com/en/newsroom",
    note="不定期更新",
    language="en",
    timezone="America/New_York",
    ways=(
        Listing(
            "https://www.gartner.com/en/newsroom/archive",
            item='a[href*="/en/newsroom/press-releases/"]',
            link="::attr(href)",
            title="::text",
        ),
    ),
    keep="headline",
    enabled=False,
    why="robots.txt and the pages answered 403 to a plain client, which means: do not crawl.",
    read="entry",
    include=r"/newsroom/press-releases/\d{4}-\d\d-\d\d-",
    delay=10.0,
)
