"""TOML files of the user, read so that each mistake can be reported with file, line and key. Loads no MongoDB."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

from store.settings import SettingsError

MAX_BYTES = 2**18

Place = tuple[str | int, ...]
"""Where something stands in the file: names of keys and numbers of elements."""

_POSITION = re.compile(r" ?\(at (?:line (\d+), column \d+|end of document)\)$")
_MAY_END = re.compile("]|\"{3}|'{3}")
_KEY = re.compile(r"\s*\[{0,2}\s*([\w.\"'-]+)")


class TomlFileError(SettingsError):
    """A file has mistakes: each of ``lines`` names the file, the line, the key and the reason."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = tuple(" ".join(line.split()) for line in lines)
        super().__init__("; ".join(self.lines))


class TomlFile:
    """The tables of a file by key, as they stand there, and where each value is."""

    variable: ClassVar[str]
    """The environment variable that names the file."""
    error: ClassVar[type[TomlFileError]] = TomlFileError
    begins: ClassVar[str]
    """What a table of the file begins."""

    def __init__(self, path: Path, text: str) -> None:
        """Raises TomlFileError for a text that is not TOML, and for anything outside a table."""
        self.path, self.text = path, text.replace("\r\n", "\n")
        try:
            self.entries: dict[str, dict[str, Any]] = tomllib.loads(self.text)
        except RecursionError:
            raise self.error([f"{path}: nested too deeply"]) from None
        except ValueError as error:  # also integers of thousands of digits
            raise self.error([self._of_syntax(str(error))]) from None
        if stray := [
            self.mistake((key,), f"is no table; [{key}] begins {self.begins}")
            for key, entry in self.entries.items()
            if not isinstance(entry, dict)
        ]:
            raise self.error(stray)

    @classmethod
    def read(cls, path: Path) -> Self:
        """The file at *path*. Raises TomlFileError."""
        try:
            if not path.is_file():
                raise cls.error([f"{path}: {'no file' if path.exists() else 'no such file'} ({cls.variable})"])
            if path.stat().st_size > MAX_BYTES:
                raise cls.error([f"{path}: larger than {MAX_BYTES // 2**10} KiB ({cls.variable})"])
            data = path.read_bytes()
        except OSError as error:
            raise cls.error([f"{path}: {(error.strerror or str(error)).lower()} ({cls.variable})"]) from None
        try:
            return cls(path, data.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise cls.error([f"{path}:{line}: not UTF-8"]) from None

    def mistake(self, place: Place, reason: str) -> str:
        """The line that names file, line, key and *reason*."""
        return f"{self.path}:{self.line_of(place)}: {'.'.join(map(str, place))}: {reason}"

    def line_of(self, place: Place) -> int:
        """The number of the line on which the value at *place* begins, or else what contains it."""
        while place and place not in self._lines:
            place = place[:-1]
        return self._lines.get(place, 1)

    @cached_property
    def _lines(self) -> dict[Place, int]:
        """The line on which each value begins; of values inside one statement that of the statement.

        TOML is a list of statements, and each is TOML by itself: it ends where the lines from its beginning are.
        """
        lines, found, start = self.text.split("\n"), dict[Place, int](), 0
        table: Place = ()
        elements: dict[Place, int] = {}
        while start < len(lines):
            end = start + 1
            while (statement := _parsed("\n".join(lines[start:end]))) is None:
                end += 1  # to the next line that may end a value of several lines
                while end < len(lines) and not _MAY_END.search(lines[end - 1]):
                    end += 1
            if lines[start].lstrip().startswith("["):
                table = _header(statement, elements)
                places: Iterable[Place] = (table[:length] for length in range(1, len(table) + 1))
            else:
                places = _places(statement, table)
            for place in places:
                found.setdefault(place, start + 1)
            start = end
        return found

    def _of_syntax(self, error: str) -> str:
        position = _POSITION.search(error)
        lines = self.text.rstrip("\n").split("\n")
        number = min(int(position[1]) if position and position[1] else len(lines), len(lines))
        key = _KEY.match(lines[number - 1])
        reason = _POSITION.sub("", error)
        return f"{self.path}:{number}: {f'{key[1]}: ' if key else ''}not TOML: {reason}"


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except ValueError:
        return None


def _header(statement: Any, elements: dict[Place, int]) -> Place:
    """The place that the header *statement* begins; *elements* counts those of the lists of tables, and is changed."""
    place: Place = ()
    while statement:
        ((name, statement),) = statement.items()
        place = (*place, name)
        if isinstance(statement, list):
            elements[place] = elements.get(place, -1) + 1
            return (*place, elements[place])
        if place in elements:
            place = (*place, elements[place])
    return place


def _places(value: Any, place: Place) -> Iterator[Place]:
    """The places of all values in *value*, which stands at *place*."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in items:
        yield (*place, name)
        yield from _places(inner, (*place, name))
