"""The sample web: a folder with recorded replies of sites. Each line of ``<key>/site.jsonl`` describes one reply."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from crawler.discovery.entry_page import escaped_url
from store.settings import settings

TODAY = "today"
"""The file of a sample web with the date on which its pages were recorded."""


class SampleError(ValueError):
    """A sample web has a wrong file; the message names the file, the line and the reason."""


def today() -> datetime:
    """The day by which addresses with a year or quarter are made: the sample web's own, where it names one, else today.

    A sample has the quarters of its own day. With a later day its reports would no longer be found.
    Raises SampleError.
    """
    file = Path(settings().sample_web) / TODAY
    if not settings().sample_web or not file.is_file():
        return datetime.now(UTC)
    try:
        return datetime.fromisoformat(file.read_text("utf-8").strip()).replace(tzinfo=UTC)
    except ValueError as error:
        raise SampleError(f"{file}: {error}") from None


@dataclass(frozen=True)
class Reply:
    """One line of ``site.jsonl``: the reply to *method* at *url*.

    ``when``: text that a header, or the ``body``, of the request must contain.
    ``etag``: send an ETag, and status 304 for a request that has it.
    ``hang``: seconds before the body is sent. ``close``: close the connection without a reply.
    """

    url: str
    file: Path | None = None
    type: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    method: str = "GET"
    when: dict[str, str] = field(default_factory=dict)
    etag: bool = True
    hang: float = 0
    close: bool = False


class SampleWeb:
    """All replies of a sample web by method and address. Raises SampleError."""

    def __init__(self, folder: Path) -> None:
        self.replies: dict[tuple[str, str], list[Reply]] = {}
        for index in sorted(folder.glob("*/site.jsonl")):
            for number, line in enumerate(index.read_text("utf-8").splitlines(), start=1):
                if line.strip():
                    self._add(_reply(line, index, number), f"{index}:{number}")
        self.hosts = {urlsplit(url).hostname for _, url in self.replies}

    def _add(self, reply: Reply, place: str) -> None:
        key = (reply.method, address(reply.url))
        others = self.replies.setdefault(key, [])
        if any(other.when == reply.when for other in others):
            raise SampleError(f"{place}: {reply.method} {reply.url} has a reply already")
        others.append(reply)
        # The reply with most conditions first: a login page is sent for every request without a key.
        others.sort(key=lambda other: -len(other.when))

    def reply(self, method: str, url: str, sent: Callable[[str], str]) -> Reply | None:
        """The first reply to *method* at *url* whose conditions hold; None for none.

        *sent*: gives a header of the request by name, or its ``body``; "" where there is none.
        """
        fitting = self.replies.get(("GET" if method == "HEAD" else method, url), ())
        return next((reply for reply in fitting if all(text in sent(name) for name, text in reply.when.items())), None)


def address(url: str) -> str:
    """*url* as a request spells it: escaped, with a path, without fragment."""
    parts = urlsplit(escaped_url(url))
    return parts._replace(path=parts.path or "/", fragment="").geturl()


def _reply(line: str, index: Path, number: int) -> Reply:
    try:
        given: dict[str, Any] = json.loads(line)
        name = given.pop("file", "")
        reply = Reply(file=index.parent / name if name else None, **given)
    except (ValueError, TypeError) as error:
        raise SampleError(f"{index}:{number}: {error}") from None
    if reply.file and not (reply.file.is_file() and reply.file.resolve().is_relative_to(index.parent.resolve())):
        raise SampleError(f"{index}:{number}: no file {name} in {index.parent}")
    return reply
