"""KPMG: insights on semiconductors, by the sitemaps of the global, the US and the Chinese site."""

import json
import re
from dataclasses import replace

from crawler.read.dates import parse_date
from crawler.source import Selectors, Source, Thresholds
from crawler.way import JsonApi, Sitemap
from crawler.ways.words import SEMICONDUCTORS
from store.article import Article

_SITE = "https://kpmg.com"
_FIELDS = ("kpmg_title", "kpmg_description", "kpmg_url", "kpmg_article_date_time")
_ZONE = "Europe/Amsterdam"
_METADATA = re.compile(rb"\bkpmgMetaData\s*=\s*(\{.{0,20000}?\})\s*;?\s*(?:</script>|\n)", re.DOTALL)
_FACT = re.compile(rb"[\"']?(\w+)[\"']?\s*:\s*[\"']([^\"']*)[\"']")
_TEMPLATES = ("article-details-template", "insights-flexible-template", "editable-flex-template")


def address_of(url: str) -> str:
    """The site has moved from home.kpmg."""
    return re.sub(r"^https?://(www\.)?(home\.kpmg|kpmg\.com)(?=/)", _SITE, url)


def same_page(url: str) -> str:
    """One article stands in the trees of several countries, one PDF under three names; a translation is another."""
    url = re.sub(r"\.coredownload(\.inline)?(?=\.pdf)", "", address_of(url).split("?", 1)[0])
    return re.sub(rf"^{_SITE}/[a-z]{{2}}/(?=[a-z]{{2}}/)", f"{_SITE}/", url)


def article_of(page: bytes, article: Article) -> Article:
    """Pages of the old site tell their date in a script; how it is called there is not known for certain."""
    data = _METADATA.search(page)
    if article.published or not data:
        return article
    told = (
        parse_date(text.decode("utf-8", "replace"), timezone=_ZONE, captured=article.fetched)
        for name, text in _FACT.findall(data[1])
        if re.search(rb"date", name, re.IGNORECASE) and not re.search(rb"modif|update|expir", name, re.IGNORECASE)
    )
    return replace(article, published=next(filter(None, told), None))


def _search(tree: str, query: str, part: str) -> JsonApi:
    asked = {
        "query": query,
        "filters": {
            "all": [
                {"kpmg_tab_type": ["Insights"]},
                {"kpmg_article_type": ["Article-General"]},
                {"kpmg_template_type": [*_TEMPLATES, "editable-campaign-template"]},
            ]
        },
        "result_fields": {name: {"raw": {}} for name in _FIELDS},
        "page": {"size": 20, "current": 1},
        "sort": {"kpmg_filter_date": "desc"},
    }
    return JsonApi(
        f"{_SITE}/esearch/{tree}",
        body=json.dumps(asked),
        items="results",
        fields={
            "url": "kpmg_url.raw",
            "title": "kpmg_title.raw",
            "published": "kpmg_article_date_time.raw",
            "summary": "kpmg_description.raw",
        },
        page="page.current",
        pages=5,
        leave=True,
        part=part,
    )


SOURCE = Source(
    number=13,
    key="kpmg",
    name="KPMG",
    name_zh="毕马威",
    category="金融财务",
    address="https://home.kpmg/xx/en/home/insights.html",
    note="有较多行业数据",
    language="en",
    timezone=_ZONE,
    ways=(
        # The global site comes first: of the same article in two trees the first stands.
        Sitemap(f"{_SITE}/sitemap-index.xml", follow=r"/xx/en/sitemap\.xml", part="global"),
        Sitemap(f"{_SITE}/xx/en/sitemap.xml", part="global"),
        _search("xx-en", "semiconductor", part="global"),
        Sitemap(f"{_SITE}/us/en/sitemap.xml", part="usa"),
        Sitemap(f"{_SITE}/cn/zh/sitemap.xml", part="china"),
        _search("cn-zh", "半导体", part="china"),
    ),
    keep="full",
    enabled=True,
    why="The sitemaps are open; the search is asked last, and only where a live robots.txt leaves it open.",
    # Copies for printing and for programs are barred; careers and search pages are no articles.
    include=r"^https://kpmg\.com/(xx/en|us/en|cn/zh)/(?!.*\.(print|crawl)\.html)(?!.*/search\.html)(?!.*\.model\.json).+\.html$",
    words=SEMICONDUCTORS,
    selectors=Selectors(
        body=".bodytext-data", drop=".hidden-xs, .sr-only", files='.pdfdetails a[href*=".pdf"]::attr(href)'
    ),
    site_names=("KPMG", "KPMG International", "KPMG Global", "KPMG US", "KPMG China"),
    article_of=article_of,
    address_of=address_of,
    same_page=same_page,
    # A sitemap tells when a page was last built, and not every page when it was published.
    thresholds=Thresholds(published=0),
    from_link=("published",),
    delay=5.0,
)
