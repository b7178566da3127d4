"""Facts of an article from meta elements: OpenGraph (ogp.me), Dublin Core and the names that news sites use."""

from __future__ import annotations

from lxml.html import HtmlElement

from crawler.extraction.page_facts import PageFacts, first_text

# Names in lower case, the most trusted first.
_TITLES = ("og:title", "twitter:title", "parsely-title", "sailthru.title", "dc.title", "citation_title")
_DATES = (
    *("article:published_time", "og:article:published_time", "datepublished", "article:published", "article.published"),
    *("parsely-pub-date", "sailthru.date", "iso-8601-publish-date", "itemdate", "bytedance:published_time"),
    *("og:published_time", "og:release_date", "published_time", "publishdate", "publish-date", "publish_date"),
    *("pubdate", "publicationdate", "publication_date", "citation_publication_date", "releasedate", "pwcreleasedate"),
    *("_pubtime", "apub:time", "article:create_at", "weibo: article:create_at", "dc.date.issued", "dcterms.issued"),
    *(
        "published",
        "published-date",
        "w-published-date",
        "published-time",
        "published-at",
        "publication-date",
        "posted-on",
    ),
    *("dc.date", "dcterms.date", "dcterms.created", "dc.date.created", "datecreated", "date", "dcsext.pubdate"),
)
_AUTHORS = ("article:author", "parsely-author", "sailthru.author", "authors-name", "author", "byl", "dc.creator")
_SUMMARIES = ("og:description", "description")
_SHORT_SUMMARIES = ("twitter:description", "sailthru.description")
_TAGS = ("article:section", "article:tag", "parsely-tags", "sailthru.tags", "news_keywords", "keywords")
_TIERS = ("isaccessibleforfree", "article:content_tier")
_FREE = {"true": True, "free": True, "false": False, "locked": False}
_SITES = ("og:site_name", "application-name", "apple-mobile-web-app-title", "dc.publisher", "copyright")


def opengraph_facts(root: HtmlElement) -> tuple[PageFacts, PageFacts]:
    """What the meta elements state, and apart from it the summaries for Twitter and newsletters.

    Those are often shortened, so a summary in JSON-LD goes before them and after the page's own description.
    """
    contents = _meta_contents(root)
    facts = PageFacts(
        titles=_all(contents, _TITLES),
        dates=_all(contents, _DATES),
        authors=tuple(tuple(contents.get(name, ())) for name in _AUTHORS),
        summary=first_text([*_all(contents, _SUMMARIES)]),
        sites=_all(contents, _SITES),
        free=_FREE.get(first_text([*_all(contents, _TIERS)]).lower()),
        tags=_all(contents, _TAGS),
    )
    return facts, PageFacts(summary=first_text([*_all(contents, _SHORT_SUMMARIES)]))


def _meta_contents(root: HtmlElement) -> dict[str, list[str]]:
    """Contents of meta elements by their name in lower case; some sites write ``value`` for ``content``."""
    contents: dict[str, list[str]] = {}
    for element in root.iter("meta"):
        content = (element.get("content") or element.get("value") or "").strip()
        for attribute in ("property", "name", "itemprop"):
            name = (element.get(attribute) or "").strip().lower()
            if name and content:
                contents.setdefault(name, []).append(content)
    return contents


def _all(contents: dict[str, list[str]], names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(content for name in names for content in contents.get(name, ()))
