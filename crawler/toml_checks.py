"""Checks of the values in a TOML file of the user; each mistake is reported with its line and key."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from store.toml_file import Place, TomlFile

_LONGEST_SHOWN = 60


class Mistakes:
    """Collects what is wrong with one file."""

    def __init__(self, file: TomlFile) -> None:
        self.file = file
        self.found: list[tuple[Place, str]] = []

    def add(self, place: Place, reason: str) -> None:
        self.found.append((place, reason))

    def refuse(self) -> None:
        """Raises the error of the file with one line for each mistake, in the order of the file; none: returns."""
        by_line = sorted(self.found, key=lambda mistake: self.file.line_of(mistake[0]))
        if by_line:
            raise self.file.error([self.file.mistake(place, reason) for place, reason in by_line])

    @contextmanager
    def at(self, place: Place) -> Iterator[None]:
        """A ValueError inside becomes the mistake at *place*."""
        try:
            yield
        except ValueError as error:
            self.add(place, str(error))


def typed(hint: Any, value: Any, place: Place, mistakes: Mistakes) -> Any:
    """*value* as the type *hint*; None with a mistake where it is no such value."""
    try:
        text = json.dumps(value)
    except TypeError:
        mistakes.add(place, f"{shown(value)} is a date, which no key takes; texts stand in quotes")
        return None
    try:
        return _adapter(hint).validate_json(text, strict=True)
    except ValidationError as refusal:
        for error in refusal.errors():
            mistakes.add((*place, *error["loc"]), error["msg"].replace("Input", shown(error["input"]), 1))
        return None


def no_such_key(what: str, name: str, known: Iterable[str]) -> str:
    """The mistake that *what* has no key *name*, with the nearest of those *known*."""
    known = sorted(known)
    close = get_close_matches(name.lower().replace("-", "_"), known, n=1, cutoff=0.6)
    hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(known)}"
    return f"{what} has no such key: {hint}"


def shown(value: Any) -> str:
    """*value* as a message shows it, not too long."""
    text = ascii(value) if not isinstance(value, str) else repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"


@lru_cache(maxsize=64)
def _adapter(hint: Any) -> TypeAdapter[Any]:
    return TypeAdapter(hint)
