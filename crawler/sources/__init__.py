"""The source table: one module per source, each with one value ``SOURCE``; and what the user's own file makes of it."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import cached_property
from importlib import import_module
from pathlib import Path

from crawler.local_sources import with_local
from crawler.source import Source, SourceError
from store.sources_file import sources_file


class UnknownSource(LookupError):
    """No source has that key; the message suggests keys of similar spelling."""

    def __str__(self) -> str:
        return str(self.args[0])


def table(sources: Iterable[Source]) -> dict[str, Source]:
    """*sources* by key, in order of their numbers.

    Raises SourceError for two sources with one key or number, and for gaps in the numbers.
    """
    by_key: dict[str, Source] = {}
    for number, source in enumerate(sorted(sources, key=lambda source: source.number), start=1):
        if source.key in by_key:
            raise SourceError(f"source {source.key}: two sources have this key")
        if source.number < number:
            raise SourceError(f"source {source.key}: number {source.number} is taken by another source")
        if source.number > number:
            raise SourceError(f"source {source.key}: number {source.number}, but no source has number {number}")
        by_key[source.key] = source
    return by_key


def source(key: str) -> Source:
    """The source with *key*. Raises UnknownSource when there is none."""
    if key in SOURCES:
        return SOURCES[key]
    close = get_close_matches(key.lower().replace("-", "_"), SOURCES, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(close)}?" if close else "`xinwen list` prints all keys"
    raise UnknownSource(f"unknown source {key!r}: {hint}")


def _sources() -> Iterable[Source]:
    """``SOURCE`` of every module in this package. Raises SourceError for a module without one."""
    for module in pkgutil.iter_modules(__path__):
        source = getattr(import_module(f"{__name__}.{module.name}"), "SOURCE", None)
        if not isinstance(source, Source):
            raise SourceError(f"crawler/sources/{module.name}.py holds no SOURCE")
        if source.key != module.name:
            raise SourceError(f"source {source.key}: its file is called {module.name}.py")
        yield source


EXTRA = Path(__file__).with_name("extra-sources.toml")
"""More sources, in the form of the user's file, all off: ``scrapy list --extra`` prints it."""

PACKAGED: dict[str, Source] = table(_sources())
"""The sources that the program comes with."""


class _Sources(Mapping[str, Source]):
    """``PACKAGED`` as the file of ``XINWEN_SOURCES`` changes it, and with its sources; read when it is first needed.

    Whoever asks first meets a SourcesFileError if the file has mistakes.
    """

    @cached_property
    def _all(self) -> dict[str, Source]:
        file = sources_file()
        return with_local(PACKAGED, file) if file else PACKAGED

    def __getitem__(self, key: str) -> Source:
        return self._all[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)


SOURCES: Mapping[str, Source] = _Sources()
