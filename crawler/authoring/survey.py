"""A look at a site that is to become a source: its feeds, sitemaps and lists, and how one article reads."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import takewhile
from urllib.parse import urlsplit

from parsel import Selector

from crawler.fetch import Fetched, FetchFailed, Visit
from crawler.read import Unreadable, read_document
from crawler.read.charset import decode
from crawler.read.title import key_of
from crawler.source import Source, SourceError
from crawler.way import Feed, Link, Listing, Sitemap, Way
from crawler.ways import Entry, EntryError, read_entry
from crawler.ways.entry import absolute
from store.article import Article

_USUAL = ("/feed", "/rss.xml", "/feed.xml", "/sitemap.xml")
_ALTERNATE = 'link[rel~="alternate"][type="application/rss+xml"], link[rel~="alternate"][type="application/atom+xml"]'
_MOST = 8  # addresses that are tried; a person's look at a site takes no more
_HEADLINE = 15  # characters of a link that may be one
_HEADLINE_ZH = re.compile(r"(?:[\u4e00-\u9fff]\W{0,3}){6}")
_CHILDREN = 3  # of an index of sitemaps that are looked at
_TRIED = 3  # articles that are read until one is whole
_OF_ARTICLES = re.compile(r"post|article|news|insight|blog|stor(?:y|ies)|release", re.IGNORECASE)
_NO_NAME = re.compile(r"home(?: ?page)?|index|welcome|news|首页|主页|网站首页", re.IGNORECASE)
_PARTS = re.compile(r"\s+[-–—|·:»]+\s+|\s*[|｜_—–]+\s*|(?<=[^\x00-\x7f])-|\s*::\s*")
_LOOKED_AT = 50
_FEWEST = 3  # links of one make that are a list


@dataclass
class Found:
    """What the survey has found; ``notes`` are for the person who reviews the row."""

    ways: list[Way] = field(default_factory=list)
    entry: str = ""
    """The sitemap that was read, where the first way in is an index of such."""
    links: list[Link] = field(default_factory=list)
    article: Article | None = None
    site_name: str = ""
    notes: list[str] = field(default_factory=list)


class Survey(Visit):
    """Asks for robots.txt, the page given, the feeds and sitemaps that they or custom name, and one article."""

    def __init__(self, url: str, key: str, hosts: frozenset[str] | None = None, **arguments: object) -> None:
        super().__init__(hosts=hosts, **arguments)
        self.url, self.key, self.found = url, key, Found()

    async def visit(self) -> None:
        page = await self.get(self.url)
        root = Selector(text=decode(page.body, page.headers.get("Content-Type", "")), type="html")
        self.found.site_name = name_on(root, page.url)
        named = [absolute(page.url, href) for href in root.css(_ALTERNATE).css("::attr(href)").getall()]
        named += await self._sitemaps()
        usual = [absolute(page.url, path) for path in _USUAL]
        for address in list(dict.fromkeys([*named, *usual]))[:_MOST]:
            await self._try(address)
        if not self.found.ways and (way := listing_on(root, page.url)):
            self._take(way, page)
        if not self.found.ways:
            raise FetchFailed("no feed, no sitemap and no list of articles found; write the row by hand after another")
        await self._read_one()

    async def _sitemaps(self) -> list[str]:
        robots = absolute(self.url, "/robots.txt")
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
        for way in (Feed(address), Sitemap(address)):
            if self._take(way, fetched) or (isinstance(way, Sitemap) and await self._take_index(way, fetched)):
                return

    def _take(self, way: Way, fetched: Fetched) -> bool:
        entry = self._read(way, fetched)
        if not entry.links or any(type(way) is type(one) for one in self.found.ways):
            return False
        self.found.ways.append(way)
        self.found.links = self.found.links or entry.links
        self.found.notes.append(f"{type(way).__name__} {way.url}: {len(entry.links)} links")
        return True

    async def _take_index(self, index: Sitemap, fetched: Fetched) -> bool:
        """Is it an index of sitemaps, one of which leads to pages? The likeliest are looked at."""
        known = any(isinstance(way, Sitemap) for way in self.found.ways)
        children = [] if known else self._read(index, fetched).further
        likely = sorted(children, key=lambda child: not _OF_ARTICLES.search(urlsplit(child).path))
        for child in likely[:_CHILDREN]:
            try:
                found = await self.get(child, "entry")
            except FetchFailed as failure:
                self.found.notes.append(f"{child}: {failure}")
                continue
            if self._take(Sitemap(child), found):
                self.found.entry = "" if self.found.ways[1:] else child
                self.found.ways[-1] = Sitemap(index.url, follow=follow_of(child, children))
                return True
        return False

    def _read(self, way: Way, fetched: Fetched) -> Entry:
        hosts = {urlsplit(url).hostname or "" for url in (fetched.url, self.url)}
        row = provisional(self.key, self.url, (way,), hosts)
        try:
            return read_entry(way, fetched.body, fetched.url, row, fetched.time)
        except EntryError:
            return Entry()

    async def _read_one(self) -> None:
        # A sitemap names no titles: there the longest addresses are articles rather than parts of the site.
        links = self.found.links[:_LOOKED_AT]
        by_length = sorted(links, key=lambda link: len(link.url), reverse=True)
        for link in ([link for link in links if link.title] or by_length)[:_TRIED]:
            if await self._is_whole(link):
                return
        if not links:
            self.found.notes.append("no article was read: no entry leads to one")

    async def _is_whole(self, link: Link) -> bool:
        """Reads the article of *link*; the first, or the first that has all, is kept. Has this one all?"""
        try:
            page = await self.get(link.url)
            row = provisional(self.key, self.url, tuple(self.found.ways), {urlsplit(link.url).hostname or ""})
            charset = page.headers.get("Content-Type", "")
            article = read_document(page.body, page.url, captured=page.time, source=row, charset=charset)
        except (FetchFailed, Unreadable) as failure:
            self.found.notes.append(f"{link.url}: {failure}")
            return False
        empty = [name for name in ("title", "published", "body") if not getattr(article, name)]
        if not empty or self.found.article is None:
            self.found.article = article
        how = "JSON-LD" if b"application/ld+json" in page.body else "no JSON-LD"
        read = f"no {', no '.join(empty)}: the row needs selectors" if empty else "title, date and text are read"
        self.found.notes.append(f"{link.url}: {how}; {read}")
        return not empty


def name_on(root: Selector, url: str) -> str:
    """What the page at *url* calls its site: by its metadata, else by that part of its title that is like the host."""
    stated = root.css('meta[property="og:site_name"], meta[name="application-name"]').css("::attr(content)").get("")
    parts = [" ".join(part.split()) for part in _PARTS.split(root.css("title::text").get(""))]
    parts = [part for part in parts if part and not _NO_NAME.fullmatch(part)]
    host = key_of(urlsplit(url).hostname or "")
    return stated.strip() or next((part for part in parts if key_of(part) in host), next(iter(parts), ""))


def follow_of(child: str, children: list[str]) -> str:
    """A pattern of *child* and its further numbers among the *children* of an index; "" where it fits them all."""
    name = urlsplit(child).path.rpartition("/")[2]
    kind = re.split(r"\d|\.", name)[0].rstrip("-_")
    pattern = re.escape(f"/{kind}")
    return "" if not kind or all(re.search(pattern, other) for other in children) else pattern


def provisional(key: str, url: str, ways: tuple[Way, ...], hosts: set[str]) -> Source:
    """A row that lets everything through, to read with."""
    return Source(
        number=1, key=key, name=key, category="媒体", address=url, note="-", language="en", timezone="UTC",
        ways=ways, keep="full", enabled=False, why="-", hosts=tuple(hosts),
    )  # fmt: skip


def listing_on(root: Selector, url: str) -> Listing | None:
    """The links on a page that may be its articles: those under one folder, with texts as long as headlines."""
    host, folders = urlsplit(url).hostname, Counter[str]()
    for a in root.css("a[href]"):
        address = absolute(url, a.attrib["href"])
        parts = urlsplit(address)
        text = " ".join(a.css("*::text").getall()).strip()
        long = len(text) >= _HEADLINE or _HEADLINE_ZH.search(text)
        if parts.hostname == host and long and parts.path.count("/") > 1:
            folders[parts.path[: parts.path.index("/", 1) + 1]] += 1
    if not folders or folders.most_common(1)[0][1] < _FEWEST:
        return None
    try:
        way = Listing(url, item=f'a[href*="{folders.most_common(1)[0][0]}"]', link="::attr(href)", title="*::text")
        provisional("x", url, (way,), set())
    except SourceError:
        return None
    return way


def include_of(links: list[Link]) -> str:
    """A pattern of what the addresses of *links* have in common, where that is more than the host."""
    paths = [path for link in links if (path := urlsplit(link.url).path)]
    common = posixpath.commonpath(paths).split("/")[1:] if len(paths) > 1 else []
    # A year or a number is common to what is there today, and not to what comes.
    folders = list(takewhile(lambda word: word and not re.search(r"\d", word), common))
    return "/" + "".join(f"{re.escape(folder)}/" for folder in folders) if folders else ""
