"""A redirect to no address is refused; another reply is read, whatever its Location header."""

from __future__ import annotations

import pytest
from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from crawler.middlewares.location import LocationMiddleware

REQUEST = Request("https://a.example/old")


@pytest.mark.parametrize(("status", "location"), [(200, "http://["), (302, "/new"), (302, "")])
def test_a_reply_that_leads_to_no_wrong_address_is_passed_on(status: int, location: str) -> None:
    reply = Response(REQUEST.url, status, headers={"Location": location})
    assert LocationMiddleware().process_response(REQUEST, reply) is reply


@pytest.mark.parametrize(
    "location",
    ["javascript:alert(1)", "JavaScript://a.example/%0aalert(1)", "data:,x", "file:///etc/passwd", "mailto:a@b"],
)
def test_a_redirect_to_no_page_is_refused(location: str) -> None:
    reply = Response(REQUEST.url, 302, headers={"Location": location})
    with pytest.raises(IgnoreRequest, match="no http address"):
        LocationMiddleware().process_response(REQUEST, reply)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_no_address_is_refused(status: int) -> None:
    reply = Response(REQUEST.url, status, headers={"Location": "http://["})
    with pytest.raises(IgnoreRequest, match=r"leads to b'http://\['"):
        LocationMiddleware().process_response(REQUEST, reply)
