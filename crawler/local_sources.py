"""Makes sources of the user's file (``store.sources_file``): changed rows of the table, and sources of one's own.

An entry has the field names of ``Source``. It is checked as a row is, by ``Source`` itself, after its names and types.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields, replace
from datetime import timedelta
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, get_type_hints

from crawler.discovery.methods import Credential, DataBlocks, FixedLinks
from crawler.discovery.reader import NAMES
from crawler.source import Selectors, Source, SourceError, Thresholds
from crawler.toml_checks import Mistakes, no_such_key, shown, typed
from store.article import is_fuller
from store.sources_file import SourcesFile
from store.toml_file import Place

METHODS = {name: kind for kind, name in NAMES.items() if kind not in (DataBlocks, FixedLinks)}
"""Discovery methods by the name that ``method`` gives in the file."""

_PARTS: dict[str, type] = {"selectors": Selectors, "thresholds": Thresholds}
"""Fields that are tables of which a change of a row needs to give only what is different."""

_UNITS = {"min": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_NOT_GIVEN = ("number", "key", "keep_at_least", "keep_at_most", "captured")


def with_local(rows: Mapping[str, Source], file: SourcesFile) -> dict[str, Source]:
    """*rows* as *file* changes them, and behind them its own sources. Raises SourcesFileError with all mistakes."""
    mistakes = Mistakes(file)
    found, number = dict(rows), len(rows)
    for key, entry in file.entries.items():
        before = len(mistakes.found)
        given = _fields(Source, entry, (key,), mistakes)
        if key not in rows:
            number += 1
            given |= {"number": number, "key": key}
            _check_complete(Source, given, (key,), mistakes, _similar_key(key, rows))
        if len(mistakes.found) > before:
            continue
        try:
            found[key] = _changed(rows[key], given, file) if key in rows else _added(given)
        except SourceError as error:
            for place, reason in error.mistakes:
                mistakes.add((key, *place), reason)
    mistakes.refuse()
    return found


def _added(given: dict[str, Any]) -> Source:
    parts = {name: kind(**given[name]) for name, kind in _PARTS.items() if name in given}
    return Source(**given | parts)


def _changed(row: Source, given: dict[str, Any], file: SourcesFile) -> Source:
    """*row* with the fields *given*. What it says of ``keep`` holds for every list and page of the source."""
    given = dict(given)
    for name in _PARTS:
        if name in given:
            given[name] = replace(getattr(row, name), **given[name])
    keep = given.get("keep", row.keep)
    if is_fuller(keep, row.keep):
        given["keep_at_least"] = keep
    elif "keep" in given:
        given["keep_at_most"] = keep
    if "why" not in given and (keep != row.keep or given.get("enabled", row.enabled) != row.enabled):
        # What the row says it rests on was said of other terms.
        given["why"] = f"Changed in {file.path.name}, which does not say why. The table says: {row.why}"
    return replace(row, **given)


def _fields(kind: type, table: dict[str, Any], place: Place, mistakes: Mistakes) -> dict[str, Any]:
    """The arguments of the dataclass *kind* that *table* gives; what is wrong with them goes to *mistakes*."""
    hints = _hints(kind)
    found: dict[str, Any] = {}
    for name, value in table.items():
        where = (*place, name)
        if name not in hints:
            mistakes.add(where, _unknown(name, kind, hints))
        elif kind is Source and name == "discovery":
            found[name] = tuple(_methods(value, where, mistakes))
        elif kind is Source and name == "every":
            found[name] = _duration(value, where, mistakes)
        elif part := {**_PARTS, "credential": Credential}.get(name):
            if not isinstance(value, dict):
                mistakes.add(where, f"{shown(value)} is no table")
                continue
            arguments = _fields(part, value, where, mistakes)
            found[name] = arguments if name in _PARTS else _whole(part, arguments, where, mistakes)
        else:
            found[name] = typed(hints[name], value, where, mistakes)
    return found


def _whole(kind: type, given: dict[str, Any], place: Place, mistakes: Mistakes) -> Any:
    """A value of the dataclass *kind*; None with a mistake where arguments that it needs are not *given*."""
    return kind(**given) if _check_complete(kind, given, place, mistakes) else None


def _methods(value: Any, place: Place, mistakes: Mistakes) -> Iterator[Any]:
    if not isinstance(value, list) or not all(isinstance(table, dict) for table in value):
        mistakes.add(place, f"is no list of tables; [[{'.'.join(map(str, place))}]] begins a discovery method")
        return
    for number, table in enumerate(value):
        where = (*place, number)
        name = table.get("method")
        if name is None:
            mistakes.add(where, f"method is missing: one of {', '.join(METHODS)}")
        elif not isinstance(name, str) or name not in METHODS:
            close = get_close_matches(str(name).lower(), METHODS, n=1)
            hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(METHODS)}"
            mistakes.add((*where, "method"), f"unknown discovery method {shown(name)}: {hint}")
        else:
            rest = {key: value for key, value in table.items() if key != "method"}
            yield _whole(METHODS[name], _fields(METHODS[name], rest, where, mistakes), where, mistakes)


def _duration(value: Any, place: Place, mistakes: Mistakes) -> timedelta | None:
    found = re.fullmatch(r"(\d{1,4}) ?(min|h|d|w)", value) if isinstance(value, str) else None
    if found is None:
        mistakes.add(place, f'{shown(value)} is no span of time such as "30min", "6h", "1d" or "1w"')
        return None
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def _check_complete(kind: type, given: dict[str, Any], place: Place, mistakes: Mistakes, hint: str = "") -> bool:
    needed = [field.name for field in fields(kind) if _is_required(field)]
    missing = [name for name in needed if name not in given]
    if missing:
        what = "a new source" if kind is Source else _name_of(kind)
        mistakes.add(place, f"{what} needs {', '.join(missing)}{hint}")
    return not missing


def _is_required(field: Field[Any]) -> bool:
    return field.init and field.default is MISSING and field.default_factory is MISSING


def _similar_key(key: str, rows: Mapping[str, Source]) -> str:
    close = get_close_matches(key.lower().replace("-", "_"), rows, n=1, cutoff=0.75)
    return f"; or did you mean the source {close[0]}?" if close else ""


def _unknown(name: str, kind: type, hints: Mapping[str, Any]) -> str:
    if kind is Source and name in _NOT_GIVEN:
        return "is not for this file: the program sets it"
    if kind is Source and name in Source.__dataclass_fields__ and Source.__dataclass_fields__[name].init:
        return "is Python code: a source that needs it is a file of crawler/sources"
    names = [*hints, *(["method"] if kind in METHODS.values() else [])]
    return no_such_key(_name_of(kind), name, names)


def _name_of(kind: type) -> str:
    methods = {method: f"the method {name}" for name, method in METHODS.items()}
    return "a source" if kind is Source else methods.get(kind, f"the table {kind.__name__.lower()}")


@lru_cache(maxsize=16)
def _hints(kind: type) -> dict[str, Any]:
    """The types of the fields of *kind* that a file can give."""
    hints = get_type_hints(kind)
    names = [field.name for field in fields(kind) if field.init]
    if kind is Source:
        names = [name for name in names if name not in _NOT_GIVEN and "Callable" not in str(hints[name])]
    return {name: hints[name] for name in names}
