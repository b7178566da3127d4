"""Which addresses are of the public Internet, in every spelling; a pure check without a lookup of names."""

from __future__ import annotations

import ipaddress
import socket
import unicodedata
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/32")
"""IPv4 addresses as a translator of the network writes them (RFC 6052, 8215); what they lead to is its choice."""

_PORTS = {"http": 80, "https": 443}
_LONGEST_LABEL, _LONGEST_NAME = 63, 253  # RFC 1035, 2.3.4

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


def refusal(url: str, ports: frozenset[int] | tuple[int, ...] = ()) -> str:
    """Why *url* may not be asked; "" where it may. *ports*: those that are allowed beside 80 and 443."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        return str(error)
    if parts.scheme not in _PORTS:
        return f"scheme {parts.scheme!r} is neither http nor https"
    if "@" in parts.netloc:
        return "the address names a user"
    labels = host.rstrip(".").split(".")
    if len(host) > _LONGEST_NAME or any(not label or len(label) > _LONGEST_LABEL for label in labels):
        return f"{host[:80]!r} is no name of a host"
    if port is not None and port not in _PORTS.values() and port not in ports:
        return f"port {port} is none of the source's"
    if is_local_name(host):
        return f"{host} is a name of this machine or its network"
    if (address := literal_address(host)) and not is_public(address):
        said = host if str(address) == host.strip("[]") else f"{host} is {address}, which"
        return f"{said} is not a public address"
    return ""
