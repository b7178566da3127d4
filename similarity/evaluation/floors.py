"""Floors: minimum search-quality metrics, the regression gate of the tests.

A floor is stored with the digest of the test set that it was measured on. Floors rise when search gets better; they are
lowered by command only, for a reason that is stored with them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

TOLERANCE = 0.003
"""By how much a metric may lie below its floor: 0.3 points of 100."""

_ROUNDING = 1e-9  # 0.897 is not below 0.9 - 0.003, although its binary fraction is
_PAIR_GOALS = ("F1 at best F1", "accuracy at best accuracy")


class FloorsError(ValueError):
    """The floors cannot be read, compared or changed; the message is one line."""


@dataclass(frozen=True)
class Floor:
    """The minimum metrics of one test set: ``values`` (shares of 1) by name of the measure.

    ``every``: only each n-th query is measured (see ``datasets.sample_of``), 1 for all. ``encoder``: measured with or
    without it. ``gate``: checked in each run of the tests; the others by ``floors check --all`` only. ``table``: rows
    of threshold, precision and recall, for information; they are not checked.
    """

    name: str
    digest: str
    model: str
    encoder: bool
    every: int
    gate: bool
    values: Mapping[str, float] = field(default_factory=dict)
    table: Sequence[Sequence[float]] = ()

    @property
    def title(self) -> str:
        """The floor's name in messages."""
        sample = "" if self.every == 1 else f", 1 query in {self.every}"
        return f"{self.name} ({self.model}, {'with' if self.encoder else 'without'} encoder{sample})"


@dataclass(frozen=True)
class Floors:
    """All floors, the analyzer version and encoder they were measured with, and a note for each that was lowered."""

    analyzer: str
    encoder: str
    floors: tuple[Floor, ...]
    lowered: tuple[Mapping[str, Any], ...] = ()


def checked_values(values: Mapping[str, float]) -> dict[str, float]:
    """Those of an evaluation's *values* that a floor checks, rounded as they are stored.

    Of pairs these are the metrics that the threshold was chosen for: precision alone may fall while recall gains more.
    """
    goals = {name: value for name, value in values.items() if name in _PAIR_GOALS}
    return {name: round(value, 4) for name, value in (goals or values).items()}


def failures(floor: Floor, values: Mapping[str, float]) -> list[str]:
    """One line for each metric of *floor* that is missing in *values* or lies below the floor."""
    lines = []
    for measure, minimum in floor.values.items():
        if measure not in values:
            lines.append(f"{floor.title}: {measure} is not measured any more")
        elif values[measure] < minimum - TOLERANCE - _ROUNDING:
            lines.append(f"{floor.title}: {measure} sank from {100 * minimum:.2f} to {100 * values[measure]:.2f} %")
    return lines


def changed_set(floor: Floor, digest: str) -> str:
    """The message when the test set of *floor* now has another *digest*; "" when it is the one that was measured."""
    if digest == floor.digest or not floor.digest:
        return ""
    return (
        f"the test set {floor.name} is not the one that its floor was measured on (sha256 {digest[:12] or 'of nothing'}"
        f" instead of {floor.digest[:12]}): nothing is said about quality; bring back its files, or"
        f' xinwen floors lower --set {floor.name} --reason "…"'
    )


def raised(floor: Floor, values: Mapping[str, float]) -> Floor:
    """*floor* with all that is higher in *values*.

    What is a little lower keeps its floor: otherwise the floor would sink by up to the tolerance each time.
    """
    higher = {measure: max(value, floor.values.get(measure, 0.0)) for measure, value in values.items()}
    return replace(floor, values=dict(floor.values) | higher)


def lowered(floors: Floors, name: str, fresh: Sequence[Floor], reason: str, day: date) -> Floors:
    """*floors* with those of the set *name* replaced by *fresh*, and a note with the reason and the old values."""
    if not reason.strip():
        raise FloorsError('lowering a floor needs a reason: --reason "…"')
    before = [floor for floor in floors.floors if floor.name == name]
    notes = [
        {
            "set": name,
            "day": day.isoformat(),
            "reason": reason.strip(),
            "of": old.title,
            "from": dict(old.values),
            "to": dict(new.values),
            **({"digest from": old.digest, "digest to": new.digest} if old.digest != new.digest else {}),
        }
        for old, new in zip(before, fresh, strict=True)
        if old.values != new.values or old.digest != new.digest
    ]
    replacements = iter(fresh)
    after = tuple(next(replacements) if floor.name == name else floor for floor in floors.floors)
    return replace(floors, floors=after, lowered=(*floors.lowered, *notes))


def load(path: Path) -> Floors:
    """The floors in the file *path*. Raises FloorsError when it holds none."""
    try:
        stored = json.loads(path.read_text("utf-8"))
        floors = tuple(Floor(**{"name": row.pop("set"), **row}) for row in stored["floors"])
        return Floors(stored["analyzer"], stored["encoder"], floors, tuple(stored["lowered"]))
    except OSError as error:
        raise FloorsError(f"{path}: {error.strerror}") from None
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise FloorsError(f"{path} is not a file of floors: {error}") from None


def save(floors: Floors, path: Path) -> None:
    """Write *floors* with one metric per line, in the order they have."""
    rows = ",\n".join(_as_text(floor) for floor in floors.floors)
    notes = ",\n".join(f"  {json.dumps(note, ensure_ascii=False)}" for note in floors.lowered)
    path.write_text(
        "{\n"
        f' "analyzer": {json.dumps(floors.analyzer)},\n'
        f' "encoder": {json.dumps(floors.encoder)},\n'
        f' "floors": [\n{rows}\n ],\n'
        f' "lowered": [{f"{chr(10)}{notes}{chr(10)} " if notes else ""}]\n'
        "}\n",
        encoding="utf-8",
    )


def _as_text(floor: Floor) -> str:
    names = ("digest", "model", "encoder", "every", "gate")
    head = ", ".join(f"{json.dumps(name)}: {json.dumps(getattr(floor, name))}" for name in names)
    values = _lines(f"{json.dumps(name)}: {value}" for name, value in floor.values.items())
    fields = [f'"set": {json.dumps(floor.name)}, {head}', f'"values": {{{values}}}']
    if floor.table:
        fields.append(f'"table": [{_lines(json.dumps(list(row)) for row in floor.table)}]')
    return "  {" + ",\n   ".join(fields) + "}"


def _lines(entries: Iterable[str]) -> str:
    return ",".join(f"\n    {entry}" for entry in entries)
