"""Builds the request for an entry page, with the user's key or session where its discovery method needs one."""

from __future__ import annotations

from typing import Any

from scrapy import Request
from scrapy.http.request import NO_CALLBACK

from crawler.discovery.json_api import body_of
from crawler.discovery.methods import Credential, DiscoveryMethod, JsonApi
from crawler.discovery.reader import max_bytes
from crawler.source import Source, credential_of
from store.settings import PREFIX, settings


def secret_of(credential: Credential) -> str:
    """The value of the key or session; "" when the user has set none."""
    given = getattr(settings(), credential.variable.removeprefix(PREFIX).lower())
    return str(given.get_secret_value()).strip()


def request_of(method: DiscoveryMethod, url: str, source: Source) -> Request:
    """The request for *url*, an entry page of *method*."""
    meta: dict[str, Any] = {"xinwen": "entry", "download_maxsize": max_bytes(method)}
    headers: dict[str, str] = {}
    body = ""
    if isinstance(method, JsonApi):
        headers, body = dict(method.headers), body_of(method, url)
        meta["xinwen_requires_robots"] = method.requires_robots
        if method.mcp_tool:
            headers["Accept"] = "application/json, text/event-stream"
    if body:
        headers.setdefault("Content-Type", "application/json")
    if credential := credential_of(method, source):
        secret = secret_of(credential)
        name = credential.header or "Cookie"
        headers[name] = (
            f"{credential.scheme} {secret}".strip() if credential.header else f"{credential.cookie}={secret}"
        )
        # Redirects are not followed: they would send the key to another address.
        meta |= {"xinwen_credential": credential.variable, "dont_redirect": True}
    return Request(url, method="POST" if body else "GET", body=body, headers=headers, meta=meta, callback=NO_CALLBACK)
