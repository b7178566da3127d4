"""The headers of a proxy are believed on a UNIX socket, and nowhere else."""

from __future__ import annotations

import asyncio

import pytest

from service.forwarded import ForwardedClient


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
