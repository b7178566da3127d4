"""Misbehaving sites on one loopback port: a forward proxy that itself replies for every host."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

SITE = b"@site@"
"""Placeholder in a body for the name of its site: equal texts of two sites would be dropped as duplicates."""


@dataclass(frozen=True)
class Reply:
    """One reply.

    ``wait``: seconds before it; ``drip``: seconds between two bytes; ``length``: send Content-Length; ``missing``: bytes
    announced and not sent; ``close``: close the connection without a reply.
    """

    body: bytes = b""
    status: int = 200
    type: str = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    wait: float = 0
    drip: float = 0
    missing: int = 0
    length: bool = True
    close: bool = False


Site = Mapping[str, Reply | Callable[[int], Reply]]
"""Replies by path and query; a key with ``*`` at its end matches by prefix. A function gets the number of requests
that the site has had, this one included."""


class BadWeb:
    """Sites by host; ``requests`` has the paths that were requested from each, in order."""

    def __init__(self, sites: Mapping[str, Site]) -> None:
        self.sites = sites
        self.requests: dict[str, list[str]] = {host: [] for host in sites}
        self.address = ""

    async def serve(self, ready: threading.Event, stop: asyncio.Event) -> None:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        ready.set()
        await stop.wait()
        server.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            await self._reply(head.split(b" ", 2)[1].decode(), writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the crawl has given up, as it should
        finally:
            writer.close()

    async def _reply(self, url: str, writer: asyncio.StreamWriter) -> None:
        parts = urlsplit(url)
        path = parts._replace(scheme="", netloc="").geturl() or "/"
        host = parts.hostname or ""
        self.requests.setdefault(host, []).append(path)
        reply = self._find(self.sites.get(host, {}), path, len(self.requests[host]))
        body = reply.body.replace(SITE, host.split(".")[0].replace("-", "").encode())
        await asyncio.sleep(reply.wait)
        if reply.close:
            return
        headers = {"Content-Type": reply.type}
        if reply.length:
            headers["Content-Length"] = str(len(body) + reply.missing)
        lines = [f"{name}: {value}\r\n" for name, value in {**headers, **reply.headers, "Connection": "close"}.items()]
        writer.write(f"HTTP/1.1 {reply.status} X\r\n{''.join(lines)}\r\n".encode())
        for start in range(0, len(body), size := 1 if reply.drip else 2**20):
            writer.write(body[start : start + size])
            await writer.drain()
            await asyncio.sleep(reply.drip)
        await writer.drain()

    @staticmethod
    def _find(site: Site, path: str, number: int) -> Reply:
        reply = site.get(path) or next(
            (reply for key, reply in site.items() if key.endswith("*") and path.startswith(key[:-1])), Reply(status=404)
        )
        return reply if isinstance(reply, Reply) else reply(number)


@contextmanager
def serving(sites: Mapping[str, Site]):
    """A ``BadWeb`` of *sites*, served while the context is open."""
    web, ready, loop, stop = BadWeb(sites), threading.Event(), asyncio.new_event_loop(), asyncio.Event()
    # Leaving the runner cancels replies that still hang.
    thread = threading.Thread(target=lambda: _run(web.serve(ready, stop), loop))
    thread.start()
    assert ready.wait(10)
    try:
        yield web
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)


def _run(serving: Coroutine[Any, Any, None], loop: asyncio.AbstractEventLoop) -> None:
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(serving)


def request_counts(paths: list[str]) -> Counter[str]:
    """How often each of *paths* was requested, without robots.txt."""
    return Counter(path for path in paths if path != "/robots.txt")
