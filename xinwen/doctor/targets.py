"""Whether the services answer that watches send to: a connection is opened and closed, nothing is sent."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from alerts.targets import address as address_of
from alerts.targets import stored_target
from similarity.errors import NotInstalled
from store.connection import StoreError, opened
from xinwen.doctor.finding import OK, Finding, judged

_NAME = "targets 接收方"
_SECONDS = 5.0
_PORTS = {"http": 80, "https": 443}


def targets() -> Iterator[Finding]:
    """A finding for each host and port that the targets of watches have. Both are in its name: names are unique."""
    try:
        with opened() as database:
            rows = [row for watch in database.watches.find({}, {"targets": 1}) for row in watch.get("targets", ())]
        places = {found for row in rows if (found := address_of(stored_target(row)))}
    except StoreError:
        return  # the check of MongoDB says so
    except NotInstalled as error:
        yield judged(_NAME, str(error), "", str(error).rpartition(": ")[2])
        return
    if not places:
        yield Finding(_NAME, OK, "no watch sends to a host" if not rows else f"{len(rows)} have no host to ask")
    with ThreadPoolExecutor(8) as pool:
        yield from pool.map(_reached, sorted(places))


def _reached(place: tuple[str, int]) -> Finding:
    host, port = place
    proxy = getproxies().get("http" if port == _PORTS["http"] else "https", "") if port in _PORTS.values() else ""
    parts = urlsplit(proxy)
    by_proxy = bool(parts.hostname) and not proxy_bypass(host)
    try:
        asked = (parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 80)) if by_proxy else place
        socket.create_connection(asked, _SECONDS).close()
        fault = ""
    except OSError as error:
        way = f" by the proxy {parts.hostname}" if by_proxy else ""
        fault = f"{host}:{port} is not reached{way}: {error.strerror or error}"
    fix = "name service, firewall or http_proxy; then watch test NAME"
    return judged(f"{_NAME} {host}:{port}", fault, f"{host}:{port} answers", fix)
