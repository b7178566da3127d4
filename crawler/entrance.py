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
from crawler.ledger import Ledger, Shown
from crawler.middlewares import FAILURES, Blocked, Locked, told
from crawler.samples import today
from crawler.session import in_session
from crawler.source import Source, credential_of
from crawler.walls import asks_for_login
from crawler.way import Feed, Fixed, JsonApi, Link, Listing, Way
from crawler.ways import addresses, describe, limit_of, parts, read_entry
from crawler.ways.entry import EmptyReply, Entry, EntryError, LoginNeeded
from crawler.ways.select import key_of, merge, of_the_trade, older

_CONDITIONS = {b"If-None-Match", b"If-Modified-Since"}

logger = logging.getLogger(__name__)


class WayFailed(Exception):
    """A way in yields nothing; the message says why."""


class WayEmpty(WayFailed):
    """Nothing at all was sent, as sites under load do: worth one more try, later."""


class WayQuiet(WayFailed):
    """A way in is alive and has nothing to tell; no fault."""


class WayLocked(WayFailed):
    """A way in asks for a key or session of the user's own."""


class NoKey(WayLocked):
    """The user has given no key or session for this way in."""


class Refusal(WayFailed):
    """The site does not want us."""


class NotYet(WayFailed):
    """No such page: of an address made for a year or quarter it means that the time has not come."""


@dataclass
class _Gathered:
    """The replies of one way; those that have not changed are empty until they are asked for whole."""

    way: Way
    read: dict[str, Entry] = field(default_factory=dict)
    unchanged: list[str] = field(default_factory=list)
    awaited: int = 0
    failures: list[str] = field(default_factory=list)

    @property
    def links(self) -> list[Link]:
        return [link for entry in self.read.values() for link in entry.links]


class Entrance:
    """One run's search for links; what it tries and finds is counted in the crawler's stats."""

    def __init__(self, row: Source, crawler: Crawler, limit: int = 0, since: datetime | None = None) -> None:
        self.row = row
        self.crawler = crawler
        self.limit = limit
        self.since = since
        self.failed = 0
        self.ledger = Ledger.of(crawler)
        self.ledger.partial = bool(limit or since)

    async def links(self) -> list[Link]:
        """Links of every part of the row, each address once."""
        taken: list[_Gathered] = []
        again = [await self._part(ways, taken) for ways in parts(self.row)]
        for ways in again:
            await self._part(ways, taken, last=True)
        await self._complete(taken)
        for gathered in taken:
            self._show(gathered)
        self.crawler.stats.set_value("xinwen/ways", [describe(gathered.way) for gathered in taken])
        links = [link for gathered in taken for link in gathered.links]
        merged = merge(links, self.row)
        self.ledger.drop("duplicate", len(links) - len(merged))
        return merged

    async def _part(self, ways: list[Way], taken: list[_Gathered], last: bool = False) -> list[Way]:
        """Adds to *taken* the first of *ways* that yields links; when none does, those to try again later."""
        again, alive, keyless = [], False, []
        for way in ways:
            try:
                taken.append(await self._gather(way))
                return []
            except NoKey as failure:
                keyless.append((way, failure))
            except WayFailed as failure:
                if isinstance(failure, WayEmpty) and not last:
                    again.append(way)
                else:
                    self._report(way, failure)
                    alive |= isinstance(failure, WayQuiet | WayLocked)
        # One key is enough where several doors, each with its own, lead to the same.
        for way, reason in keyless if len(keyless) == len(ways) else ():
            alive = True
            self._report(way, reason)
        # Ways that are only guessed may all be wrong; where one was seen to work, something has changed.
        if not (again or alive):
            self._count("parts/failed", int(any(getattr(way, "verified", True) for way in ways)))
        return again

    async def _gather(self, way: Way) -> _Gathered:
        gathered = _Gathered(way)
        if isinstance(way, Fixed):
            self._note(gathered, way.url, read_entry(way, b"", way.url, self.row, datetime.now(UTC)))
            self._judge(gathered)
            return gathered
        credential = credential_of(way, self.row)
        if credential and not secret_of(credential):
            raise NoKey(f"login needed: {credential.variable} holds no key or session")
        starts = addresses(way, today())
        waiting, seen, more = deque(starts), set(starts), limit_of(way)
        while waiting:
            url = waiting.popleft()
            try:
                entry = await self._entry(gathered, url)
            except (WayEmpty, WayQuiet, WayLocked):
                self.ledger.drop("way", len(gathered.links))
                raise
            except WayFailed as failure:
                gathered.failures.append(f"{url}: {failure}" if url != way.url else str(failure))
                if isinstance(failure, NotYet) and len(starts) > 1:
                    gathered.awaited += 1
                else:
                    self.ledger.mishaps.append((url, "entry", str(failure)))
                if isinstance(failure, Refusal) and len(starts) > 1:
                    break  # asking on for each further quarter would be to insist
                continue
            for address in entry.further:
                if more and address not in seen and self._goes_on(entry, gathered):
                    more -= 1
                    seen.add(address)
                    waiting.append(address)
        self._judge(gathered)
        return gathered

    def _judge(self, gathered: _Gathered) -> None:
        """Raises WayFailed when there is too little in what was gathered."""
        self._count("entries/unchanged", len(gathered.unchanged))
        self._count("entries/failed", len(gathered.failures) - gathered.awaited)
        self._count("entries/awaited", gathered.awaited)
        found = sum(entry.found for entry in gathered.read.values())
        if found < self.row.minimum_links and not gathered.unchanged:
            self.ledger.drop("way", len(gathered.links))
            self._count("ways/short", int(bool(gathered.read)))
            raise WayFailed("; ".join(gathered.failures) or f"{found} links, {self.row.minimum_links} are the least")

    async def _complete(self, taken: list[_Gathered]) -> None:
        """Ask whole for what has not changed, where its links are put together with others that may have.

        An article made of what several entries say of it would otherwise lose what the unchanged ones say.
        """
        if not (self.row.read == "entry" or self.row.keep == "headline") or not any(found.links for found in taken):
            return
        for gathered in taken:
            for url in gathered.unchanged:
                if not gathered.read[url].further:
                    try:
                        await self._entry(gathered, url, whole=True)
                    except WayFailed as failure:
                        gathered.failures.append(f"{url}: {failure}")
                        self.ledger.mishaps.append((url, "entry", str(failure)))

    def _show(self, gathered: _Gathered) -> None:
        """Note in the ledger what was read, so that it need not be read again when nothing has changed."""
        way = gathered.way
        if gathered.failures:
            self.ledger.spoiled.add(describe(way))
        for url, entry in gathered.read.items():
            if url not in gathered.unchanged:
                self.ledger.shown[self._name(way, url)] = Shown(
                    describe(way),
                    frozenset(key_of(link, self.row) for link in entry.links),
                    # Only an index leads to entries that change while it does not.
                    [] if entry.links else entry.further,
                    alone=not isinstance(way, JsonApi | Listing),
                    complete=getattr(way, "complete", False),
                )

    def _name(self, way: Way, url: str) -> str:
        """What the entry is remembered by: several ways may read one address, each in its own manner."""
        place = [one for one in self.row.ways if one.url == way.url].index(way)
        return f"{url}#{place}" if place else url

    def _goes_on(self, entry: Entry, gathered: _Gathered) -> bool:
        """Is a further page worth a request? Not when there is enough, or the last page was all too old."""
        if self.limit and len(gathered.links) >= self.limit:
            return False
        return not entry.links or not all(older(link, self.since) for link in entry.links)

    async def _entry(self, gathered: _Gathered, url: str, whole: bool = False) -> Entry:
        """What the reply at *url* leads to; where the site says that it has not changed, what is remembered of it."""
        response = await self._reply(gathered.way, url, whole)
        if response.status == 304:
            assert response.request
            if not _CONDITIONS.intersection(response.request.headers) and "digest" not in response.meta:
                raise WayFailed("HTTP 304 to a request without conditions")
            gathered.unchanged.append(url)
            gathered.read[url] = Entry(further=response.meta.get("further", []))
            return gathered.read[url]
        if response.status == 404:
            raise NotYet("HTTP 404")
        if response.status != 200:
            raise WayFailed(f"HTTP {response.status}")
        if asks_for_login(response.body):
            raise WayLocked("login needed: the reply is a page to log in by")
        # The reply's own address has lost the fragment, which tells pages of one address apart.
        asked = response.request.url if response.request else response.url
        try:
            entry = read_entry(gathered.way, response.body, asked, self.row, datetime.now(UTC))
        except LoginNeeded as error:
            raise WayLocked(str(error)) from None
        except EmptyReply as error:
            raise WayEmpty(str(error)) from None
        except EntryError as error:
            raise WayFailed(str(error)) from None
        if isinstance(gathered.way, Feed) and not (entry.found or entry.dropped):
            raise WayQuiet("a living channel without items")
        return self._note(gathered, url, entry)

    def _note(self, gathered: _Gathered, url: str, entry: Entry) -> Entry:
        """*entry* with the links that are of the trade; the others are counted."""
        self.ledger.find(len(entry.links) + entry.dropped.total())
        for reason, number in entry.dropped.items():
            self.ledger.drop(reason, number)
        wanted = of_the_trade(entry.links, self.row)
        self.ledger.drop("words", len(entry.links) - len(wanted))
        gathered.read[url] = replace(entry, links=wanted)
        return gathered.read[url]

    async def _reply(self, way: Way, url: str, whole: bool) -> Response:
        request = request_of(way, url, self.row)
        # "whole": an answer that nothing has changed would not do.
        request.meta.update(entry=self._name(way, url), whole=whole)
        self._count("entries/asked", 1)
        try:
            if isinstance(way, JsonApi) and way.tool:
                request = await in_session(request, self.crawler)
            return await self.crawler.engine.download_async(request)
        except Locked as error:
            raise WayLocked(f"login needed: {error}") from None
        except Blocked as error:
            raise Refusal(str(error)) from None
        except IgnoreRequest as error:
            raise WayFailed(str(error)) from None
        except FAILURES as error:
            raise WayFailed(told(error)) from None

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
