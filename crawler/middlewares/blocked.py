"""Detects replies by which a site blocks the crawler, and then requests no more pages from that host."""

from __future__ import annotations

from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.exceptions import Blocked, LoginRequired
from crawler.extraction.blocked_pages import asks_for_human, challenge_of


def block_reason(response: Response) -> str:
    """How *response* says that the crawler is blocked; "" when it does not."""
    if response.headers.get("cf-mitigated") == b"challenge":
        return "Cloudflare's challenge"
    if challenge := challenge_of(response.body):
        return challenge
    if response.status in (401, 403, 407, 451):
        return f"HTTP {response.status}"
    if urlsplit(response.url).path == "/tosv2.html" or asks_for_human(response.body):
        return "a page that asks for a person"
    return ""


class BlockedMiddleware:
    """Raises ``Blocked`` for a reply that blocks the crawler, and for later requests to a host that blocked a page."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.blocked_hosts: dict[str, str] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> BlockedMiddleware:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Raises Blocked when the host has blocked a page before."""
        host = urlsplit(request.url).hostname or ""
        if host in self.blocked_hosts:
            raise Blocked(f"not asked: {host} has answered with {self.blocked_hosts[host]}")

    def process_response(self, request: Request, response: Response) -> Response:
        """Raises Blocked for a blocking reply, LoginRequired when the site refuses the user's key or session."""
        # RobotsMiddleware judges replies for robots.txt itself.
        reason = "" if request.meta.get("xinwen") == "robots" else block_reason(response)
        if not reason:
            return response
        if request.meta.get("xinwen_credential") and response.status in (401, 403):
            raise LoginRequired(f"HTTP {response.status} to the key or session of {request.meta['xinwen_credential']}")
        # A blocked entry page does not close the host: another discovery method of the same host may still work.
        if request.meta.get("xinwen") == "page":
            self.blocked_hosts[urlsplit(request.url).hostname or ""] = reason
        self.crawler.stats.inc_value("xinwen/blocked")
        raise Blocked(reason)
