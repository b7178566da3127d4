"""Which links of an entry are the row's articles: the one place for filters and duplicates."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from urllib.parse import SplitResult, urlsplit

from crawler.source import Source
from crawler.way import Link
from crawler.ways.entry import Entry
from store.article import canonical_address

_ROUND_UP = 12  # tags


def select(entry: Entry, row: Source, language: str = "") -> Entry:
    """*entry* with only the links that are *row*'s own; *language*: only those of it, and those that name none."""
    dropped = Counter(entry.dropped)
    homes = _homes(row)
    links = merge((_mapped(link, row, homes) for link in entry.links), row)
    dropped["duplicate"] += len(entry.links) - len(links)
    links = _keep(links, lambda link: bool(link.url), dropped, "address")
    links = _keep(links, lambda link: row.elsewhere or urlsplit(link.url).hostname in row.allowed, dropped, "host")
    links = _keep(links, lambda link: bool(re.search(row.include, link.url)), dropped, "include")
    found = len(links)
    links = _keep(links, lambda link: not language or link.language in ("", language), dropped, "language")
    return Entry(links=links, further=entry.further, found=found, dropped=+dropped)


def of_the_trade(links: list[Link], row: Source) -> list[Link]:
    """Those of *links* that the row's words tell to be of the trade; all where the row has no words."""
    words = re.compile(row.words, re.IGNORECASE)
    return [link for link in links if words.search(_wording(link))]


def is_of(link: Link, row: Source) -> bool:
    """Is *link* an article of *row*, by its address and by its words?"""
    return bool(re.search(row.include, link.url)) and bool(of_the_trade([link], row))


def merge(links: Iterable[Link], row: Source) -> list[Link]:
    """One link an address; of several the first stands, with what it lacks and with the tags of all."""
    merged: dict[str, Link] = {}
    for link in links:
        key = key_of(link, row)
        merged[key] = _joined(merged[key], link) if key in merged else link
    return list(merged.values())


def key_of(link: Link, row: Source) -> str:
    """What is equal for links to one page."""
    return row.same_page(link.url) if row.same_page else canonical_address(link.url)


def newest_first(links: list[Link]) -> list[Link]:
    """*links* by date, undated ones last; where no link has a date the site's own order stands."""
    dated = [(date, link) for link in links if (date := _date(link))]
    dated.sort(key=lambda pair: pair[0], reverse=True)
    return [link for _, link in dated] + [link for link in links if not _date(link)]


def older(link: Link, since: datetime | None) -> bool:
    """Is it certain that *link* was published before *since*? A page last built before cannot be newer."""
    date = _date(link)
    return since is not None and date is not None and date < since


def _date(link: Link) -> datetime | None:
    return link.published or link.modified


def _mapped(link: Link, row: Source, homes: dict[str, SplitResult]) -> Link:
    url = _at_home(link.url, homes) if link.url else ""
    url = row.address_of(url) if row.address_of and url else url
    return link if url == link.url else replace(link, url=url)


def _homes(row: Source) -> dict[str, SplitResult]:
    """The addresses of the row's ways by their hosts; of several with one host the first counts."""
    return {_bare(parts.netloc): parts for way in reversed(row.ways) if (parts := urlsplit(way.url))}


def _at_home(url: str, homes: dict[str, SplitResult]) -> str:
    """*url* with the scheme and host by which the row's ways know the site: links may lack "www." or https."""
    parts = urlsplit(url)
    home = homes.get(_bare(parts.netloc))
    if home is None or (parts.scheme, parts.netloc) == (home.scheme, home.netloc):
        return url
    return parts._replace(scheme=home.scheme, netloc=home.netloc).geturl()


def _bare(host: str) -> str:
    return host.lower().removeprefix("www.")


def _joined(first: Link, second: Link) -> Link:
    lacking = {
        name: getattr(second, name)
        for name in ("title", "published", "summary", "authors", "kind", "body", "modified", "language", "access")
        if not getattr(first, name)
    }
    tags, files = (
        dict.fromkeys(one + other) for one, other in ((first.tags, second.tags), (first.files, second.files))
    )
    return replace(first, **lacking, tags=tuple(tags), files=tuple(files))


def _keep(links: list[Link], test: Callable[[Link], bool], dropped: Counter[str], reason: str) -> list[Link]:
    kept = [link for link in links if test(link)]
    dropped[reason] += len(links) - len(kept)
    return kept


def _wording(link: Link) -> str:
    words_of_address = re.sub(r"[-_/+.]|%20", " ", urlsplit(link.url).path)
    # A round-up that names dozens of companies is of no one trade.
    tags = link.tags if len(link.tags) <= _ROUND_UP else ()
    return "\n".join((words_of_address, link.title, link.summary, *tags))
