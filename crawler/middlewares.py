"""Manners toward the sites: only the row's hosts are asked, and none of them after it has refused."""

from __future__ import annotations

import zlib
from urllib.parse import urljoin, urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    NotSupported,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)
from scrapy.http import Response
from w3lib.url import safe_url_string

from crawler.walls import asks_for_a_person, challenge_of, is_consent_host, is_login_host

FAILURES = (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    NotSupported,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
    OSError,
    zlib.error,
)
"""What downloading may end with, beside a reply; anything else is a fault of ours."""

NOBODY = "data:,"
"""The address of a request that asks nobody and is answered at once, here.

Spiders begin with it: what its callback yields is counted by Scrapy, so there is never too much at once, and closing
waits for the last item. What ``Spider.start`` itself yields is neither, and a crawl that ends early would never end.
"""


def told(error: BaseException) -> str:
    """One of FAILURES in words."""
    # Scrapy gives this one no message, and it has one cause only.
    words = "longer than a reply may be" if isinstance(error, DownloadCancelledError) else str(error)
    return f"{type(error).__name__}: {words}"


class Blocked(IgnoreRequest):
    """The site refuses us; the message says how. It is a result, not an error, and nothing is done to get round it."""


class Locked(IgnoreRequest):
    """The site asks for a login, or refuses the key or session that it was given."""


class Known(IgnoreRequest):
    """The page has been read before and need not be asked for yet. Raised by whoever remembers."""


class OtherHost(IgnoreRequest):
    """A redirect leads to a host that the row does not name."""


def refusal(response: Response) -> str:
    """How *response* says that we are not wanted; "" when it does not."""
    if response.headers.get("cf-mitigated") == b"challenge":
        return "Cloudflare's challenge"
    if challenge := challenge_of(response.body):
        return challenge
    if response.status in (401, 403, 407, 451):
        return f"HTTP {response.status}"
    if urlsplit(response.url).path == "/tosv2.html" or asks_for_a_person(response.body):
        return "a page that asks for a person"
    return ""


class LocationMiddleware:
    """Nearer to the site than Scrapy's redirects, which fall over an address that is none."""

    def process_response(self, request: Request, response: Response) -> Response:
        if location := response.headers.get("Location"):
            try:
                urlsplit(urljoin(request.url, safe_url_string(location)))
            except ValueError as error:
                raise IgnoreRequest(f"leads to {location[:100]!r}: {error}") from None
        return response


class HostsMiddleware:
    """Lets through requests to the hosts of the row, exactly these, and tells the spider of the others.

    Scrapy's own lets subdomains pass and drops requests without telling.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> HostsMiddleware:
        return cls(crawler)

    def process_request(self, request: Request) -> Response | None:
        if request.url == NOBODY:
            return Response(request.url)
        host = urlsplit(request.url).hostname or ""
        allowed = getattr(self.crawler.spider, "hosts", None)
        if is_consent_host(host):
            self.crawler.stats.inc_value("xinwen/blocked")
            raise Blocked("a page that asks for consent")
        if allowed is not None and host not in allowed and not _is_robots(request):
            if is_login_host(host):
                raise Locked(f"leads to {host}, to log in there")
            raise OtherHost(f"leads to {host}, which is none of the source's hosts")
        return None


class RefusalMiddleware:
    """Turns a refusal into ``Blocked``, and asks a host that has refused one page for no other."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.refused: dict[str, str] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RefusalMiddleware:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        host = urlsplit(request.url).hostname or ""
        if host in self.refused:
            raise Blocked(f"not asked: {host} has answered with {self.refused[host]}")

    def process_response(self, request: Request, response: Response) -> Response:
        reason = "" if _is_robots(request) else refusal(response)
        if not reason:
            return response
        if request.meta.get("xinwen_credential") and response.status in (401, 403):
            raise Locked(f"HTTP {response.status} to the key or session of {request.meta['xinwen_credential']}")
        # Another way in of the same host may still be open: only pages of articles close it.
        if request.meta.get("xinwen") == "page":
            self.refused[urlsplit(request.url).hostname or ""] = reason
        self.crawler.stats.inc_value("xinwen/blocked")
        raise Blocked(reason)


def _is_robots(request: Request) -> bool:
    """robots.txt may be led to anywhere, and its refusal is judged where it is read."""
    return request.meta.get("xinwen") == "robots"
