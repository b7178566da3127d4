"""What a page says about itself: JSON-LD, microdata and meta elements, in that order of trust."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urljoin, urlsplit

from lxml import etree
from lxml.html import HtmlElement

from crawler.read.jsonld import Node, article_node, strings
from crawler.read.title import key_of

_TITLES = ("og:title", "twitter:title", "parsely-title", "sailthru.title", "dc.title", "citation_title")
_DATES = (
    *("article:published_time", "og:article:published_time", "datepublished", "article:published", "article.published"),
    *("parsely-pub-date", "sailthru.date", "iso-8601-publish-date", "itemdate", "bytedance:published_time"),
    *(
        "og:published_time",
        "og:release_date",
        "published_time",
        "publishdate",
        "publish-date",
        "publish_date",
        "pubdate",
    ),
    *("publicationdate", "publication_date", "citation_publication_date", "releasedate", "pwcreleasedate", "_pubtime"),
    *("apub:time", "article:create_at", "weibo: article:create_at", "dc.date.issued", "dcterms.issued", "dc.date"),
    *("dcterms.date", "dcterms.created", "dc.date.created", "datecreated", "date", "dcsext.pubdate"),
)
_AUTHORS = ("article:author", "parsely-author", "sailthru.author", "authors-name", "author", "byl", "dc.creator")
_SUMMARIES = ("og:description", "description", "twitter:description", "sailthru.description")
_TAGS = ("article:section", "article:tag", "parsely-tags", "sailthru.tags", "news_keywords", "keywords")
_SITES = ("og:site_name", "application-name", "apple-mobile-web-app-title", "dc.publisher", "copyright")
_MARKED = etree.XPath("descendant::*[@itemprop]")
_CODE = re.compile(r"[A-Z0-9:&_.-]+")
_ADDRESS = re.compile(r"https?://\S+")
_NOT_A_NAME = re.compile(r"@|^www\.|\d{4}|[<>{}]")
_BY = re.compile(r"^(?:by|von|par|作者|记者|文)\s*[::]?\s+|^(?:作者|记者|文)\s*[:：/]\s*", re.IGNORECASE)


@dataclass(slots=True)
class Metadata:
    """Candidates in order of trust; the reader of the page decides."""

    titles: list[str] = field(default_factory=list)
    dates: list[str] = field(default_factory=list)
    authors: list[str] = field(default_factory=list)
    summary: str = ""
    tags: list[str] = field(default_factory=list)
    site_names: list[str] = field(default_factory=list)
    canonical: str = ""


def read_metadata(root: HtmlElement, url: str) -> Metadata:
    """What the head of a page says of it: JSON-LD, microdata and meta elements."""
    node, meta = article_node(root, url), _meta(root)
    marked = [element for element in _MARKED(root) if element.tag != "meta"]
    sites = [*strings(node.get("publisher")), *(name for key in _SITES for name in meta.get(key, []))]
    authors = [strings(node.get("author")), _microdata_authors(marked), *(meta.get(key, []) for key in _AUTHORS)]
    return Metadata(
        titles=_clean(
            [
                *strings(node.get("headline") or node.get("heading")),
                *_microdata(marked, "headline"),
                *_all(meta, _TITLES),
            ]
        ),
        dates=[*strings(node.get("datePublished")), *_microdata_dates(marked), *_all(meta, _DATES)],
        authors=next((names for group in authors if (names := author_names(group, sites))), []),
        summary=next(
            iter(_clean([*_all(meta, _SUMMARIES[:2]), *strings(node.get("description")), *_all(meta, _SUMMARIES[2:])])),
            "",
        ),
        tags=_tags(node, meta),
        site_names=_clean(sites),
        canonical=_canonical(root, url),
    )


def author_names(raw: list[str], site_names: list[str]) -> list[str]:
    """People in *raw* bylines; the site's own name and profile addresses are no authors."""
    sites = [key for name in site_names if (key := key_of(name))]
    names = []
    for text in _clean(raw):
        for part in re.split(r"\s*[|;,，、；/]\s*|\s+(?:and|und|&)\s+", _ADDRESS.sub("", text)):
            name = _BY.sub("", part).strip(" .:：")
            if 1 < len(name) <= 60 and not _NOT_A_NAME.search(name) and not _is_site(key_of(name), sites):
                names.append(name)
    return list(dict.fromkeys(names))


def _is_site(name: str, sites: list[str]) -> bool:
    return any(name in site or (len(site) > 3 and site in name) for site in sites)


def _meta(root: HtmlElement) -> dict[str, list[str]]:
    """Contents of meta elements by name in lower case; some sites write ``value`` for ``content``."""
    found: dict[str, list[str]] = {}
    for element in root.iter("meta"):
        content = element.get("content") or element.get("value") or ""
        for attribute in ("property", "name", "itemprop"):
            name = (element.get(attribute) or "").strip().lower()
            if name and content.strip():
                found.setdefault(name, []).append(content.strip())
    return found


def _all(meta: dict[str, list[str]], names: tuple[str, ...]) -> list[str]:
    return [content for name in names for content in meta.get(name, [])]


def _clean(texts: list[str]) -> list[str]:
    """*texts* on one line each, entities that were escaped twice resolved, without repetitions."""
    return list(dict.fromkeys(clean for text in texts if (clean := " ".join(unescape(unescape(text)).split()))))


def _microdata(marked: list[HtmlElement], name: str) -> list[str]:
    found = [element for element in marked if element.get("itemprop") == name]
    return [element.get("content") or element.text_content() for element in found[:3]]


def _microdata_dates(marked: list[HtmlElement]) -> list[str]:
    found = [element for element in marked if "datePublished" in element.get("itemprop", "").split(" ")][:3]
    return [element.get("datetime") or element.get("content") or element.text_content() for element in found]


def _microdata_authors(marked: list[HtmlElement]) -> list[str]:
    people = [element for element in marked if element.get("itemprop") == "author"][:5]
    names = [person.xpath(".//*[@itemprop='name']")[:1] or [person] for person in people]
    return [name.get("content") or name.text_content() for (name,) in names]


def _tags(node: Node, meta: dict[str, list[str]]) -> list[str]:
    raw = [*strings(node.get("articleSection")), *strings(node.get("keywords")), *_all(meta, _TAGS)]
    tags = [tag.strip() for text in _clean(raw) for tag in re.split(r"[,，;；|、]", text) if 0 < len(tag.strip()) <= 60]
    codes = [tag for tag in tags if _CODE.fullmatch(tag)]
    if len(codes) >= 10:  # a wire's internal codes ("AER,AERO,AIRL,…") say nothing to a reader
        tags = [tag for tag in tags if tag not in codes]
    return list(dict.fromkeys(tags))


def _canonical(root: HtmlElement, url: str) -> str:
    """The address that the page gives for itself, if it is one of the same site; else empty."""
    for link in root.iter("link"):
        if "canonical" not in (link.get("rel") or "").lower().split():
            continue
        try:
            address = urljoin(url, (link.get("href") or "").strip())
            there, here = urlsplit(address), urlsplit(url)
        except ValueError:
            return ""
        if there.scheme in ("http", "https") and _same_site(there.hostname or "", here.hostname or ""):
            # A home page as canonical of every page would make one article of them all.
            return address if there.path.strip("/") or not here.path.strip("/") else ""
    return ""


def _same_site(there: str, here: str) -> bool:
    there, here = there.removeprefix("www."), here.removeprefix("www.")
    return bool(there and here) and (there == here or there.endswith("." + here) or here.endswith("." + there))
