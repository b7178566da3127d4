"""One POST to a service in the public Internet: no redirect is followed, and a reply has a deadline and a size limit.

Whoever may add a watch names an address that this server asks. So the address that is connected to is checked, not
only the name: it must be public, as for the crawler (``store.public_addresses``).
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies, proxy_bypass

from store.public_addresses import is_local_name, is_public, literal_address
from store.settings import settings

SECONDS = 15.0
"""A reply has to be complete after this time."""

_MOST = 65_536  # bytes of a reply that are read

LOCAL: dict[str, tuple[str, int]] = {}
"""Addresses and ports of hosts that code of this project serves itself on this machine, without TLS: a test."""


class NotSent(RuntimeError):
    """The service could not be asked; the message is one line."""


class NotPublic(NotSent):
    """The address leads to this machine or to a network of its own, and is not asked."""


@dataclass(frozen=True, slots=True)
class ServiceReply:
    """What a service answered."""

    status: int
    text: str


def check_host(host: str) -> None:
    """Raise NotPublic where *host* is by its spelling no host of the public Internet; nothing is looked up."""
    if host in LOCAL:
        return
    address = literal_address(host)
    if (
        is_local_name(host)
        or "." not in host.strip(".") + ("." if address else "")
        or (address and not is_public(address))
    ):
        raise NotPublic(f"{host} is not in the public Internet")


def public_address(host: str) -> str:
    """The address of *host*, which must be public as all its others. Raises NotSent, NotPublic."""
    check_host(host)
    if host in LOCAL:
        return LOCAL[host][0]
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotSent(f"the host {host} is not known") from None
    addresses = [str(entry[4][0]) for entry in found]
    for address in addresses:
        if not is_public(ipaddress.ip_address(address.split("%")[0])):
            raise NotPublic(f"{host} is {address}, which is not in the public Internet")
    return addresses[0]


def post(url: str, body: bytes, headers: Mapping[str, str], seconds: float = SECONDS) -> ServiceReply:
    """POST *body* to *url*. Raises NotSent where there is no complete HTTP reply in time, NotPublic."""
    parts = urlsplit(url)
    connection = _connection(parts, seconds)
    late = threading.Event()

    def end() -> None:
        late.set()
        if connection.sock:  # a service that sends a byte now and then never lets a read time out
            with suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        target = parts.path or "/"
        given = {"User-Agent": settings().user_agent, "Content-Type": "application/json", **headers}
        connection.request("POST", f"{target}?{parts.query}" if parts.query else target, body, given)
        response = connection.getresponse()
        text = response.read(_MOST).decode("utf-8", "replace")
        if late.is_set():
            raise NotSent(f"{parts.hostname} did not answer in {seconds:.0f} s")
        return ServiceReply(response.status, text)
    except TimeoutError:
        raise NotSent(f"{parts.hostname} did not answer in {seconds:.0f} s") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        if late.is_set():
            raise NotSent(f"{parts.hostname} did not answer in {seconds:.0f} s") from None
        reason = " ".join(str(error).split()) or type(error).__name__
        raise NotSent(f"{parts.hostname} could not be asked: {reason[:200]}") from None
    finally:
        timer.cancel()
        connection.close()


def _connection(parts: SplitResult, seconds: float) -> http.client.HTTPConnection:
    host = parts.hostname or ""
    if local := LOCAL.get(host):
        return http.client.HTTPConnection(*local, timeout=seconds)
    if parts.scheme != "https":
        raise NotSent(f"{host} would be asked without encryption; only https is used")
    proxy = getproxies().get("https", "")
    if proxy and not proxy_bypass(host):
        check_host(host)  # the name is resolved by the proxy, which the user has named
        by = urlsplit(proxy if "//" in proxy else f"//{proxy}")
        tunnelled = http.client.HTTPSConnection(by.hostname or "", by.port or 8080, timeout=seconds)
        tunnelled.set_tunnel(host, parts.port or 443)
        return tunnelled
    return _CheckedConnection(host, public_address(host), parts.port or 443, seconds)


class _CheckedConnection(http.client.HTTPSConnection):
    """A connection to an address that was checked; its certificate must be that of the host."""

    def __init__(self, host: str, address: str, port: int, seconds: float) -> None:
        super().__init__(host, port, timeout=seconds)
        self._address, self._tls = address, ssl.create_default_context()

    def connect(self) -> None:
        """Connect to the address that was checked, whatever the name leads to by now."""
        plain: Any = socket.create_connection((self._address, self.port), self.timeout)
        try:
            self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)
        except BaseException:
            plain.close()
            raise
