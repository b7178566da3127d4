"""Reuters: headlines on semiconductors from the news sitemap, only on demand."""

import re
from dataclasses import replace

from crawler.discovery.methods import Feed, JsonApi, Sitemap
from crawler.discovery.topic_words import SEMICONDUCTORS
from crawler.source import Source
from store.article import Article

_FEEDS = "https://www.reuters.com/arc/outboundfeeds"


def article_of(page: bytes, article: Article) -> Article:
    """For pages that users bring: drops the texts for screen readers, which say that a link opens a tab."""
    return replace(article, body=re.sub(r"\s*,?\s*\bopens new tab\b", "", article.body))


_SECTION = JsonApi(
    "https://www.reuters.com/world/",
    embedded_after=r"\bFusion\.globalContent\s*=\s*",
    items="result.articles",
    fields={
        "url": "canonical_url",
        "title": "title",
        # The page shows display_time and updated_time instead.
        "published": "published_time",
        "summary": "description",
        # Without the id of an author, which is a mail address.
        "authors": "authors[].name",
        "tags": "[kicker.name, primary_tag.text]",
    },
)

SOURCE = Source(
    number=17,
    key="reuters",
    name="Reuters",
    name_zh="路透社",
    category="媒体",
    address="https://www.reuters.com/news/archive/rbssSemiconductors",
    note="行业新闻有专栏",
    language="en",
    timezone="UTC",
    discovery=(
        Sitemap(f"{_FEEDS}/news-sitemap-index/?outputType=xml", follow="/news-sitemap/", language="en", pages=5),
        Sitemap(f"{_FEEDS}/news-sitemap/?outputType=xml", language="en"),
    ),
    captured=(Feed("http://feeds.reuters.com/Reuters/worldNews"), _SECTION),
    keep="headline",
    enabled=False,
    why="The terms ask for prior permission and plain clients are refused; on demand it reads the news sitemap only.",
    read="entry",
    include=r"^https://www\.reuters\.com/(technology|business)/",
    words=SEMICONDUCTORS,
    article_of=article_of,
    delay=5.0,
)
