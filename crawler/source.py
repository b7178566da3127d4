"""What a source is: a value that says where its articles are found, how they read and what may be kept.

One file per source in ``crawler/sources/`` holds one ``Source``. A wrong row is refused at import.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from crawler.way import Credential, Document, Figures, Link, Sheets, Way
from store.article import Access, Article, Kind

Category = Literal["行业协会", "半导体科技", "咨询", "金融财务", "媒体"]
Read = Literal["page", "entry"]


class SourceError(ValueError):
    """A row of the source table is wrong; the message names its key and the reason."""


@dataclass(frozen=True)
class Selectors:
    """CSS selectors for an article page, tried before anything generic; ``body`` may name several places.

    ``drop`` removes elements before reading; ``stop`` is a pattern: the body ends before the paragraph it matches;
    ``skip`` one of paragraphs that are left out. ``files`` finds links to documents, which are kept as links.
    """

    title: str = ""
    published: str = ""
    authors: str = ""
    tags: str = ""
    summary: str = ""
    body: str = ""
    files: str = ""
    drop: str = ""
    stop: str = ""
    skip: str = ""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What is worse than this is ``degraded``: the shares of a run's articles that have a date and a text, and the
    median length of their bodies in characters.

    Dates of reports and filings do not count, nor texts where only a headline may be kept.
    """

    published: float = 0.5
    text: float = 0.8
    length: int = 150


@dataclass(frozen=True)
class Source:
    """One row of the source table."""

    number: int
    key: str
    name: str
    category: Category
    address: str
    note: str
    language: Literal["zh", "en"]
    timezone: str
    ways: tuple[Way, ...]
    keep: Access
    enabled: bool
    why: str
    name_zh: str = ""
    captured: tuple[Way, ...] = ()
    """Ways that read files which people already have, of markup that is gone or must not be asked for; never asked."""
    read: Read = "page"
    """``page``: every link is fetched and read; ``entry``: what the feed or list says is all we take."""
    hosts: tuple[str, ...] = ()
    """Hosts that may be asked; further ones (files on a CDN) beside those of the ways in."""
    entry_stands_in: bool = False
    """Of an article whose page is refused, what the entry says of it is kept."""
    elsewhere: bool = False
    """Links lead to pages of others, which are named and never asked for."""
    credential: Credential | None = None
    include: str = ""
    """Only addresses that match this pattern are articles."""
    words: str = ""
    """Only articles whose address, title, summary or tags match this pattern, in any case, are of the trade."""
    kind: Kind = "news"
    selectors: Selectors = Selectors()
    site_names: tuple[str, ...] = ()
    """Tails and heads that the site glues to its titles (``… | McKinsey``)."""
    address_of: Callable[[str], str] | None = None
    """Maps an address of this site to the one that stands for the page (dead hosts, twins)."""
    address_with: Callable[[str, str], str] | None = None
    """Address and title to what stands for the article, where one address holds several articles in turn."""
    same_page: Callable[[str], str] | None = None
    """What is equal for all addresses of one page, where a site gives it several; None: the address itself.

    Where that is an address itself, the page is remembered by it, and known in later runs at whatever address.
    """
    link_of: Callable[[dict[str, Any], Link], Link | None] | None = None
    """Makes better what was read of one item of a feed or JSON reply, from the item itself; None drops it."""
    document_of: Callable[[Document, Link], Link | None] | None = None
    """Makes better what was read of one document of a list of reports; None drops it."""
    article_of: Callable[[bytes, Article], Article] | None = None
    """Makes better what was read of a page, from its bytes."""
    workbook_of: Callable[[Sheets, str], Figures] | None = None
    """Reads a workbook, from its sheets and the name of the file; None: workbooks are linked, not read."""
    link_of_address: Callable[[str], Link | None] | None = None
    """What an address alone tells of an article, for addresses that people bring."""
    access_of: Callable[[bytes], Access] | None = None
    """Decides from a page's bytes how much of it may be kept, where that differs from page to page."""
    dated_by_files: bool = False
    """The site's pages have no date; the document of an article tells it, by its name or on its first pages."""
    from_link: tuple[str, ...] = ()
    """Fields that the entry knows better than the page; all others are the page's where it has them."""
    delay: float = 2.0
    """Seconds between two requests to one host."""
    at_once: int = 1
    """Requests under way at the same time; a site is asked for one thing at a time unless it is known not to mind."""
    minimum_links: int = 1
    """A list with fewer links than this is broken, not quiet."""
    thresholds: Thresholds = Thresholds()
    allowed: frozenset[str] = field(init=False, default=frozenset())

    @property
    def credentials(self) -> tuple[Credential, ...]:
        """What of the user's own any of its ways may want."""
        return tuple(dict.fromkeys(one for way in self.ways if (one := credential_of(way, self))))

    def __post_init__(self) -> None:
        from crawler.row_checks import reasons_against  # which imports this module

        hosts = {urlsplit(way.url).hostname or "" for way in self.ways} | set(self.hosts)
        object.__setattr__(self, "allowed", frozenset(hosts))
        for reason in reasons_against(self):
            raise SourceError(f"source {self.key or self.number}: {reason}")


def credential_of(way: Way, row: Source) -> Credential | None:
    """The key or session that *way* wants."""
    return getattr(way, "credential", None) or row.credential
