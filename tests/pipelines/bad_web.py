"""A web of sites that misbehave, on one loopback port: a forward proxy that answers for every host itself."""

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
"""Stands in a body for the name of the site that it is sent by: what two sites say is one article."""


@dataclass(frozen=True)
class Answer:
    """One reply. ``drip``: seconds between two bytes; ``length``: tell it; ``missing``: bytes promised and not sent; ``close``: no reply."""

    body: bytes = b""
    status: int = 200
    type: str = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    wait: float = 0
    drip: float = 0
    missing: int = 0
    length: bool = True
    close: bool = False


Site = Mapping[str, Answer | Callable[[int], Answer]]
"""Replies by path and query, or by what they begin with where the key ends in ``*``; a function is given how many
requests the site has had, this one included."""


class BadWeb:
    """Sites by host; ``asked`` holds the paths that each was asked for, in order."""

    def __init__(self, sites: Mapping[str, Site]) -> None:
        self.sites = sites
        self.asked: dict[str, list[str]] = {host: [] for host in sites}
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
            await self._answer(head.split(b" ", 2)[1].decode(), writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the crawl has given up, as it should
        finally:
            writer.close()

    async def _answer(self, url: str, writer: asyncio.StreamWriter) -> None:
        parts = urlsplit(url)
        path = parts._replace(scheme="", netloc="").geturl() or "/"
        host = parts.hostname or ""
        self.asked.setdefault(host, []).append(path)
        answer = self._find(self.sites.get(host, {}), path, len(self.asked[host]))
        body = answer.body.replace(SITE, host.split(".")[0].replace("-", "").encode())
        await asyncio.sleep(answer.wait)
        if answer.close:
            return
        headers = {"Content-Type": answer.type}
        if answer.length:
            headers["Content-Length"] = str(len(body) + answer.missing)
        lines = [f"{name}: {value}\r\n" for name, value in {**headers, **answer.headers, "Connection": "close"}.items()]
        writer.write(f"HTTP/1.1 {answer.status} X\r\n{''.join(lines)}\r\n".encode())
        for start in range(0, len(body), size := 1 if answer.drip else 2**20):
            writer.write(body[start : start + size])
            await writer.drain()
            await asyncio.sleep(answer.drip)
        await writer.drain()

    @staticmethod
    def _find(site: Site, path: str, number: int) -> Answer:
        found = site.get(path) or next(
            (one for key, one in site.items() if key.endswith("*") and path.startswith(key[:-1])), Answer(status=404)
        )
        return found if isinstance(found, Answer) else found(number)


@contextmanager
def serving(sites: Mapping[str, Site]):
    """A ``BadWeb`` of *sites* that answers while the context lasts."""
    web, ready, loop, stop = BadWeb(sites), threading.Event(), asyncio.new_event_loop(), asyncio.Event()
    # Leaving the runner cancels what still hangs.
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


def counted(asked: list[str]) -> Counter[str]:
    """How often each path was asked for, robots.txt left out."""
    return Counter(path for path in asked if path != "/robots.txt")
