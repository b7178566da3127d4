"""半导体行业观察: Chinese news of the trade, on the host that is alive."""

import re

from crawler.source import Selectors, Source
from crawler.way import Listing

_SITE = "http://www.semi-insights.com"


def address_of(url: str) -> str:
    """The user's domain has lapsed and may become someone else's: its addresses live on under the new host.

    The new host's certificate is not valid, so plain http it is.
    """
    return re.sub(r"^https?://(www\.)?semi-?insights\.com(?=/|$)", _SITE, url, flags=re.IGNORECASE)


def same_page(url: str) -> str:
    """The number makes the article; its category may change."""
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
    more=f"{_SITE}/index.php?m=content&c=index&a=showmore&page={{page}}",
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
    ways=(_LIST,),
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
