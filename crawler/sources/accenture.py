"""Accenture: insights and news on semiconductors, by the sitemaps."""

from crawler.source import Sitemap, Source
from crawler.ways.words import SEMICONDUCTORS

SOURCE = Source(
    number=11,
    key="accenture",
    name="Accenture",
    name_zh="埃森哲",
    category="咨询",
    address="https://www.accenture.com/us-en/services/high-tech/semiconductors",
    note="对TMT都比较专业",
    language="en",
    timezone="America/New_York",
    ways=(
        Sitemap("https://www.accenture.com/sitemap-index.xml", follow="us-en", part="insights"),
        Sitemap("https://newsroom.accenture.com/sitemap.xml", part="newsroom"),
    ),
    keep="full",
    enabled=True,
    why="The sitemaps are published for crawlers; only what is openly published is kept.",
    include=r"/us-en/(insights|blogs|industries|services)/|newsroom\.accenture\.com/news/\d{4}/",
    words=SEMICONDUCTORS,
    site_names=("Accenture",),
    delay=5.0,
)
