"""Surveys a site that is to become a source: its feeds, sitemaps and lists, and what is read in one article."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import takewhile
from urllib.parse import urlsplit

from parsel import Selector

from crawler.authoring.fetch import Fetched, FetchFailed, SiteVisit
from crawler.discovery.entry_page import EntryPage, EntryPageError, absolute_url
from crawler.discovery.methods import DiscoveryMethod, Feed, Link, Listing, Sitemap
from crawler.discovery.reader import read_entry_page
from crawler.extraction import Unreadable, read_document
from crawler.extraction.charset import decode
from crawler.extraction.title_key import title_key
from crawler.source import Source, SourceError
from store.article import Article
from text.language import HAN

_USUAL_PATHS = ("/feed", "/rss.xml", "/feed.xml", "/sitemap.xml")
_ALTERNATE = 'link[rel~="alternate"][type="application/rss+xml"], link[rel~="alternate"][type="application/atom+xml"]'
_MAX_ADDRESSES = 8  # feeds and sitemaps that are tried: no more requests than a person who looks at the site makes
_HEADLINE = 15  # characters; a shorter link text is a menu entry, no headline
_HEADLINE_ZH = re.compile(rf"(?:[{HAN}]\W{{0,3}}){{6}}")
_MAX_CHILDREN = 3  # sitemaps of an index that are fetched
_MAX_ARTICLES = 3  # articles that are read until one has title, date and body
_ARTICLE_SITEMAP = re.compile(r"post|article|news|insight|blog|stor(?:y|ies)|release", re.IGNORECASE)
_NO_NAME = re.compile(r"home(?: ?page)?|index|welcome|news|首页|主页|网站首页", re.IGNORECASE)
_TITLE_SEPARATOR = re.compile(
    r"\s{1,9}[-–—|·:»]{1,9}\s{1,9}|\s{0,9}[|｜_—–]{1,9}\s{0,9}|(?<=[^\x00-\x7f])-|\s{0,9}::\s{0,9}"
)
_MAX_LINKS = 50  # of which the articles to read are chosen
_MIN_LINKS = 3  # links under one folder that count as a list of articles


@dataclass
class SurveyResult:
    """The result of a survey; ``notes`` are for the person who reviews the source."""

    methods: list[DiscoveryMethod] = field(default_factory=list)
    entry: str = ""
    """The sitemap whose links were read, where the first method is an index of sitemaps."""
    links: list[Link] = field(default_factory=list)
    article: Article | None = None
    site_name: str = ""
    notes: list[str] = field(default_factory=list)


class Survey(SiteVisit):
    """Fetches a page, robots.txt, the feeds and sitemaps that they name or that have usual paths, and an article."""

    def __init__(self, url: str, key: str, hosts: frozenset[str] | None = None, **arguments: object) -> None:
        port = urlsplit(url).port
        super().__init__(hosts=hosts, ports=frozenset([port] if port else []), **arguments)
        self.url, self.key, self.found = url, key, SurveyResult()

    async def visit(self) -> None:
        page = await self.get(self.url)
        root = Selector(text=decode(page.body, page.headers.get("Content-Type", "")), type="html")
        self.found.site_name = name_on(root, page.url)
        named = [absolute_url(page.url, href) for href in root.css(_ALTERNATE).css("::attr(href)").getall()]
        named += await self._sitemaps()
        usual = [absolute_url(page.url, path) for path in _USUAL_PATHS]
        for address in list(dict.fromkeys([*named, *usual]))[:_MAX_ADDRESSES]:
            await self._try(address)
        if not self.found.methods and (method := listing_on(root, page.url)):
            self._take(method, page)
        if not self.found.methods:
            raise FetchFailed("no feed, no sitemap and no list of articles found; write the file by hand")
        await self._read_article()

    async def _sitemaps(self) -> list[str]:
        robots = absolute_url(self.url, "/robots.txt")
        try:
            text = (await self.get(robots, "robots")).body.decode("utf-8", "replace")
        except FetchFailed as failure:
            self.found.notes.append(f"robots.txt: {failure}")
            return []
        return re.findall(r"(?im)^\s*sitemap:\s*(\S+)", text)

    async def _try(self, address: str) -> None:
        try:
            fetched = await self.get(address, "entry")
        except FetchFailed:
            return
        for method in (Feed(address), Sitemap(address)):
            if self._take(method, fetched) or (isinstance(method, Sitemap) and await self._take_index(method, fetched)):
                return

    def _take(self, method: DiscoveryMethod, fetched: Fetched) -> bool:
        entry = self._read(method, fetched)
        if not entry.links or any(type(method) is type(known) for known in self.found.methods):
            return False
        self.found.methods.append(method)
        self.found.links = self.found.links or entry.links
        self.found.notes.append(f"{type(method).__name__} {method.url}: {len(entry.links)} links")
        return True

    async def _take_index(self, index: Sitemap, fetched: Fetched) -> bool:
        """Takes *index* if it is an index of sitemaps and one of the likeliest children has links; whether it was."""
        known = any(isinstance(method, Sitemap) for method in self.found.methods)
        children = [] if known else self._read(index, fetched).further
        likely = sorted(children, key=lambda child: not _ARTICLE_SITEMAP.search(urlsplit(child).path))
        for child in likely[:_MAX_CHILDREN]:
            try:
                sitemap = await self.get(child, "entry")
            except FetchFailed as failure:
                self.found.notes.append(f"{child}: {failure}")
                continue
            if self._take(Sitemap(child), sitemap):
                self.found.entry = "" if self.found.methods[1:] else child
                self.found.methods[-1] = Sitemap(index.url, follow=follow_of(child, children))
                return True
        return False

    def _read(self, method: DiscoveryMethod, fetched: Fetched) -> EntryPage:
        hosts = {urlsplit(url).hostname or "" for url in (fetched.url, self.url)}
        source = provisional(self.key, self.url, (method,), hosts)
        try:
            return read_entry_page(method, fetched.body, fetched.url, source, fetched.time)
        except EntryPageError:
            return EntryPage()

    async def _read_article(self) -> None:
        # A sitemap names no titles: there the longest addresses are articles rather than parts of the site.
        links = self.found.links[:_MAX_LINKS]
        by_length = sorted(links, key=lambda link: len(link.url), reverse=True)
        for link in ([link for link in links if link.title] or by_length)[:_MAX_ARTICLES]:
            if await self._try_article(link):
                return
        if not links:
            self.found.notes.append("no article was read: no entry page links one")

    async def _try_article(self, link: Link) -> bool:
        """Reads the article of *link*; whether it has title, date and body.

        The result keeps the first article, and replaces it by the first complete one.
        """
        try:
            page = await self.get(link.url)
            source = provisional(self.key, self.url, tuple(self.found.methods), {urlsplit(link.url).hostname or ""})
            charset = page.headers.get("Content-Type", "")
            article = read_document(page.body, page.url, captured=page.time, source=source, charset=charset)
        except (FetchFailed, Unreadable) as failure:
            self.found.notes.append(f"{link.url}: {failure}")
            return False
        empty = [name for name in ("title", "published", "body") if not getattr(article, name)]
        if not empty or self.found.article is None:
            self.found.article = article
        how = "JSON-LD" if b"application/ld+json" in page.body else "no JSON-LD"
        read = f"no {', no '.join(empty)}: the source needs selectors" if empty else "title, date and text are read"
        self.found.notes.append(f"{link.url}: {how}; {read}")
        return not empty


def name_on(root: Selector, url: str) -> str:
    """The site's name on the page at *url*: from its metadata, else the part of its title that is like the host."""
    stated = root.css('meta[property="og:site_name"], meta[name="application-name"]').css("::attr(content)").get("")
    parts = [" ".join(part.split()) for part in _TITLE_SEPARATOR.split(root.css("title::text").get(""))]
    parts = [part for part in parts if part and not _NO_NAME.fullmatch(part)]
    host = title_key(urlsplit(url).hostname or "")
    return stated.strip() or next((part for part in parts if title_key(part) in host), next(iter(parts), ""))


def follow_of(child: str, children: list[str]) -> str:
    """A pattern that matches *child* and its numbered siblings in an index; "" where it would match all *children*."""
    name = urlsplit(child).path.rpartition("/")[2]
    kind = re.split(r"\d|\.", name)[0].rstrip("-_")
    pattern = re.escape(f"/{kind}")
    return "" if not kind or all(re.search(pattern, other) for other in children) else pattern


def provisional(key: str, url: str, methods: tuple[DiscoveryMethod, ...], hosts: set[str]) -> Source:
    """A source that keeps every link and every text, for reading a site that is no source yet."""
    return Source(
        number=1, key=key, name=key, category="媒体", address=url, note="-", language="en", timezone="UTC",
        discovery=methods, keep="full", enabled=False, why="-", hosts=tuple(hosts),
    )  # fmt: skip


def listing_on(root: Selector, url: str) -> Listing | None:
    """A listing of the links that may be articles: in the most frequent folder, with texts as long as headlines."""
    host, folders = urlsplit(url).hostname, Counter[str]()
    for a in root.css("a[href]"):
        address = absolute_url(url, a.attrib["href"])
        parts = urlsplit(address)
        text = " ".join(a.css("*::text").getall()).strip()
        long = len(text) >= _HEADLINE or _HEADLINE_ZH.search(text)
        if parts.hostname == host and long and parts.path.count("/") > 1:
            folders[parts.path[: parts.path.index("/", 1) + 1]] += 1
    if not folders or folders.most_common(1)[0][1] < _MIN_LINKS:
        return None
    try:
        method = Listing(url, item=f'a[href*="{folders.most_common(1)[0][0]}"]', link="::attr(href)", title="*::text")
        provisional("x", url, (method,), set())
    except SourceError:
        return None
    return method


def include_of(links: list[Link]) -> str:
    """A pattern of the folders that the addresses of *links* share; "" where they share only the host."""
    paths = [path for link in links if (path := urlsplit(link.url).path)]
    common = posixpath.commonpath(paths).split("/")[1:] if len(paths) > 1 else []
    # Not beyond a year or a number: later articles will have others.
    folders = list(takewhile(lambda word: word and not re.search(r"\d", word), common))
    return "/" + "".join(f"{re.escape(folder)}/" for folder in folders) if folders else ""
