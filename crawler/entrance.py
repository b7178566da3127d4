"""Getting in: a source's ways, tried in order until one of each part yields links."""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from crawler.asking import request_of, secret_of
from crawler.middlewares import FAILURES, Blocked, Locked
from crawler.source import Feed, Fixed, Link, Source, Way
from crawler.ways import addresses, describe, limit_of, parts, read_entry
from crawler.ways.entry import EmptyReply, Entry, EntryError, LoginNeeded
from crawler.ways.select import merge, of_the_trade, older

logger = logging.getLogger(__name__)


class WayFailed(Exception):
    """A way in yields nothing; the message says why."""


class WayEmpty(WayFailed):
    """Nothing at all was sent, as sites under load do: worth one more try, later."""


class WayQuiet(WayFailed):
    """A way in is alive and has nothing to tell; no fault."""


class WayLocked(WayFailed):
    """A way in asks for a key or session of the user's own."""


class Refusal(WayFailed):
    """The site does not want us."""


class NotYet(WayFailed):
    """No such page: of an address made for a year or quarter it means that the time has not come."""


@dataclass
class _Gathered:
    links: list[Link] = field(default_factory=list)
    found: int = 0
    unchanged: int = 0
    awaited: int = 0
    failures: list[str] = field(default_factory=list)


class Entrance:
    """One run's search for links; what it tries and finds is counted in the crawler's stats."""

    def __init__(self, row: Source, crawler: Crawler, limit: int = 0, since: datetime | None = None) -> None:
        self.row = row
        self.crawler = crawler
        self.limit = limit
        self.since = since
        self.failed = 0

    async def links(self) -> list[Link]:
        """Links of every part of the row, each address once."""
        links: list[Link] = []
        taken: list[str] = []
        again = [await self._part(ways, links, taken) for ways in parts(self.row)]
        for ways in again:
            await self._part(ways, links, taken, last=True)
        self.crawler.stats.set_value("xinwen/ways", taken)
        merged = merge(links, self.row)
        self._count("links/dropped/duplicate", len(links) - len(merged))
        return merged

    async def _part(self, ways: list[Way], links: list[Link], taken: list[str], last: bool = False) -> list[Way]:
        """Adds what the first of *ways* that yields links leads to; when none does, those to try again later."""
        again = []
        for way in ways:
            try:
                found = await self._links_of(way)
            except WayFailed as failure:
                if isinstance(failure, WayEmpty) and not last:
                    again.append(way)
                else:
                    self._report(way, failure)
                continue
            taken.append(describe(way))
            links += found
            return []
        return again

    async def _links_of(self, way: Way) -> list[Link]:
        if isinstance(way, Fixed):
            fixed = self._chosen(read_entry(way, b"", way.url, self.row, datetime.now(UTC)))
            return self._judged(_Gathered(fixed.links, fixed.found))
        if self.row.credential and not secret_of(self.row.credential):
            raise WayLocked(f"login needed: {self.row.credential.variable} holds no key or session")
        gathered = _Gathered()
        starts = addresses(way, datetime.now(UTC))
        waiting, seen, more = deque(starts), set(starts), limit_of(way)
        while waiting:
            url = waiting.popleft()
            try:
                entry = await self._entry(way, url)
            except (WayEmpty, WayQuiet, WayLocked):
                raise
            except WayFailed as failure:
                gathered.failures.append(f"{url}: {failure}" if url != way.url else str(failure))
                gathered.awaited += isinstance(failure, NotYet) and len(starts) > 1
                if isinstance(failure, Refusal) and len(starts) > 1:
                    break  # asking on for each further quarter would be to insist
                continue
            if entry is None:
                gathered.unchanged += 1
                continue
            gathered.links += entry.links
            gathered.found += entry.found
            for address in entry.further:
                if more and address not in seen and self._goes_on(entry, gathered):
                    more -= 1
                    seen.add(address)
                    waiting.append(address)
        return self._judged(gathered)

    def _judged(self, gathered: _Gathered) -> list[Link]:
        self._count("links/found", gathered.found)
        self._count("entries/unchanged", gathered.unchanged)
        self._count("entries/failed", len(gathered.failures) - gathered.awaited)
        self._count("entries/awaited", gathered.awaited)
        if gathered.found < self.row.minimum_links and not gathered.unchanged:
            too_few = f"{gathered.found} links, {self.row.minimum_links} are the least"
            raise WayFailed("; ".join(gathered.failures) or too_few)
        return gathered.links

    def _goes_on(self, entry: Entry, gathered: _Gathered) -> bool:
        """Is a further page worth a request? Not when there is enough, or the last page was all too old."""
        if self.limit and len(gathered.links) >= self.limit:
            return False
        return not entry.links or not all(older(link, self.since) for link in entry.links)

    async def _entry(self, way: Way, url: str) -> Entry | None:
        """What the reply at *url* leads to; None when the site says that it has not changed."""
        response = await self._reply(way, url)
        if response.status == 304:
            return None
        if response.status == 404:
            raise NotYet("HTTP 404")
        if response.status != 200:
            raise WayFailed(f"HTTP {response.status}")
        try:
            entry = read_entry(way, response.body, response.url, self.row, datetime.now(UTC))
        except LoginNeeded as error:
            raise WayLocked(str(error)) from None
        except EmptyReply as error:
            raise WayEmpty(str(error)) from None
        except EntryError as error:
            raise WayFailed(str(error)) from None
        if isinstance(way, Feed) and not (entry.found or entry.dropped):
            raise WayQuiet("a living channel without items")
        return self._chosen(entry)

    def _chosen(self, entry: Entry) -> Entry:
        """*entry* with the links that are of the trade; the others are counted."""
        for reason, number in entry.dropped.items():
            self._count(f"links/dropped/{reason}", number)
        wanted = of_the_trade(entry.links, self.row)
        self._count("links/dropped/words", len(entry.links) - len(wanted))
        return replace(entry, links=wanted)

    async def _reply(self, way: Way, url: str) -> Response:
        self._count("entries/asked", 1)
        try:
            return await self.crawler.engine.download_async(request_of(way, url, self.row))
        except Locked as error:
            raise WayLocked(f"login needed: {error}") from None
        except Blocked as error:
            raise Refusal(str(error)) from None
        except IgnoreRequest as error:
            raise WayFailed(str(error)) from None
        except FAILURES as error:
            raise WayFailed(f"{type(error).__name__}: {error}") from None

    def _count(self, name: str, number: int) -> None:
        if number:
            self.crawler.stats.inc_value(f"xinwen/{name}", number)

    def _report(self, way: Way, reason: WayFailed) -> None:
        if isinstance(reason, WayQuiet):
            self._count("entries/quiet", 1)
            logger.info("%s: %s: %s", self.row.key, describe(way), reason)
            return
        if isinstance(reason, WayLocked):
            self.crawler.stats.set_value("xinwen/login_needed", str(reason))
        self.failed += 1
        self.crawler.stats.set_value(f"xinwen/way/failed/{self.failed}", f"{describe(way)}: {reason}")
        logger.warning("%s: %s: %s", self.row.key, describe(way), reason)
