"""Measures the regular expressions of the crawler on hostile texts: ``python -m crawler.bench.patterns``.

Sites choose the texts that are searched. A pattern that backtracks can take minutes for 100 kB of blanks or digits.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import warnings
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from time import process_time
from typing import Any

import typer

from crawler.discovery.methods import JsonApi, Reports, Sitemap
from crawler.source import Source
from crawler.sources import SOURCES

with warnings.catch_warnings():
    # The parser of the standard library: its name is deprecated, and the new one is private.
    warnings.simplefilter("ignore", DeprecationWarning)
    import sre_parse

LENGTH = 100_000  # characters of a hostile text
_MAX_MATCHES = 20_000
_MAX_OWN = 8  # pieces of a pattern that texts are made of
_PIECES = (
    *" \t\naAé09芯。，.,-_/|:：&%#@=<>{}[]()\"'\\一十*",
    *(
        " \n",
        "</",
        "<a ",
        "<a href='",
        "<!--",
        "<?",
        "<![CDATA[",
        "\\u",
        "a ",
        "a. ",
        "A. ",
        "1 ",
        "1.",
        "1-",
        "0:",
        "1,",
    ),
    *("- ", " - ", " | ", "a-", "a.", "a/", "http://", "/a", "?a=", "2026", "2026-", "2026-03-", "2026年", "2026/3/"),
    *("3月", "March ", "Mar 6", "6 March ", "6. März ", "Q1 ", "10:20 ", "一二", "404 ", "12 ago", " at ", "$*"),
)


@dataclass(frozen=True)
class UsedPattern:
    """A pattern, where it stands, and how it is used: ``search``, ``match``, ``fullmatch`` or ``finditer``."""

    place: str
    pattern: re.Pattern[str] | re.Pattern[bytes]
    methods: tuple[str, ...]

    def slowest(self, length: int = LENGTH) -> tuple[float, str]:
        """The longest CPU time in seconds that it takes for a hostile text of *length*, and how the text begins."""
        return max((self.seconds(text), text[:30]) for text in hostile_texts(self.pattern, length))

    def seconds(self, text: str) -> float:
        """How long it takes to use the pattern on *text*."""
        searched: str | bytes = text if isinstance(self.pattern.pattern, str) else text.encode()
        longest = 0.0
        for method in self.methods:
            start = process_time()
            if method == "finditer":
                deque(islice(self.pattern.finditer(searched), _MAX_MATCHES), 0)  # type: ignore[arg-type]  # text or bytes
            else:
                getattr(self.pattern, method)(searched)
            longest = max(longest, process_time() - start)
        return longest


def patterns() -> list[UsedPattern]:
    """Every compiled pattern of the modules of ``crawler``, and every pattern of its sources."""
    found: dict[int, UsedPattern] = {}
    for module in pkgutil.walk_packages([str(Path(__file__).parents[1])], "crawler."):
        if module.name.endswith("__main__"):
            continue
        loaded = importlib.import_module(module.name)
        code = inspect.getsource(loaded)
        for name, value in vars(loaded).items():
            # One that is imported counts where it is made.
            if re.search(rf"^{name}\b[^\n]* = ", code, re.MULTILINE):
                for index, pattern in enumerate(_compiled(value)):
                    found[id(pattern)] = UsedPattern(f"{module.name}.{name}[{index}]", pattern, _methods(name, code))
    rows = [
        UsedPattern(f"row {source.key}: {name}", re.compile(written, re.IGNORECASE), ("search", "finditer"))
        for source in SOURCES.values()
        for name, written in _of_row(source)
        if written
    ]
    return [*found.values(), *rows]


def _methods(name: str, code: str) -> tuple[str, ...]:
    """How *code* uses the pattern *name*; every way where it does not say."""
    used = set(re.findall(rf"\b{name}\.(\w+)", code)) & {
        "search",
        "match",
        "fullmatch",
        "finditer",
        "findall",
        "sub",
        "split",
    }
    plain = {"finditer" if method in ("findall", "sub", "split") else method for method in used}
    return tuple(sorted(plain)) or ("search", "match", "fullmatch", "finditer")


def hostile_texts(pattern: re.Pattern[str] | re.Pattern[bytes], length: int) -> Iterator[str]:
    """Texts of repeated characters and words, and of those that *pattern* itself has, with and without an end."""
    written = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    own = list(dict.fromkeys(_literals(sre_parse.parse(written, pattern.flags & ~re.LOCALE & ~re.DEBUG))))[:_MAX_OWN]
    for piece in (*_PIECES, *own):
        yield piece * (length // len(piece))
    for piece in own:
        for filling in (" ", "a0 "):
            yield piece + filling * (length // len(filling))
        yield f"{piece} " * (length // (len(piece) + 1)) + "!"


def _compiled(value: object) -> Iterator[re.Pattern[str] | re.Pattern[bytes]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, dict):
        yield from (pattern for item in value.values() for pattern in _compiled(item))
    elif isinstance(value, list | tuple):
        yield from (pattern for item in value for pattern in _compiled(item))


def _of_row(source: Source) -> Iterator[tuple[str, str]]:
    yield from (("include", source.include), ("words", source.words))
    yield from (("stop", source.selectors.stop), ("skip", source.selectors.skip))
    for method in (*source.discovery, *source.captured):
        if isinstance(method, Sitemap):
            yield "follow", method.follow
        elif isinstance(method, Reports):
            yield from (("file", method.file), ("attachments", method.attachments))
        elif isinstance(method, JsonApi):
            yield from (("embedded_after", method.embedded_after), ("reply_url", method.reply_url))


def _literals(parsed: Any) -> Iterator[str]:
    """The runs of plain characters in a parsed pattern."""
    run = ""
    for operation, argument in parsed:
        if operation is sre_parse.LITERAL and isinstance(argument, int):
            run += chr(argument)
            continue
        if run:
            yield run
        run = ""
        for part in argument if isinstance(argument, tuple | list) else ():
            for inner in part if isinstance(part, list) else (part,):
                if isinstance(inner, sre_parse.SubPattern):
                    yield from _literals(inner)
    if run:
        yield run


if __name__ == "__main__":
    measured = sorted(((*used.slowest(), used.place) for used in patterns()), reverse=True)
    for seconds, text, place in measured[:20]:
        typer.echo(f"{1000 * seconds:9.1f} ms  {place}  on {text!r}…")
    typer.echo(f"{len(measured)} patterns, texts of {LENGTH // 1000} kB")
