"""Fetches the addresses in the JSON list on standard input as the crawler does; prints for each what came of it.

Every name under ``.example`` leads to this machine, as a name of anybody's may; ``self.example`` may be asked all the
same.
"""

from __future__ import annotations

import json
import socket
import sys

from crawler import settings
from crawler.authoring.fetch import FetchFailed, SiteVisit, run
from crawler.resolver import PublicResolver

_REAL = socket.gethostbyname


class Addresses(SiteVisit):
    async def visit(self) -> None:
        for url in json.load(sys.stdin):
            try:
                fetched = await self.get(url)
            except FetchFailed as failure:
                sys.stdout.write(json.dumps([url, str(failure)]) + "\n")
            else:
                sys.stdout.write(json.dumps([url, len(fetched.body)]) + "\n")


if __name__ == "__main__":
    socket.gethostbyname = lambda name: "127.0.0.1" if name.endswith(".example") else _REAL(name)
    settings.XINWEN_POLITE = settings.AUTOTHROTTLE_ENABLED = False  # this machine has no one to wait for
    PublicResolver.local["self.example"] = "127.0.0.1"
    run(Addresses, hosts=None, ports=frozenset(map(int, sys.argv[1:])))
