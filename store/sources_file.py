"""The file that ``XINWEN_SOURCES`` names: sources of the user's own and changes of the source table, in TOML.

Read here as far as all programs need it; ``crawler.local_sources`` makes sources of it. Loads no MongoDB, so the
crawler may import it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from store.settings import SettingsError, settings

MAX_BYTES = 2**20

Place = tuple[str | int, ...]
"""Where something stands in the file: names of keys and numbers of elements."""

_POSITION = re.compile(r" ?\(at (?:line (\d+), column \d+|end of document)\)$")
_KEY = re.compile(r"\s*\[{0,2}\s*([\w.\"'-]+)")


class SourcesFileError(SettingsError):
    """The file of sources has mistakes: each of ``lines`` names the file, the line, the key and the reason."""

    status = 2
    """Exit status of a command."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = tuple(" ".join(line.split()) for line in lines)
        super().__init__("; ".join(self.lines))


class SourcesFile:
    """The tables of the file by key, as they stand there, and where each value is."""

    def __init__(self, path: Path, text: str) -> None:
        """Raises SourcesFileError for a text that is not TOML, and for anything outside a table with a source's key."""
        self.path, self.text = path, text.replace("\r\n", "\n")
        try:
            self.entries: dict[str, dict[str, Any]] = tomllib.loads(self.text)
        except RecursionError:
            raise SourcesFileError([f"{path}: nested too deeply"]) from None
        except ValueError as error:  # also integers of thousands of digits
            raise SourcesFileError([self._of_syntax(str(error))]) from None
        if stray := [
            self.mistake((key,), f"is no table; [{key}] begins a source")
            for key, entry in self.entries.items()
            if not isinstance(entry, dict)
        ]:
            raise SourcesFileError(stray)

    def mistake(self, place: Place, reason: str) -> str:
        """The line that names file, line, key and *reason*."""
        return f"{self.path}:{self.line_of(place)}: {'.'.join(map(str, place))}: {reason}"

    def line_of(self, place: Place) -> int:
        """The number of the line on which the value at *place* begins, or else what contains it.

        TOML is a list of statements: the one that adds *place* begins after the longest beginning of the file that is
        TOML and lacks it.
        """
        while place and not _has(self.entries, place):
            place = place[:-1]
        lines = self.text.split("\n")
        without, within = 0, len(lines)
        while within - without > 1:
            middle = (without + within) // 2
            end = next((end for end in range(middle, without, -1) if self._entries_of(lines[:end]) is not None), None)
            if end is None:  # the lines up to here are inside one statement
                end = next(end for end in range(middle + 1, within + 1) if self._entries_of(lines[:end]) is not None)
                if _has(self._entries_of(lines[:end]), place):
                    break
                without = end
            elif _has(self._entries_of(lines[:end]), place):
                within = end
            else:
                without = end
        return without + 1

    @staticmethod
    def _entries_of(lines: list[str]) -> dict[str, Any] | None:
        try:
            return tomllib.loads("\n".join(lines))
        except ValueError:
            return None

    def _of_syntax(self, error: str) -> str:
        position = _POSITION.search(error)
        lines = self.text.rstrip("\n").split("\n")
        number = min(int(position[1]) if position and position[1] else len(lines), len(lines))
        key = _KEY.match(lines[number - 1])
        reason = _POSITION.sub("", error)
        return f"{self.path}:{number}: {f'{key[1]}: ' if key else ''}not TOML: {reason}"


def read_sources_file(path: Path) -> SourcesFile:
    """The file at *path*. Raises SourcesFileError."""
    try:
        if not path.is_file():
            raise SourcesFileError([f"{path}: {'no file' if path.exists() else 'no such file'} (XINWEN_SOURCES)"])
        if path.stat().st_size > MAX_BYTES:
            raise SourcesFileError([f"{path}: larger than {MAX_BYTES // 2**10} KiB (XINWEN_SOURCES)"])
        data = path.read_bytes()
    except OSError as error:
        raise SourcesFileError([f"{path}: {(error.strerror or str(error)).lower()} (XINWEN_SOURCES)"]) from None
    try:
        return SourcesFile(path, data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SourcesFileError([f"{path}:{line}: not UTF-8"]) from None


def sources_file() -> SourcesFile | None:
    """The user's file, read once a process; None where ``XINWEN_SOURCES`` names none. Raises SourcesFileError."""
    name = settings().sources
    return _read_once(Path(name).expanduser().absolute()) if name else None


@lru_cache(maxsize=1)
def _read_once(path: Path) -> SourcesFile:
    return read_sources_file(path)


def _has(value: Any, place: Place) -> bool:
    for name in place:
        known = name in value if isinstance(value, dict) else isinstance(value, list) and name in range(len(value))
        if not known:
            return False
        value = value[name]
    return True
