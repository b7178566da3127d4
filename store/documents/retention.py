"""How long things are kept, for each source: read from ``retention.toml`` and from the user's file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any

from store.documents.sources import own_rows, packaged
from store.settings import settings
from store.toml_file import Place, TomlFile, TomlFileError

DEFAULTS = Path(__file__).with_name("retention.toml")

_DAYS = {"d": 1, "w": 7, "y": 365}
_MOST_DAYS = 1000 * 365  # the calendar begins not much earlier
_FOREVER = "forever"


class RetentionFile(TomlFile):
    """The tables ``each`` and ``source``."""

    variable = "XINWEN_RETENTION"
    begins = "what is kept how long"


@dataclass(frozen=True, slots=True)
class Retention:
    """How long what belongs to one source is kept; None: forever. See ``retention.toml``."""

    pages: timedelta | None = None
    revisions: timedelta | None = None
    runs: timedelta | None = None
    outbox: timedelta | None = None
    downloads: timedelta | None = None


@dataclass(frozen=True, slots=True)
class RetentionTable:
    """The retention of ``each`` source, and of those ``sources`` that have their own."""

    each: Retention
    sources: Mapping[str, Retention]

    def of(self, source: str) -> Retention:
        """The retention of *source*, "" for what belongs to none."""
        return self.sources.get(source, self.each)


@lru_cache(maxsize=1)
def retention() -> RetentionTable:
    """The retention of this process, read once. Raises TomlFileError with all mistakes of the user's file."""
    name = settings().retention
    return read_retention(RetentionFile.read(Path(name).expanduser().absolute()) if name else None)


def read_retention(own: RetentionFile | None) -> RetentionTable:
    """The retention of ``retention.toml`` as the file *own* changes it. Raises TomlFileError."""
    each, sources = Retention(), dict[str, dict[str, Any]]()
    for file in filter(None, [RetentionFile.read(DEFAULTS), own]):
        mistakes: list[tuple[Place, str]] = []
        of_each, sources = _tables(file, mistakes)
        if mistakes:
            in_order = sorted(mistakes, key=lambda mistake: file.line_of(mistake[0]))
            raise TomlFileError([file.mistake(place, reason) for place, reason in in_order])
        each = replace(each, **of_each)
    return RetentionTable(each, {key: replace(each, **values) for key, values in sources.items()})


def _tables(file: RetentionFile, mistakes: list[tuple[Place, str]]) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    each: dict[str, Any] = {}
    sources: dict[str, dict[str, Any]] = {}
    known = packaged() | own_rows()
    for name, table in file.entries.items():
        if name == "each":
            each = _values(table, (name,), mistakes)
        elif name != "source":
            mistakes.append(((name,), "the file has no such table: known are each, source"))
        else:
            for key, own in table.items():
                if key not in known:
                    mistakes.append(((name, key), f"unknown source{_hint(key, known)}"))
                elif not isinstance(own, dict):
                    mistakes.append(((name, key), f"is no table; [source.{key}] begins one"))
                else:
                    sources[key] = _values(own, (name, key), mistakes)
    return each, sources


def _values(table: Mapping[str, Any], place: Place, mistakes: list[tuple[Place, str]]) -> dict[str, Any]:
    names = [field.name for field in fields(Retention)]
    found: dict[str, Any] = {}
    for name, value in table.items():
        match = re.fullmatch(r"(\d{1,4})([dwy])", value) if isinstance(value, str) else None
        if name not in names:
            mistakes.append(((*place, name), f"is not among what is kept{_hint(name, names)}"))
        elif value == _FOREVER:
            found[name] = None
        elif match is None or not 0 < int(match[1]) * _DAYS[match[2]] <= _MOST_DAYS:
            mistakes.append(
                ((*place, name), f'{str(value)[:40]!r} is no span of time such as "90d", "26w", "2y", "forever"')
            )
        else:
            found[name] = timedelta(days=int(match[1]) * _DAYS[match[2]])
    return found


def _hint(name: str, known: Any) -> str:
    close = get_close_matches(name, list(known), n=1)
    return f": did you mean {close[0]}?" if close else f": known are {', '.join(known)}"
