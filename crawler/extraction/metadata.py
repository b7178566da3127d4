"""Merges what JSON-LD, microdata and meta elements state about an article, by order of trust.

Each kind of metadata has a file that gives one ``PageFacts``: ``jsonld``, ``microdata``, ``opengraph``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain
from urllib.parse import urljoin, urlsplit

from lxml.html import HtmlElement

from crawler.extraction.jsonld import jsonld_facts
from crawler.extraction.microdata import microdata_facts
from crawler.extraction.opengraph import opengraph_facts
from crawler.extraction.page_facts import clean_texts
from crawler.extraction.title_key import title_key
from store.article import canonical_address, is_clean_address

_MAX_TAG = 60  # characters; longer ones are sentences
_AROUND_NAMES = " .:：[]\"'“”"
_MAX_NAME = 60  # characters
_CODES = 10  # so many tags in capitals are a news agency's internal codes
_CODE = re.compile(r"[A-Z0-9:&_.-]+")
_ADDRESS = re.compile(r"https?://\S+")
# colorlib: the maker of a template. The others stand where a template has the name.
_NOT_A_NAME = re.compile(
    r"@|^www\.|\d{4}|[<>{}]|^(?:colorlib|(?:the |your |full |first |last )?(?:author )?name|author|undefined|null|none"
    r"|nan|n/a|unknown|admin(?:istrator)?|管理员|佚名|匿名)$",
    re.IGNORECASE,
)
_BY = re.compile(r"^(?:by|von|par|作者|记者|文)\s*[::]?\s+|^(?:作者|记者|文)\s*[:：/]\s*", re.IGNORECASE)


@dataclass(slots=True)
class Metadata:
    """What a page states about its article, each list in order of trust. ``page`` chooses among titles and dates."""

    titles: list[str] = field(default_factory=list)
    dates: list[str] = field(default_factory=list)
    authors: list[str] = field(default_factory=list)
    summary: str = ""
    tags: list[str] = field(default_factory=list)
    body: str = ""
    site_names: list[str] = field(default_factory=list)
    canonical: str = ""
    free: bool | None = None
    paid_selectors: tuple[str, ...] = ()


def read_metadata(root: HtmlElement, url: str) -> Metadata:
    """The metadata of the page at *url*: JSON-LD first, then microdata, then meta elements.

    Only for the summary the page's own description goes first: the one in JSON-LD is often the site's.
    """
    opengraph, short = opengraph_facts(root)
    jsonld = jsonld_facts(root, url)
    preferred = (jsonld, microdata_facts(root), opengraph)
    sites = [site for facts in preferred for site in facts.sites]
    bylines = chain.from_iterable(facts.authors for facts in preferred)
    return Metadata(
        titles=clean_texts([title for facts in preferred for title in facts.titles]),
        dates=[date for facts in preferred for date in facts.dates],
        authors=next((names for byline in bylines if (names := author_names(byline, sites))), []),
        body=jsonld.body,
        summary=opengraph.summary or jsonld.summary or short.summary,
        tags=_tags([tag for facts in preferred for tag in facts.tags]),
        site_names=clean_texts(sites),
        canonical=_canonical(root, url),
        free=opengraph.free if jsonld.free is None else jsonld.free,
        paid_selectors=jsonld.paid_selectors,
    )


def author_names(bylines: Iterable[str], site_names: Iterable[str]) -> list[str]:
    """The people in *bylines*, each once; the site's own name and profile addresses are no authors."""
    sites = [key for name in site_names if (key := title_key(name))]
    names = []
    for text in clean_texts(list(bylines)):
        for part in re.split(r"\s*[|;,，、；/]\s*|\s+(?:and|und|&)\s+", _ADDRESS.sub("", text)):
            name = _BY.sub("", part).strip(_AROUND_NAMES)
            if 1 < len(name) <= _MAX_NAME and not _NOT_A_NAME.search(name) and not _is_site(title_key(name), sites):
                names.append(name)
    return list(dict.fromkeys(names))


def _is_site(name: str, sites: list[str]) -> bool:
    return any(name in site or (len(site) > 3 and site in name) for site in sites)


def _tags(stated: list[str]) -> list[str]:
    """The single tags of *stated*, where one text may hold several."""
    parts = (part.strip() for text in clean_texts(stated) for part in re.split(r"[,，;；|、]", text))
    tags = [tag for tag in parts if 0 < len(tag) <= _MAX_TAG]
    codes = [tag for tag in tags if _CODE.fullmatch(tag)]
    if len(codes) >= _CODES:  # "AER,AERO,AIRL,…" says nothing to a reader
        tags = [tag for tag in tags if tag not in codes]
    return list(dict.fromkeys(tags))


def _canonical(root: HtmlElement, url: str) -> str:
    """The address that the page declares as its own, if it is on the same site; else "".

    A home page as canonical address of every page would make one article of them all.
    """
    for link in root.iter("link"):
        if "canonical" not in (link.get("rel") or "").lower().split():
            continue
        try:
            address = urljoin(url, (link.get("href") or "").strip())
            declared, own = urlsplit(address), urlsplit(url)
            if not is_clean_address(canonical_address(address)):
                return ""
        except ValueError:
            return ""
        if declared.scheme in ("http", "https") and _same_site(declared.hostname or "", own.hostname or ""):
            return address if declared.path.strip("/") or not own.path.strip("/") else ""
    return ""


def _same_site(first: str, second: str) -> bool:
    first, second = first.removeprefix("www."), second.removeprefix("www.")
    return bool(first and second) and (first == second or first.endswith("." + second) or second.endswith("." + first))
