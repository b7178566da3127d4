"""Allows requests only to the hosts of the source."""

from __future__ import annotations

from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.exceptions import LOCAL_URL, Blocked, LoginRequired, OtherHost
from crawler.extraction.blocked_pages import is_consent_host, is_login_host


class HostsMiddleware:
    """Allows requests to exactly the hosts of the source, and raises an exception for others.

    Scrapy's own middleware allows subdomains as well, and drops requests without calling their errback.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> HostsMiddleware:
        return cls(crawler)

    def process_request(self, request: Request) -> Response | None:
        """Raises Blocked for a consent host, LoginRequired for a login host and OtherHost for any other host."""
        if request.url == LOCAL_URL:
            return Response(request.url)
        host = urlsplit(request.url).hostname or ""
        allowed = getattr(self.crawler.spider, "hosts", None)
        if is_consent_host(host):
            self.crawler.stats.inc_value("xinwen/blocked")
            raise Blocked("a page that asks for consent")
        # RFC 9309, 2.3.1.2: robots.txt may redirect to another authority.
        is_robots = request.meta.get("xinwen") == "robots"
        if allowed is not None and host not in allowed and not is_robots:
            if is_login_host(host):
                raise LoginRequired(f"leads to {host}, to log in there")
            raise OtherHost(f"leads to {host}, which is none of the source's hosts")
        return None
