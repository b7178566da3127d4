"""Budgets: how much may be crawled of each source and of all, and when; read from ``budgets.toml`` and the user's file.

The user's file, which ``XINWEN_BUDGETS`` names, has the tables of ``budgets.toml`` with what is different in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, get_type_hints
from zoneinfo import ZoneInfo

from pydantic import Field

from crawler.sources import UnknownSource, source
from crawler.toml_checks import Mistakes, no_such_key, shown, typed
from crawler.windows import ALWAYS, NEVER, Window, WindowError, hours_of, window
from store.settings import settings
from store.toml_file import Place, TomlFile

DEFAULTS = Path(__file__).with_name("budgets.toml")

HANGING = 600
"""Seconds after its budget of seconds after which a run is ended by force."""

_UNITS = {"": 1, "B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_MOST_BYTES = 10**15
_NUMBERS = ("bytes_a_day", "pages_a_run", "seconds_a_run", "seconds_a_download")


class BudgetsFile(TomlFile):
    """The tables ``all``, ``each`` and ``source``."""

    variable = "XINWEN_BUDGETS"
    begins = "budgets"


@dataclass(frozen=True, slots=True)
class Budget:
    """What one source may take; zero of anything: nothing may be downloaded."""

    open: tuple[str, ...]
    """The window as the file says it."""
    bytes_a_day: int
    pages_a_run: Annotated[int, Field(ge=0, le=10**6)]
    seconds_a_run: Annotated[int, Field(ge=0, le=86_400)]
    seconds_a_download: Annotated[int, Field(ge=0, le=3_600)]


@dataclass(frozen=True, slots=True)
class BudgetOfAll:
    """What all sources together may take."""

    open: tuple[str, ...]
    bytes_a_day: int
    at_once: Annotated[int, Field(ge=1, le=100)]
    """Sources crawled at once, at the hours of which ``fewer`` says nothing."""
    fewer: Mapping[str, Annotated[int, Field(ge=0, le=100)]]
    """By hours of the day: how many fewer sources at once."""


def bytes_text(number: int) -> str:
    """*number* of bytes for people, as ``1.5 MB``."""
    unit = next((unit for unit in ("TB", "GB", "MB", "kB") if number >= _UNITS[unit]), "B")
    return f"{number / _UNITS[unit]:.3g} {unit}" if unit != "B" else f"{number} B"


@dataclass(frozen=True)
class Budgets:
    """The budgets of all sources, and the user's file that they are from, if there is one."""

    all: BudgetOfAll
    each: Budget
    sources: Mapping[str, Budget]
    file: BudgetsFile | None = None

    def of(self, key: str) -> Budget:
        """The budget of the source *key*."""
        return self.sources.get(key, self.each)

    def window_of(self, key: str) -> Window:
        """When the source *key* may be crawled: when its own window and that of all are open."""
        return window((*self.all.open, *self.of(key).open))

    def window_text(self, key: str) -> str:
        """That window as the file says it."""
        texts = dict.fromkeys(text for text in (*self.all.open, *self.of(key).open) if window([text]) != ALWAYS)
        return ", ".join(texts) or "always"

    def nothing_of(self, key: str) -> str:
        """Why nothing may be downloaded of the source *key*, with file and line; "" where something may."""
        own = self.file.entries.get("source", {}).get(key, {}) if self.file else {}
        bounds: list[tuple[Place, object]] = [(("all", "bytes_a_day"), self.all.bytes_a_day)]
        for name in _NUMBERS:
            bounds.append(((*(("source", key) if name in own else ("each",)), name), getattr(self.of(key), name)))
        zeros = [place for place, value in bounds if value == 0]
        return self.file.mistake(zeros[0], "0, so nothing may be downloaded") if zeros and self.file else ""

    def spent(self, key: str, downloaded: Mapping[str, int]) -> str:
        """Which bytes of a day are spent, so that nothing more is asked of the source *key*; "" while some are left.

        *downloaded*: the bytes of that day by source.
        """
        most, of_all = self.of(key).bytes_a_day, self.all.bytes_a_day
        if downloaded.get(key, 0) >= most:
            return f"the {bytes_text(most)} of the day"
        return f"the {bytes_text(of_all)} of the day of all sources" if sum(downloaded.values()) >= of_all else ""

    @property
    def longest_run(self) -> int:
        """Seconds after which no run goes on."""
        return HANGING + max(budget.seconds_a_run for budget in (self.each, *self.sources.values()))

    def at_once(self, full: int, now: datetime, zone: ZoneInfo) -> int:
        """How many sources are crawled at once *now*, *full* at the best hours; never fewer than one."""
        hour = now.astimezone(zone).hour
        return max(1, full - sum(number for span, number in self.all.fewer.items() if hour in hours_of(span)))


@lru_cache(maxsize=1)
def budgets() -> Budgets:
    """The budgets of this process, read once. Raises TomlFileError with all mistakes of the user's file."""
    name = settings().budgets
    return read_budgets(BudgetsFile.read(Path(name).expanduser().absolute()) if name else None)


def read_budgets(own: BudgetsFile | None) -> Budgets:
    """The budgets of ``budgets.toml`` as the file *own* changes them. Raises TomlFileError."""
    of_all, of_each, of_sources = _tables(BudgetsFile.read(DEFAULTS))
    if own is None:
        return Budgets(BudgetOfAll(**of_all), Budget(**of_each), {})
    own_all, own_each, of_sources = _tables(own)
    of_all, of_each = of_all | own_all, of_each | own_each
    sources = {key: Budget(**of_each | values) for key, values in of_sources.items()}
    found = Budgets(BudgetOfAll(**of_all), Budget(**of_each), sources, own)
    _refuse_closed(found, own)
    return found


_Values = dict[str, Any]


def _tables(file: BudgetsFile) -> tuple[_Values, _Values, dict[str, _Values]]:
    """The values that *file* gives: of all, of each, and by key of its sources. Raises TomlFileError."""
    mistakes = Mistakes(file)
    of_all, of_each = {}, {}
    of_sources: dict[str, _Values] = {}
    for name, table in file.entries.items():
        if name == "all":
            of_all = _values(BudgetOfAll, table, (name,), mistakes)
        elif name == "each":
            of_each = _values(Budget, table, (name,), mistakes)
        elif name == "source":
            of_sources = {key: _of_source(key, one, mistakes) for key, one in table.items()}
        else:
            mistakes.add((name,), no_such_key("the file", name, ("all", "each", "source")))
    mistakes.refuse()
    return of_all, of_each, of_sources


def _of_source(key: str, table: Any, mistakes: Mistakes) -> _Values:
    place = ("source", key)
    try:
        source(key)
    except UnknownSource as error:
        mistakes.add(place, str(error))
        return {}
    if not isinstance(table, dict):
        mistakes.add(place, f"{shown(table)} is no table")
        return {}
    return _values(Budget, table, place, mistakes)


def _values(kind: type, table: Mapping[str, Any], place: Place, mistakes: Mistakes) -> _Values:
    """The arguments of the dataclass *kind* that *table* gives; what is wrong with them goes to *mistakes*."""
    hints = get_type_hints(kind, include_extras=True)
    found: _Values = {}
    for name, value in table.items():
        where = (*place, name)
        if name not in hints:
            mistakes.add(where, no_such_key(f"the table {place[0]}", name, hints))
        elif name == "open":
            found[name] = _window(value, where, mistakes)
        elif name == "bytes_a_day":
            found[name] = _bytes(value, where, mistakes)
        else:
            found[name] = typed(hints[name], value, where, mistakes)
    if found.get("fewer"):
        _check_hours(found["fewer"], (*place, "fewer"), mistakes)
    return found


def _window(value: Any, place: Place, mistakes: Mistakes) -> tuple[str, ...]:
    texts = typed(list[str], [value] if isinstance(value, str) else value, place, mistakes) or ()
    try:
        window(texts)
    except WindowError as error:
        mistakes.add(place, str(error))
    if value == []:  # all of nothing hold at any hour, and the reader of the file would say: at none
        mistakes.add(place, 'an empty list names no window; for all hours write "always"')
    return tuple(texts)


def _bytes(value: Any, place: Place, mistakes: Mistakes) -> int:
    found = re.fullmatch(r"(\d{1,16}(?:\.\d{1,3})?) ?(\w*)", str(value)) if isinstance(value, int | str) else None
    number = round(float(found[1]) * _UNITS[found[2]]) if found and found[2] in _UNITS else -1
    if not 0 <= number <= _MOST_BYTES:
        mistakes.add(place, f'{shown(value)} is no number of bytes such as "500 MB", "1.5 GB" or 200000')
    return number


def _check_hours(fewer: Mapping[str, int], place: Place, mistakes: Mistakes) -> None:
    """Hours that two entries name would be counted twice."""
    taken: dict[int, str] = {}
    for text in fewer:
        try:
            hours = hours_of(text)
        except WindowError as error:
            mistakes.add((*place, text), str(error))
            continue
        if twice := [taken[hour] for hour in hours if hour in taken]:
            mistakes.add((*place, text), f"has hours of {twice[0]} too")
        taken |= dict.fromkeys(hours, text)


def _refuse_closed(found: Budgets, file: BudgetsFile) -> None:
    """Refuse windows that are never open: what is to be off has ``enabled = false`` in the file of sources."""
    mistakes = Mistakes(file)
    places: list[tuple[Place, tuple[str, ...]]] = [(("all",), found.all.open), (("each",), found.each.open)]
    places += [(("source", key), budget.open) for key, budget in found.sources.items()]
    for place, texts in places:
        together = [text for text in dict.fromkeys((*found.all.open, *texts)) if window([text]) != ALWAYS]
        if window(together) == NEVER and (place == ("all",) or window(found.all.open) != NEVER):
            mistakes.add((*place, "open"), f"is never open: no hour is in {' and in '.join(map(repr, together))}")
    mistakes.refuse()
