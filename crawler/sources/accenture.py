"""Accenture: insights and news on semiconductors, by the sitemaps."""

import re
from dataclasses import replace

from crawler.discovery.methods import Listing, Sitemap
from crawler.discovery.topic_words import SEMICONDUCTORS
from crawler.source import Selectors, Source, Thresholds
from store.article import Article

_INDEX = "https://www.accenture.com/sitemap-index.xml"
_PAGE = "https://www.accenture.com/us-en/services/high-tech/semiconductors"
_REPORT = re.compile(rb">\s*RESEARCH REPORT\s*<")


def address_of(url: str) -> str:
    """The query (``?src=SOMS&``) only says where a reader came from, not which page it is."""
    return url.split("?", 1)[0]


def same_page(url: str) -> str:
    """Older links to the page of an industry end in ``-index``."""
    return address_of(url).removesuffix("/").removesuffix("-index")


def article_of(page: bytes, article: Article) -> Article:
    """Research reports are recognized only by a label on the page."""
    return replace(article, kind="report") if _REPORT.search(page) else article


SOURCE = Source(
    number=11,
    key="accenture",
    name="Accenture",
    name_zh="埃森哲",
    category="咨询",
    address=_PAGE,
    note="对TMT都比较专业",
    language="en",
    timezone="America/New_York",
    discovery=(
        # The names of the child sitemaps may change: where none is of this locale, all are read.
        Sitemap(_INDEX, follow="us-en", part="insights"),
        Sitemap(_INDEX, part="insights"),
        Listing(_PAGE, item="main a[href]", link="::attr(href)", title="*", verified=False, part="insights"),
        Sitemap("https://newsroom.accenture.com/sitemap.xml", part="newsroom"),
    ),
    keep="full",
    enabled=True,
    why="The sitemaps are published for crawlers; only what is openly published is kept.",
    # Without copies of an article under other locales; careers and search are forbidden and no articles.
    include=r"^https://www\.accenture\.com/us-en/(insights|blogs|industries|services)/[^?]+"
    r"|^https://newsroom\.accenture\.com/news/\d{4}/",
    # Of most pages only the address is known, where "semi" may be short for semiconductors.
    words=rf"{SEMICONDUCTORS}|\bsemis?\b(?! (annual|final|truck|skilled|structured|autonomous|custom|permanent))",
    selectors=Selectors(
        skip=r"^\s*(\d+[- ]minute read|RESEARCH REPORT|<<<\s*(Start|End)\s*>>>)\s*$",
        files='a[href*="/content/"][href$=".pdf"]::attr(href)',
    ),
    site_names=("Accenture",),
    address_of=address_of,
    same_page=same_page,
    article_of=article_of,
    # Insights may have no date other than that of the last build.
    thresholds=Thresholds(published=0),
    delay=5.0,
)
