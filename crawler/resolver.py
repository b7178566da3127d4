"""Resolves names for all requests of the process, and refuses addresses that are not public.

A page, a redirect or a feed may name any host, and a name may lead anywhere: to this machine, to the network it stands
in, or to the metadata of a cloud. Nothing there is news, and none of it may be asked.
"""

from __future__ import annotations

import ipaddress
import socket
import unicodedata
from collections.abc import Sequence
from typing import ClassVar
from urllib.parse import urlsplit
from urllib.request import getproxies

from scrapy.resolver import CachingThreadedResolver
from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import DNSLookupError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/32")
"""IPv4 addresses as a translator of the network writes them (RFC 6052, 8215); what they lead to is its choice."""

_LOCAL_SUFFIXES = (".localhost", ".local", ".internal", ".localdomain")


def literal_address(host: str) -> Address | None:
    """The address that *host* itself is, however it is spelled (``2130706433``, ``0x7f.1``); None for a name."""
    host = unicodedata.normalize("NFKC", host).strip("[]").split("%", 1)[0]
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    try:
        # What the system's own resolver takes for an address, octal and hexadecimal numbers included.
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except (OSError, UnicodeError):
        return None


def is_public(address: Address) -> bool:
    """Whether *address* is one of the public Internet, and so is the IPv4 address inside it."""
    if isinstance(address, ipaddress.IPv6Address):
        inside = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if (inside and not is_public(inside)) or address in _TRANSLATED:
            return False
    return address.is_global and not address.is_multicast


def is_local_name(host: str) -> bool:
    """Whether *host* is a name of this machine or of a local network (RFC 6761, 6762)."""
    name = host.rstrip(".").lower()
    return name == "localhost" or name.endswith(_LOCAL_SUFFIXES)


class PublicResolver(CachingThreadedResolver):
    """Scrapy's resolver, which fails for a name whose address is not public, and says so in ``refused``.

    The user's own proxies (``http_proxy`` and the like) are reached wherever they stand: the user has named them.
    """

    local: ClassVar[dict[str, str]] = {}
    """Addresses of names that code of this project serves itself on this machine, as the sample web."""

    refused: ClassVar[dict[str, str]] = {}
    """By name, the address for which it was refused."""

    def getHostByName(self, name: str, timeout: Sequence[int] = ()) -> Deferred[str]:  # noqa: N802  Twisted's name
        if name in self.local:
            return succeed(self.local[name])
        found = super().getHostByName(name, timeout)
        if name in _proxies():
            return found
        return found.addCallback(self._checked, name)

    def _checked(self, address: str, name: str) -> str:
        if not is_public(ipaddress.ip_address(address)):
            self.refused[name] = address
            raise DNSLookupError(f"{name} is {address}, which is not a public address")
        return address


def _proxies() -> set[str]:
    return {host for url in getproxies().values() if (host := urlsplit(url if "//" in url else f"//{url}").hostname)}
