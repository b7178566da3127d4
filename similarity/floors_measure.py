"""Floors beside today's figures: the sets of the project and those that lie elsewhere, measured as their floors say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from similarity.curve import Judged, curve
from similarity.evaluate import evaluation
from similarity.floors import Floor, Floors, FloorsError, changed, held, lowered, raised, sunk
from similarity.ratings import FILES, LEE50
from similarity.test_sets import digest, digest_of_files, part_of
from text.analyzer import VERSION
from text.encoder import find_encoder

FLOORS = Path(__file__).parents[1] / "tests" / "relevance" / "floors.json"
SETS = Path(__file__).parents[2] / "shared" / "evaluation"
OWN = "project/"
"""What the names of sets begin with that lie in the project, beside the file of floors."""

Told = Callable[[str], None]


def folder_of(name: str, sets: Path) -> Path:
    """Where the set *name* lies; that of ratings lies nowhere here, gensim carries it."""
    if name == LEE50:
        return Path(LEE50)
    return FLOORS.parent / name.removeprefix(OWN) if name.startswith(OWN) else sets / name


def today(floor: Floor, sets: Path) -> Floor:
    """*floor* with the digest and the figures of today. Raises FloorsError without the set or a needed encoder."""
    folder = folder_of(floor.name, sets)
    if floor.name != LEE50 and not folder.is_dir():
        raise FloorsError(f"no folder {folder} with the test set {floor.name}; --sets names the folder of sets")
    if floor.encoder and find_encoder() is None:
        raise FloorsError(f"{floor.title} needs the encoder: pip install -r requirements-accelerators.txt")
    with part_of(folder, floor.every) as part:
        found = evaluation(part, floor.model, floor.encoder)
    table = _table(found.judged) if floor.every == 1 and found.judged else []
    now = digest_of_files(FILES) if floor.name == LEE50 else digest(folder)
    return replace(floor, digest=now, values=held(found.figures.values), table=table)


def _table(judged: Judged) -> list[list[float]]:
    points = [point for point in curve([judged]).table() if point.answers]
    return [[round(number, 4) for number in (one.threshold, one.precision, one.recall)] for one in points]


def fault(floor: Floor, now: Floor) -> list[str]:
    """What is wrong with *now* beside *floor*, in lines; a changed set is one thing, a figure that sank another."""
    other = changed(floor, now.digest)
    return [other] if other else sunk(floor, now.values)


def raise_all(floors: Floors, sets: Path, tell: Told) -> Floors:
    """*floors* with all that is higher today, everything measured. Raises FloorsError when a figure sank."""
    kept, wrong = [], []
    for floor in floors.floors:
        now = today(floor, sets)
        wrong += fault(floor, now)
        kept.append(replace(raised(floor, now.values), digest=now.digest, table=now.table))
        tell(_difference(floor, now))
    if wrong:
        raise FloorsError("; ".join(wrong) + ": nothing was raised")
    return replace(floors, floors=tuple(kept), analyzer=VERSION, encoder=name_of_encoder())


def lower(floors: Floors, name: str, reason: str, sets: Path, day: date, tell: Told) -> Floors:
    """*floors* with those of the set *name* as today's figures are. Raises FloorsError for an unknown set."""
    chosen = [floor for floor in floors.floors if floor.name == name]
    if not chosen:
        names = ", ".join(dict.fromkeys(floor.name for floor in floors.floors))
        raise FloorsError(f"there is no floor for a set {name!r}; there are {names}")
    if not reason.strip():
        raise FloorsError('lowering a floor needs a reason: --reason "…"')
    fresh = [today(floor, sets) for floor in chosen]
    for old, new in zip(chosen, fresh, strict=True):
        tell(_difference(old, new))
    return lowered(floors, name, fresh, reason, day)


def check(floors: Sequence[Floor], sets: Path, tell: Told) -> list[str]:
    """Today's figures beside *floors*: what is wrong, in lines."""
    wrong = []
    for floor in floors:
        now = today(floor, sets)
        tell(_difference(floor, now))
        wrong += fault(floor, now)
    return wrong


def name_of_encoder() -> str:
    """The encoder of this installation; "" for none."""
    encoder = find_encoder()
    return encoder.name if encoder else ""


def _difference(floor: Floor, now: Floor) -> str:
    figures = []
    for measure, value in now.values.items():
        least = floor.values.get(measure)
        beside = "" if least is None else f" ({100 * (value - least):+.2f})"
        figures.append(f"{measure} {100 * value:.2f}{beside}")
    return f"{floor.title}: {', '.join(figures)}"
