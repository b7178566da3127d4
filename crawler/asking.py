"""The request that a way in makes, with the user's own key or session where the row wants one."""

from __future__ import annotations

from typing import Any

from scrapy import Request
from scrapy.http.request import NO_CALLBACK

from crawler.source import Credential, Source
from crawler.way import JsonApi, Way
from crawler.ways import most_bytes
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
        headers, body = dict(way.headers), way.body
        meta["xinwen_leave"] = way.leave
    if body:
        headers.setdefault("Content-Type", "application/json")
    if row.credential:
        secret = secret_of(row.credential)
        name = row.credential.header or "Cookie"
        headers[name] = secret if row.credential.header else f"{row.credential.cookie}={secret}"
        # A redirect would carry the key to wherever it leads.
        meta |= {"xinwen_credential": row.credential.variable, "dont_redirect": True}
    return Request(url, method="POST" if body else "GET", body=body, headers=headers, meta=meta, callback=NO_CALLBACK)
