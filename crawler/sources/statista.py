"""Statista: robots.txt forbids collection; only its own interface, with the user's key, is a way in."""

from crawler.source import JsonApi, Source

SOURCE = Source(
    number=18,
    key="statista",
    name="Statista",
    category="媒体",
    address="https://www.statista.com/topics/1182/semiconductors/",
    note="行业指数",
    language="en",
    timezone="Europe/Berlin",
    ways=(
        JsonApi(
            "https://api.statista.ai/v1/statistics?q=semiconductor&platform=en&size=50&sort=1",
            items="items",
            fields={
                "url": "link",
                "title": "title",
                "published": "date",
                "summary": "description",
                "tags": "industries",
            },
        ),
    ),
    keep="headline",
    enabled=False,
    why="robots.txt forbids any collection, and the interface answers only to a key of the user's own.",
    read="entry",
    hosts=("www.statista.com",),
    kind="data",
    delay=10.0,
)
