"""The headers of a proxy are believed on a UNIX socket, and nowhere else."""

from __future__ import annotations

import asyncio
import re
import runpy

import pytest
import uvicorn
from gunicorn.config import Config

from service import asgi
from service.forwarded import ForwardedClient
from tests.commands import PROJECT

DOCUMENTS = ("docs/deployment.md", "docs/deployment.zh-CN.md", "service/asgi.py")


@pytest.mark.parametrize(
    ("client", "seen"),
    [
        (None, ("198.51.100.7", 0, "https")),
        (("", 0), ("198.51.100.7", 0, "https")),
        (("127.0.0.1", 5000), ("127.0.0.1", 5000, "http")),
        (("203.0.113.9", 5000), ("203.0.113.9", 5000, "http")),
    ],
)
def test_who_asks(client, seen) -> None:
    found = []

    async def app(scope, receive, send) -> None:
        found.append((*scope["client"], scope["scheme"]))

    headers = [(b"x-forwarded-for", b"198.51.100.7"), (b"x-forwarded-proto", b"https")]
    scope = {"type": "http", "scheme": "http", "headers": headers, "client": client}
    asyncio.run(ForwardedClient(app)(scope, None, None))
    assert found == [seen]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_command_of_uvicorn_believes_no_header_itself(document: str) -> None:
    (line,) = re.findall(r"`uvicorn (--factory [^`]*)`", (PROJECT / document).read_text("utf-8"))
    given = uvicorn.main.make_context("uvicorn", line.split()).params
    assert given["app"] == f"{asgi.__name__}:application"
    assert not given["proxy_headers"]


def test_gunicorn_believes_no_address() -> None:
    settings = runpy.run_path(str(PROJECT / "deploy" / "gunicorn.conf.py"))
    config = Config()
    config.set("forwarded_allow_ips", settings["forwarded_allow_ips"])
    assert config.forwarded_allow_networks() == []
