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
from crawler.source import Source, SourceError
from crawler.way import Feed, Link, Listing, Sitemap, Way
from crawler.ways import EntryError, read_entry
from crawler.ways.entry import absolute
from store.article import Article

_USUAL = ("/feed", "/rss.xml", "/feed.xml", "/sitemap.xml")
_ALTERNATE = 'link[rel~="alternate"][type="application/rss+xml"], link[rel~="alternate"][type="application/atom+xml"]'
_MOST = 8  # addresses that are tried; a person's look at a site takes no more
_HEADLINE = 15  # characters of a link that may be one
_LOOKED_AT = 50
_FEWEST = 3  # links of one make that are a list


@dataclass
class Found:
    """What the survey has found; ``notes`` are for the person who reviews the row."""

    ways: list[Way] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    article: Article | None = None
    structured: bool = False
    site_name: str = ""
    notes: list[str] = field(default_factory=list)


class Survey(Visit):
    """Asks for robots.txt, the page given, the feeds and sitemaps that they or custom name, and one article."""

    def __init__(self, url: str, key: str, hosts: frozenset[str] | None = None, **arguments: object) -> None:
        super().__init__(hosts=hosts, **arguments)
        self.url, self.key, self.found = url, key, Found()

    async def visit(self) -> None:
        page = await self.get(self.url)
        root = Selector(text=page.body.decode("utf-8", "replace"), type="html")
        self.found.site_name = root.css('meta[property="og:site_name"]::attr(content)').get("").strip()
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
            if self._take(way, fetched):
                return

    def _take(self, way: Way, fetched: Fetched) -> bool:
        row = provisional(self.key, self.url, (way,), {urlsplit(fetched.url).hostname or ""})
        try:
            entry = read_entry(way, fetched.body, fetched.url, row, fetched.time)
        except EntryError:
            return False
        if not (entry.links or entry.further) or any(type(way) is type(one) for one in self.found.ways):
            return False
        self.found.ways.append(way)
        self.found.links = self.found.links or entry.links
        self.found.notes.append(f"{type(way).__name__} {way.url}: {len(entry.links)} links")
        return True

    async def _read_one(self) -> None:
        # A sitemap names no titles: there the longest address is an article rather than a part of the site.
        links = self.found.links[:_LOOKED_AT]
        link = next((link for link in links if link.title), None) or max(
            links, key=lambda link: len(link.url), default=None
        )
        if link is None:
            self.found.notes.append("no article was read: the entry leads to further entries only")
            return
        try:
            page = await self.get(link.url)
            row = provisional(self.key, self.url, tuple(self.found.ways), {urlsplit(link.url).hostname or ""})
            self.found.article = read_document(page.body, page.url, captured=page.time, source=row)
        except (FetchFailed, Unreadable) as failure:
            self.found.notes.append(f"{link.url}: {failure}")
            return
        self.found.structured = b"application/ld+json" in page.body
        empty = [name for name in ("title", "published", "body") if not getattr(self.found.article, name)]
        how = "JSON-LD" if self.found.structured else "no JSON-LD"
        read = f"no {', no '.join(empty)}: the row needs selectors" if empty else "title, date and text are read"
        self.found.notes.append(f"{link.url}: {how}; {read}")


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
        if parts.hostname == host and len(text) >= _HEADLINE and parts.path.count("/") > 1:
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
