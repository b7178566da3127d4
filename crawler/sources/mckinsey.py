"""McKinsey: insights on semiconductors; most are for registered users, so each page says what may be kept."""

import json
import re

import jmespath

from crawler.discovery.methods import Listing, Sitemap
from crawler.source import Selectors, Source, Thresholds
from store.article import Access

_NEXT_DATA = re.compile(
    rb"<script(?=[\s/])[^<>]{0,999}?\bid\s{0,9}=\s{0,9}[\"']?__NEXT_DATA__\b[^>]{0,999}>(.*?)(?:</script>|\Z)",
    re.DOTALL,
)
_STATUS = jmespath.compile(
    'props.pageProps.sitecoreContext.route.placeholders."jss-main"[].fields.data.articleTemplate'
    ".accessStatus.targetItem.key.value | [0]"
)


def address_of(url: str) -> str:
    """The query only says where a reader came from, not which page it is."""
    return url.split("?", 1)[0].rstrip("/")


def access_of(page: bytes) -> Access:
    """Full only where the page's JSON says AllUsers; ``meta[name=accesslevel]`` is "public" on closed pages, too."""
    script = _NEXT_DATA.search(page)
    try:
        status = _STATUS.search(json.loads(script[1])) if script else ""
    except ValueError:
        status = ""
    return "full" if status == "AllUsers" else "abstract"


_LIST = Listing(
    "https://www.mckinsey.com/industries/semiconductors/our-insights",
    item='div[class*="GeneralUp_mck-c-general-up__generic-item"], '
    'div[class*="GenericItem_mck-c-generic-item__content"]',
    link="h5 a::attr(href)",
    title="h5 a",
    published="time::attr(datetime) || time",
    summary='[class*="mck-c-generic-item__description"]',
)
_SELECTORS = Selectors(
    title='meta[property="og:title"]::attr(content)',
    published="meta[name=itemdate]::attr(content)",
    authors="meta[name=authors-name]::attr(content)",
    tags="meta[name=practice-name]::attr(content)",
    body='[data-layer-region="article-body"] .mdc-o-content-body',
    drop='[data-layer-region="downloads-right-rail"]',
)

SOURCE = Source(
    number=9,
    key="mckinsey",
    name="McKinsey",
    name_zh="麦肯锡",
    category="咨询",
    address="https://www.mckinsey.com/industries/semiconductors/our-insights",
    note="不定期更新",
    language="en",
    timezone="America/New_York",
    discovery=(
        Sitemap("https://www.mckinsey.com/sitemap.xml"),
        _LIST,
    ),
    keep="abstract",
    enabled=True,
    forbidden_by_terms=True,
    why="Metadata only: most articles are for registered users. McKinsey's terms forbid robots in their text, though "
    "robots.txt lets them in.",
    include=r"^https://www\.mckinsey\.com/(industries/semiconductors/our-insights/[^/?]+"
    r"|featured-insights/mckinsey-explainers/[^/?]*(semiconductor|chip|wafer)[^/?]*)$",
    selectors=_SELECTORS,
    site_names=("McKinsey", "McKinsey & Company"),
    address_of=address_of,
    access_of=access_of,
    # One page in seven is a summary with a link to a document.
    thresholds=Thresholds(length=0),
    delay=5.0,
)
