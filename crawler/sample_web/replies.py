"""The sample web: a folder that holds replies of the sites, one line of ``<key>/site.jsonl`` a reply."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from crawler.ways.entry import escaped
from store.settings import settings

TODAY = "today"
"""The file of a sample web that holds the day its pages are of."""


class SampleError(ValueError):
    """A sample web is written wrong; the message names the file, the line and the reason."""


def today() -> datetime:
    """The day for which the addresses of a year or quarter are made: the sample web's own, where it names one.

    A sample holds the quarters of its day; asked for those of a later one it would lose reports as time passes.
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
    """One line of ``site.jsonl``."""

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
    """Every reply of a folder of sites, by method and address; of several the first that fits what was sent."""

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
        # The most particular one first: a login page answers all that bring no key.
        others.sort(key=lambda other: -len(other.when))

    def reply(self, method: str, url: str, sent: Callable[[str], str]) -> Reply | None:
        """*sent* gives a header of the request, or its ``body``; what it lacks is ""."""
        fitting = self.replies.get(("GET" if method == "HEAD" else method, url), ())
        return next((one for one in fitting if all(text in sent(name) for name, text in one.when.items())), None)


def address(url: str) -> str:
    """*url* as a request spells it: escaped, with a path, without fragment."""
    parts = urlsplit(escaped(url))
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
