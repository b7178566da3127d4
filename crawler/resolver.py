"""Resolves names for all requests of the process, and refuses addresses that are not public.

A page, a redirect or a feed may name any host, and a name may lead anywhere: to this machine, to the network it stands
in, or to the metadata of a cloud. Nothing there is news, and none of it may be asked.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import ClassVar
from urllib.parse import urlsplit
from urllib.request import getproxies

from scrapy.resolver import CachingThreadedResolver
from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import DNSLookupError

from store.public_addresses import is_public


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
