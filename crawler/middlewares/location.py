"""Rejects redirects whose Location header is no valid address."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from w3lib.url import safe_url_string

_REDIRECTS = (301, 302, 303, 307, 308)


class LocationMiddleware:
    """Raises IgnoreRequest for a Location header that is no http address; Scrapy's redirect middleware crashes on some.

    It has to see the reply before Scrapy's middleware does, and therefore has a higher number in the settings.
    """

    def process_response(self, request: Request, response: Response) -> Response:
        """Raises IgnoreRequest when the reply redirects to no valid address."""
        if response.status in _REDIRECTS and (location := response.headers.get("Location")):
            try:
                target = urlsplit(urljoin(request.url, safe_url_string(location)))
                reason = "" if target.scheme in ("http", "https") and target.hostname else "no http address"
            except ValueError as error:
                reason = str(error)
            if reason:
                raise IgnoreRequest(f"leads to {location[:100]!r}: {reason}")
        return response
