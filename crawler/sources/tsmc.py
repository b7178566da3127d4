"""TSMC: press releases by headline, annual and quarterly reports as their PDFs."""

from typing import Any

from crawler.source import Listing, Reports, Source

_PRESS: dict[str, Any] = {
    "item": "article.node--type-news",
    "title": ".article-title, a::text",
    "published": "time::attr(datetime)",
    "part": "press",
}
_FILE = r"\.pdf($|\?)|/encrypt_file/(reports|qr)/"

SOURCE = Source(
    number=4,
    key="tsmc",
    name="TSMC",
    name_zh="台积电",
    category="半导体科技",
    address="https://investor.tsmc.com/english/annual-reports",
    note="全球龙头，看年报季报",
    language="en",
    timezone="Asia/Taipei",
    ways=(
        Listing("https://pr.tsmc.com/english/latest-news", **_PRESS),
        Listing("https://pr.tsmc.com/english/news-archives", **_PRESS),
        Reports("https://investor.tsmc.com/english/annual-reports", file=_FILE, keep="full", part="annual"),
        Reports(
            "https://investor.tsmc.com/english/quarterly-results/{year}/q{quarter}",
            file=_FILE,
            years=2,
            keep="full",
            part="quarterly",
        ),
    ),
    keep="headline",
    enabled=True,
    why="Public documents; the investor host often answers with a challenge, so a run may come out degraded.",
    include=r"/english/news/\d+|/sites/ir/|/encrypt_file/",
    kind="news",
    site_names=("Taiwan Semiconductor Manufacturing Company Limited",),
    from_link=("title",),
)
