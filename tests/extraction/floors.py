"""Floors: what the extraction reaches on the pages of the gate, by group, and may not sink below.

They belong to the digest of the pages. Floors rise when the extraction gets better; they are lowered by command only,
for a reason that is stored with them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

TOLERANCE = 0.003
"""By how much a measure may lie below its floor: 0.3 points of 100."""

FILE = Path(__file__).parent / "floors.json"

_ROUNDING = 1e-9
Values = Mapping[str, Mapping[str, float]]
"""Measures by group."""


class FloorsError(ValueError):
    """The floors cannot be changed as asked; the message is one line."""


@dataclass(frozen=True)
class Floors:
    """The digest of the pages, the floors, and a note for each time that some were lowered."""

    digest: str
    values: Values
    lowered: tuple[Mapping[str, object], ...] = field(default=())


def failures(floors: Floors, values: Values, digest: str) -> list[str]:
    """One line for each measure that is missing in *values* or lies below its floor, and for pages that have changed."""
    lines = []
    if digest != floors.digest:
        lines.append("the pages are not those that the floors were measured on: lower the floors with the reason why")
    for group, measures in floors.values.items():
        for name, floor in measures.items():
            value = values.get(group, {}).get(name)
            if value is None:
                lines.append(f"{group}: {name} is not measured any more")
            elif value < floor - TOLERANCE - _ROUNDING:
                lines.append(f"{group}: {name} sank from {100 * floor:.2f} to {100 * value:.2f} %")
    return lines


def raised(floors: Floors, values: Values, digest: str) -> Floors:
    """*floors* with all that is higher in *values*. Raises FloorsError where something sank."""
    if lines := failures(floors, values, digest):
        raise FloorsError("; ".join(lines))
    higher = {
        group: {name: max(value, floors.values.get(group, {}).get(name, 0.0)) for name, value in measures.items()}
        for group, measures in values.items()
    }
    return replace(floors, values=higher)


def lowered(floors: Floors, values: Values, digest: str, reason: str, day: date) -> Floors:
    """Floors at *values*, with a note of the reason and of what sank. Raises FloorsError without a reason."""
    if not reason.strip():
        raise FloorsError('lowering floors needs a reason: --reason "…"')
    note = {"day": day.isoformat(), "reason": reason.strip(), "sank": failures(floors, values, digest)}
    return Floors(digest, values, (*floors.lowered, note))


def load(path: Path = FILE) -> Floors:
    stored = json.loads(path.read_text("utf-8"))
    return Floors(stored["digest"], stored["floors"], tuple(stored["lowered"]))


def save(floors: Floors, path: Path = FILE) -> None:
    whole = {"digest": floors.digest, "floors": floors.values, "lowered": floors.lowered}
    path.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", "utf-8")
