"""The request that a way in makes, with the user's own key or session where the row wants one."""

from __future__ import annotations

from typing import Any

from scrapy import Request
from scrapy.http.request import NO_CALLBACK

from crawler.source import Source, credential_of
from crawler.way import Credential, JsonApi, Way
from crawler.ways import most_bytes
from crawler.ways.json_api import body_of
from store.settings import PREFIX, settings


def secret_of(credential: Credential) -> str:
    """The key or session itself; "" when the user has given none."""
    given = getattr(settings(), credential.variable.removeprefix(PREFIX).lower())
    return str(given.get_secret_value()).strip()


def request_of(way: Way, url: str, row: Source) -> Request:
    """The request for *url*, an address of *way*."""
    meta: dict[str, Any] = {"xinwen": "entry", "download_maxsize": most_bytes(way)}
    headers: dict[str, str] = {}
    body = ""
    if isinstance(way, JsonApi):
        headers, body = dict(way.headers), body_of(way, url)
        meta["xinwen_leave"] = way.leave
        if way.tool:
            headers["Accept"] = "application/json, text/event-stream"
            meta["xinwen_tool"] = way.tool
    if body:
        headers.setdefault("Content-Type", "application/json")
    if credential := credential_of(way, row):
        secret = secret_of(credential)
        name = credential.header or "Cookie"
        headers[name] = (
            f"{credential.scheme} {secret}".strip() if credential.header else f"{credential.cookie}={secret}"
        )
        # A redirect would carry the key to wherever it leads.
        meta |= {"xinwen_credential": credential.variable, "dont_redirect": True}
    return Request(url, method="POST" if body else "GET", body=body, headers=headers, meta=meta, callback=NO_CALLBACK)
