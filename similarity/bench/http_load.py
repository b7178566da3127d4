"""A light HTTP client for the bench: one thread, plain sockets that are kept open, several requests on their way."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

_PATIENCE = 60.0  # seconds for a reply


class TimedReply(NamedTuple):
    """The status of a reply, how long it took in ms, and its body."""

    status: int
    ms: float
    body: bytes


class NoReply(RuntimeError):
    """The server has closed a connection or does not answer; the message is one line."""


class HttpClient:
    """A connection to a server on this machine, which is kept open."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = bytearray()
        self._sent = 0.0

    def send(self, path: str) -> None:
        """Ask for *path*."""
        self._sent = time.perf_counter()
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())

    def receive(self) -> TimedReply | None:
        """The reply, None while some of it is on its way. Raises NoReply."""
        chunk = self.socket.recv(1 << 20)
        if not chunk:
            raise NoReply("the server has closed the connection")
        self._received += chunk
        head, separator, body = self._received.partition(b"\r\n\r\n")
        if not separator:
            return None
        lines = head.lower().split(b"\r\n")
        length = next(int(line[15:]) for line in lines if line.startswith(b"content-length:"))
        if len(body) < length:
            return None
        self._received.clear()
        return TimedReply(int(lines[0].split()[1]), 1000 * (time.perf_counter() - self._sent), bytes(body))

    def get(self, path: str) -> TimedReply:
        """The reply to a request for *path*. Raises NoReply."""
        self.send(path)
        while (reply := self.receive()) is None:
            pass
        return reply

    def close(self) -> None:
        """Close the connection."""
        self.socket.close()


@dataclass
class Lane:
    """Requests for ``paths`` one after the other; after a refusal (503) the next one waits ``pause`` seconds."""

    paths: Iterator[str]
    pause: float = 0.0
    replies: list[TimedReply] = field(default_factory=list)
    ended: bool = False


def run(port: int, measured: Iterable[Lane], others: Iterable[Lane] = ()) -> float:
    """Ask along all lanes at once until those *measured* have ended; how many seconds that took. Raises NoReply."""
    awaited, lanes = [*measured], [*measured, *others]
    with selectors.DefaultSelector() as selector:
        clients = [HttpClient(port) for _ in lanes]
        resting: list[tuple[float, HttpClient, Lane]] = []
        begin = time.perf_counter()
        try:
            for client, lane in zip(clients, lanes, strict=True):
                selector.register(client.socket, selectors.EVENT_READ, (client, lane))
                _send_next(client, lane)
            while not all(lane.ended for lane in awaited):
                now = time.perf_counter()
                for rest in [rest for rest in resting if rest[0] <= now]:
                    resting.remove(rest)
                    if not _send_next(*rest[1:]):
                        selector.unregister(rest[1].socket)
                ready = selector.select(0.01 if resting else _PATIENCE)
                if not ready and not resting:
                    raise NoReply(f"no reply within {_PATIENCE:.0f} s")
                for key, _ in ready:
                    client, lane = key.data
                    if (reply := client.receive()) is None:
                        continue
                    lane.replies.append(reply)
                    if lane.pause and reply.status == 503:
                        resting.append((time.perf_counter() + lane.pause, client, lane))
                    elif not _send_next(client, lane):
                        selector.unregister(client.socket)  # the server closes it when it has been idle
            return time.perf_counter() - begin
        finally:
            for client in clients:
                client.close()


def _send_next(client: HttpClient, lane: Lane) -> bool:
    """Ask for the next path of *lane*; False where it has ended."""
    path = next(lane.paths, None)
    if path is None:
        lane.ended = True
    else:
        client.send(path)
    return path is not None
