"""半导体行业观察: Chinese semiconductor news, on the host that still exists."""

import re

from crawler.discovery.methods import Listing
from crawler.source import Selectors, Source

_SITE = "http://www.semi-insights.com"


def address_of(url: str) -> str:
    """The old domain has lapsed and may be sold: its addresses are mapped to the new host, which has the same pages.

    Plain http, as the certificate of the new host is invalid.
    """
    return re.sub(r"^https?://(www\.)?semi-?insights\.com(?=/|$)", _SITE, url, flags=re.IGNORECASE)


def same_page(url: str) -> str:
    """An article is known by its number; its category may change."""
    return url.rsplit("/", 1)[-1]


_LIST = Listing(
    f"{_SITE}/",
    item="li.clearfix.bor",
    link="h5 a::attr(href)",
    title="h5 a",
    published="span.date",
    summary="p",
    authors="span.a-author",
    tags="span.a-name > a::attr(title)",
    page_url=f"{_SITE}/index.php?m=content&c=index&a=showmore&page={{page}}",
    pages=3,
)

SOURCE = Source(
    number=20,
    key="semiinsights",
    name="semi-insights",
    name_zh="半导体行业观测",
    category="媒体",
    address="http://semiinsights.com/",
    note="中文新闻，一手报道比较少",
    language="zh",
    timezone="Asia/Shanghai",
    discovery=(_LIST,),
    keep="abstract",
    enabled=True,
    why="Open pages on the new host; the user's own domain is dead.",
    include=r"/s/\w+/\d+/\d+\.shtml",
    selectors=Selectors(title="h1"),
    site_names=("半导体行业观察",),
    address_of=address_of,
    same_page=same_page,
    from_link=("published",),
)
