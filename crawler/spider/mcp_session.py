"""Opens a session with a server of the Model Context Protocol (MCP), which it requires before a tool is called."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest

from crawler.discovery.entry_page import EntryPageError
from crawler.discovery.mcp import VERSION, message, reply_result

_sessions: WeakKeyDictionary[Crawler, dict[str, dict[str, str]]] = WeakKeyDictionary()


async def in_session(request: Request, crawler: Crawler) -> Request:
    """*request*, a tool call, with the headers of the session. One session is opened for each run and server.

    Raises what downloading raises, and IgnoreRequest when the server does not open a session.
    """
    headers_by_url = _sessions.setdefault(crawler, {})
    if request.url not in headers_by_url:
        headers_by_url[request.url] = await _initialize(request, crawler)
    headers = request.headers.copy()
    headers.update(headers_by_url[request.url])
    return request.replace(headers=headers)


async def _initialize(request: Request, crawler: Crawler) -> dict[str, str]:
    """Opens a session, and returns the headers that later requests of the session must have."""
    assert crawler.engine
    parameters = {"protocolVersion": VERSION, "capabilities": {}, "clientInfo": {"name": "xinwen", "version": "0.1"}}
    # Without the name of the entry page: this request must not use the validators stored for that page.
    meta = {name: value for name, value in request.meta.items() if name not in ("entry", "whole")}
    initialize = request.replace(body=message("initialize", parameters, number=1), meta=meta)
    response = await crawler.engine.download_async(initialize)
    if response.status != 200:
        raise IgnoreRequest(f"the MCP server answers initialize with HTTP {response.status}")
    try:
        version = str(reply_result(response.body).get("protocolVersion") or VERSION)
    except EntryPageError as error:
        raise IgnoreRequest(str(error)) from None
    session = {"MCP-Protocol-Version": version}
    if session_id := (response.headers.get("Mcp-Session-Id") or b"").decode("latin-1"):
        session["Mcp-Session-Id"] = session_id
    headers = request.headers.copy()
    headers.update(session)
    initialized = request.replace(body=message("notifications/initialized"), headers=headers, meta=meta)
    await crawler.engine.download_async(initialized)
    return session
