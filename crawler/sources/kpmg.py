"""KPMG: insights on semiconductors, by the sitemaps of the global, the US and the Chinese site."""

import json
import re
from dataclasses import replace

from crawler.discovery.methods import JsonApi, Sitemap
from crawler.discovery.topic_words import SEMICONDUCTORS
from crawler.extraction.dates import parse_date
from crawler.source import Selectors, Source, Thresholds
from store.article import Article

_SITE = "https://kpmg.com"
_FIELDS = ("kpmg_title", "kpmg_description", "kpmg_url", "kpmg_article_date_time")
_ZONE = "Europe/Amsterdam"
_METADATA = re.compile(rb"\bkpmgMetaData\s*=\s*(\{.{0,20000}?\})\s*;?\s*(?:</script>|\n|var\b)", re.DOTALL)
_FACT = re.compile(rb"[\"']?\b(\w{1,60})[\"']?\s{0,9}:\s{0,9}[\"']([^\"']{0,9999})[\"']")
_TEMPLATES = ("article-details-template", "insights-flexible-template", "editable-flex-template")


def address_of(url: str) -> str:
    """The site has moved from home.kpmg."""
    return re.sub(r"^https?://(www\.)?(home\.kpmg|kpmg\.com)(?=/)", _SITE, url)


def same_page(url: str) -> str:
    """An article is in the trees of several countries, a PDF has three names. Languages are different articles."""
    url = re.sub(r"\.coredownload(\.inline)?(?=\.pdf)", "", address_of(url).split("?", 1)[0])
    return re.sub(rf"^{_SITE}/[a-z]{{2}}/(?=[a-z]{{2}}/)", f"{_SITE}/", url)


def article_of(page: bytes, article: Article) -> Article:
    """Pages of the old site have their date in a script, by a name that varies."""
    data = _METADATA.search(page)
    if article.published or not data:
        return article
    dates = (
        parse_date(text.decode("utf-8", "replace"), timezone=_ZONE, captured=article.fetched)
        for name, text in _FACT.findall(data[1])
        if re.search(rb"date", name, re.IGNORECASE) and not re.search(rb"modif|update|expir", name, re.IGNORECASE)
    )
    return replace(article, published=next(filter(None, dates), None))


def _search(tree: str, query: str, part: str) -> JsonApi:
    query_body = {
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
        body=json.dumps(query_body),
        items="results",
        fields={
            "url": "kpmg_url.raw",
            "title": "kpmg_title.raw",
            "published": "kpmg_article_date_time.raw",
            "summary": "kpmg_description.raw",
        },
        page="page.current",
        pages=5,
        requires_robots=True,
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
    discovery=(
        # The global site comes first: of an article in two trees the first is kept.
        Sitemap(f"{_SITE}/sitemap-index.xml", follow=r"/xx/en/sitemap\.xml", part="global"),
        Sitemap(f"{_SITE}/xx/en/sitemap.xml", part="global"),
        _search("xx-en", "semiconductor", part="global"),
        Sitemap(f"{_SITE}/us/en/sitemap.xml", part="usa"),
        Sitemap(f"{_SITE}/cn/zh/sitemap.xml", part="china"),
        _search("cn-zh", "半导体", part="china"),
    ),
    keep="full",
    enabled=True,
    forbidden_by_terms=True,
    why="The sitemaps are open; the search is asked last, and only where a live robots.txt leaves it open. KPMG's "
    "terms forbid robots in their text, though robots.txt lets them in.",
    # Copies for printing and for programs are forbidden; careers and search pages are no articles.
    include=r"^https://kpmg\.com/(xx/en|us/en|cn/zh)/(?!.*\.(print|crawl)\.html)(?!.*/search\.html)(?!.*\.model\.json).+\.html$",
    words=SEMICONDUCTORS,
    selectors=Selectors(
        body=".bodytext-data", drop=".hidden-xs, .sr-only", files='.pdfdetails a[href*=".pdf"]::attr(href)'
    ),
    site_names=("KPMG", "KPMG International", "KPMG Global", "KPMG US", "KPMG China"),
    article_of=article_of,
    address_of=address_of,
    same_page=same_page,
    # Sitemaps have only the date of the last build, and not every page says when it was published.
    thresholds=Thresholds(published=0),
    from_link=("published",),
    delay=5.0,
)
