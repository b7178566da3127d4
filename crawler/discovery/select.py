"""Selects the links of an entry page that are articles of the source: filters and duplicates, for all methods."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from urllib.parse import SplitResult, urlsplit

from crawler.discovery.entry_page import EntryPage, EntryPageError
from crawler.discovery.methods import Link
from crawler.extraction.time_limit import time_limit
from crawler.extraction.unreadable import Unreadable
from crawler.source import Source
from store.article import canonical_address

_MAX_SECONDS = 5.0  # of processor time that a pattern may take for one entry page
_MAX_TOPIC_TAGS = 12  # a round-up with more tags is about no one topic


def select(page: EntryPage, source: Source, language: str = "") -> EntryPage:
    """*page* with only the links that are articles of *source*. With *language*, other languages are dropped.

    Raises EntryPageError where a pattern of the source takes too long.
    """
    dropped = Counter(page.dropped)
    homes = _homes(source)
    links = merge_links((_mapped(link, source, homes) for link in page.links), source)
    dropped["duplicate"] += len(page.links) - len(links)
    links = _keep(links, lambda link: bool(link.url), dropped, "address")
    links = _keep(
        links, lambda link: source.elsewhere or urlsplit(link.url).hostname in source.allowed, dropped, "host"
    )
    with _in_time("include"):
        links = _keep(links, lambda link: bool(re.search(source.include, link.url)), dropped, "include")
    found = len(links)
    links = _keep(links, lambda link: not language or link.language in ("", language), dropped, "language")
    return EntryPage(links=links, further=page.further, found=found, dropped=+dropped)


def on_topic(links: list[Link], source: Source) -> list[Link]:
    """Those of *links* that match ``Source.words``; all where the source has none. Raises EntryPageError."""
    words = re.compile(source.words, re.IGNORECASE)
    with _in_time("words"):
        return [link for link in links if words.search(_topic_text(link))]


def is_wanted(link: Link, source: Source) -> bool:
    """Is *link* an article of *source* by its address and its topic?"""
    return bool(re.search(source.include, link.url)) and bool(on_topic([link], source))


@contextmanager
def _in_time(field: str) -> Iterator[None]:
    """Gives up on a pattern of a person's own that backtracks without end. Raises EntryPageError."""
    try:
        with time_limit(_MAX_SECONDS):
            yield
    except Unreadable as error:
        raise EntryPageError(f"the pattern {field} of the source: {error}") from None


def merge_links(links: Iterable[Link], source: Source) -> list[Link]:
    """One link per page. Of several the first is kept, with the fields that it lacks and the tags and files of all."""
    merged: dict[str, Link] = {}
    for link in links:
        key = page_key(link, source)
        merged[key] = _joined(merged[key], link) if key in merged else link
    return list(merged.values())


def page_key(link: Link, source: Source) -> str:
    """The key of the page at ``link.url``: equal for all its addresses."""
    return source.same_page(link.url) if source.same_page else canonical_address(link.url)


def newest_first(links: list[Link]) -> list[Link]:
    """*links* by date, newest first, undated ones last. The sort is stable: ties keep the site's order."""
    dated = [(date, link) for link in links if (date := _date(link))]
    dated.sort(key=lambda pair: pair[0], reverse=True)
    return [link for _, link in dated] + [link for link in links if not _date(link)]


def published_before(link: Link, since: datetime | None) -> bool:
    """Is it certain that *link* was published before *since*? A page last modified before *since* cannot be newer."""
    date = _date(link)
    return since is not None and date is not None and date < since


def _date(link: Link) -> datetime | None:
    return link.published or link.modified


def _mapped(link: Link, source: Source, homes: dict[str, SplitResult]) -> Link:
    """*link* with the address by which the source is stored."""
    url = _at_home(link.url, homes) if link.url else ""
    url = source.address_of(url) if source.address_of and url else url
    return link if url == link.url else replace(link, url=url)


def _homes(source: Source) -> dict[str, SplitResult]:
    """Addresses of the source's discovery methods by host without "www."; of several with one host the first."""
    return {_bare(parts.netloc): parts for method in reversed(source.discovery) if (parts := urlsplit(method.url))}


def _at_home(url: str, homes: dict[str, SplitResult]) -> str:
    """*url* with the scheme and host of the source's discovery methods: links may lack "www." or https."""
    parts = urlsplit(url)
    home = homes.get(_bare(parts.netloc))
    if home is None or (parts.scheme, parts.netloc) == (home.scheme, home.netloc):
        return url
    return parts._replace(scheme=home.scheme, netloc=home.netloc).geturl()


def _bare(host: str) -> str:
    return host.lower().removeprefix("www.")


def _joined(first: Link, second: Link) -> Link:
    """*first* with the fields that it lacks from *second*, and the tags and files of both."""
    missing = {
        name: getattr(second, name)
        for name in ("title", "published", "summary", "authors", "kind", "body", "modified", "language", "access")
        if not getattr(first, name)
    }
    tags, files = (
        dict.fromkeys(values + more) for values, more in ((first.tags, second.tags), (first.files, second.files))
    )
    return replace(first, **missing, tags=tuple(tags), files=tuple(files))


def _keep(links: list[Link], test: Callable[[Link], bool], dropped: Counter[str], reason: str) -> list[Link]:
    """The *links* that pass *test*; adds the number of others to ``dropped[reason]``."""
    kept = [link for link in links if test(link)]
    dropped[reason] += len(links) - len(kept)
    return kept


def _topic_text(link: Link) -> str:
    """The texts of *link* in which topic words are searched."""
    address_words = re.sub(r"[-_/+.]|%20", " ", urlsplit(link.url).path)
    tags = link.tags if len(link.tags) <= _MAX_TOPIC_TAGS else ()
    return "\n".join((address_words, link.title, link.summary, *tags))
