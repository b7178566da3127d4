"""Refuses requests to addresses that no source may have: other schemes and ports, this machine, local networks."""

from __future__ import annotations

from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import CannotResolveHostError

from crawler.exceptions import LOCAL_URL, RefusedAddress
from crawler.resolver import PublicResolver, is_local_name, is_public, literal_address

_PORTS = {"http": 80, "https": 443}
_LONGEST_LABEL, _LONGEST_NAME = 63, 253  # RFC 1035, 2.3.4


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


def refusal(url: str, ports: frozenset[int] | tuple[int, ...] = ()) -> str:
    """Why *url* may not be asked; "" where it may. *ports*: those that are allowed beside 80 and 443."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        return str(error)
    if parts.scheme not in _PORTS:
        return f"scheme {parts.scheme!r} is neither http nor https"
    if "@" in parts.netloc:
        return "the address names a user"
    labels = host.rstrip(".").split(".")
    if len(host) > _LONGEST_NAME or any(not label or len(label) > _LONGEST_LABEL for label in labels):
        return f"{host[:80]!r} is no name of a host"
    if port is not None and port not in _PORTS.values() and port not in ports:
        return f"port {port} is none of the source's"
    if is_local_name(host):
        return f"{host} is a name of this machine or its network"
    if (address := literal_address(host)) and not is_public(address):
        return f"{host} is {address}, which is not a public address"
    return ""
