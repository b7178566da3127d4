"""The greeting that a server of tools (Model Context Protocol) wants before any of its tools is called."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest

from crawler.ways.entry import EntryError
from crawler.ways.tool import VERSION, answer, message

_sessions: WeakKeyDictionary[Crawler, dict[str, dict[str, str]]] = WeakKeyDictionary()


async def in_session(request: Request, crawler: Crawler) -> Request:
    """*request*, the call of a tool, as part of a session, which is opened once a run and server.

    Raises what downloading does, and IgnoreRequest when the server does not answer the greeting.
    """
    known = _sessions.setdefault(crawler, {})
    if request.url not in known:
        known[request.url] = await _greet(request, crawler)
    headers = request.headers.copy()
    headers.update(known[request.url])
    return request.replace(headers=headers)


async def _greet(request: Request, crawler: Crawler) -> dict[str, str]:
    """The headers that make a request part of the session."""
    assert crawler.engine
    ours = {"protocolVersion": VERSION, "capabilities": {}, "clientInfo": {"name": "xinwen", "version": "0.1"}}
    # Not under the name of the entry: what is remembered of that is not what this is answered with.
    meta = {name: value for name, value in request.meta.items() if name not in ("entry", "whole")}
    greeting = request.replace(body=message("initialize", ours, number=1), meta=meta)
    response = await crawler.engine.download_async(greeting)
    if response.status != 200:
        raise IgnoreRequest(f"the server of tools answers the greeting with HTTP {response.status}")
    try:
        version = str(answer(response.body).get("protocolVersion") or VERSION)
    except EntryError as error:
        raise IgnoreRequest(str(error)) from None
    session = {"MCP-Protocol-Version": version}
    if given := (response.headers.get("Mcp-Session-Id") or b"").decode("latin-1"):
        session["Mcp-Session-Id"] = given
    headers = request.headers.copy()
    headers.update(session)
    thanks = request.replace(body=message("notifications/initialized"), headers=headers, meta=meta)
    await crawler.engine.download_async(thanks)
    return session
