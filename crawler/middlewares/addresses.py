"""Refuses requests to addresses that no source may have: other schemes and ports, this machine, local networks."""

from __future__ import annotations

from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import CannotResolveHostError

from crawler.exceptions import LOCAL_URL, RefusedAddress
from crawler.resolver import PublicResolver
from store.public_addresses import refusal


class AddressesMiddleware:
    """Raises RefusedAddress before anything is sent; a name is looked up by ``PublicResolver``, which checks it too."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> AddressesMiddleware:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Raises RefusedAddress with the reason."""
        if request.url != LOCAL_URL and (reason := refusal(request.url, getattr(self.crawler.spider, "ports", ()))):
            self._refuse(request.url, reason)

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Says why a name was not resolved, before the retry middleware asks again."""
        host = urlsplit(request.url).hostname or ""
        if isinstance(exception, CannotResolveHostError) and host in PublicResolver.refused:
            self._refuse(request.url, f"{host} is {PublicResolver.refused[host]}, which is not a public address")

    def _refuse(self, url: str, reason: str) -> None:
        self.crawler.stats.inc_value("xinwen/refused")
        raise RefusedAddress(f"not asked: {reason}")
