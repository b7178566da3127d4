"""Measures the test sets of the floors and compares: checks, raises or lowers the floors.

Sets whose names begin with ``project/`` lie in this project, next to the file of floors. The others are other people's
texts and lie in a folder that the setting XINWEN_EVALUATION or the option ``--sets`` names.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from similarity.evaluation.datasets import digest, digest_of_files, sample_of
from similarity.evaluation.evaluate import evaluate_with_answers
from similarity.evaluation.floors import (
    Floor,
    Floors,
    FloorsError,
    changed_set,
    checked_values,
    failures,
    lowered,
    raised,
)
from similarity.evaluation.lee50 import FILES, LEE50
from similarity.evaluation.precision_recall import JudgedAnswers, precision_recall_curve
from store.places import install
from text.analysis.analyzer import VERSION
from text.embedding.encoder import find_encoder

FLOORS_FILE = Path(__file__).parents[2] / "tests" / "relevance" / "floors.json"
PROJECT_PREFIX = "project/"

ShowLine = Callable[[str], None]
"""Is given one line per measured floor, as soon as it is measured."""


def folder_of(name: str, sets: Path | None) -> Path:
    """The folder of the test set *name*. Raises FloorsError when it lies outside the project and *sets* is None.

    The ratings of ``lee50`` come with gensim and have no folder: their name stands for them.
    """
    if name == LEE50:
        return Path(LEE50)
    if name.startswith(PROJECT_PREFIX):
        return FLOORS_FILE.parent / name.removeprefix(PROJECT_PREFIX)
    if sets is None:
        raise FloorsError(
            f"the test set {name} lies outside the project: --sets DIR or XINWEN_EVALUATION names its folder"
        )
    return sets / name


def measure(floor: Floor, sets: Path | None) -> Floor:
    """*floor* with today's digest and metrics. Raises FloorsError without the set, or without an encoder it needs."""
    folder = folder_of(floor.name, sets)
    if floor.name != LEE50 and not folder.is_dir():
        raise FloorsError(f"no folder {folder} with the test set {floor.name}; --sets names the folder of sets")
    if floor.encoder and find_encoder() is None:
        raise FloorsError(f"{floor.title} needs the encoder: {install('semantic')}")
    with sample_of(folder, floor.every) as sample:
        evaluation = evaluate_with_answers(sample, floor.model, floor.encoder)
    table = _table(evaluation.judged) if floor.every == 1 and evaluation.judged else []
    digest_now = digest_of_files(FILES) if floor.name == LEE50 else digest(folder)
    return replace(floor, digest=digest_now, values=checked_values(evaluation.metrics.values), table=table)


def check(floors: Sequence[Floor], sets: Path | None, show: ShowLine) -> list[str]:
    """Measure *floors* and compare: one line for each metric below its floor, and for each changed set."""
    faults = []
    for floor in floors:
        measured = measure(floor, sets)
        show(_comparison(floor, measured))
        faults += _faults(floor, measured)
    return faults


def raise_all(floors: Floors, sets: Path | None, show: ShowLine) -> Floors:
    """*floors* with all that is higher today. Raises FloorsError when a metric is below its floor."""
    kept, faults = [], []
    for floor in floors.floors:
        measured = measure(floor, sets)
        faults += _faults(floor, measured)
        kept.append(replace(raised(floor, measured.values), digest=measured.digest, table=measured.table))
        show(_comparison(floor, measured))
    if faults:
        raise FloorsError("; ".join(faults) + ": nothing was raised")
    return replace(floors, floors=tuple(kept), analyzer=VERSION, encoder=encoder_name())


def lower(floors: Floors, name: str, reason: str, sets: Path | None, day: date, show: ShowLine) -> Floors:
    """*floors* with those of the set *name* set to today's metrics. Raises FloorsError for an unknown set."""
    chosen = [floor for floor in floors.floors if floor.name == name]
    if not chosen:
        names = ", ".join(dict.fromkeys(floor.name for floor in floors.floors))
        raise FloorsError(f"there is no floor for a set {name!r}; there are {names}")
    if not reason.strip():  # refused before minutes of measuring
        raise FloorsError('lowering a floor needs a reason: --reason "…"')
    fresh = [measure(floor, sets) for floor in chosen]
    for old, new in zip(chosen, fresh, strict=True):
        show(_comparison(old, new))
    return lowered(floors, name, fresh, reason, day)


def encoder_name() -> str:
    """The encoder of this installation; "" for none."""
    encoder = find_encoder()
    return encoder.name if encoder else ""


def _table(judged: JudgedAnswers) -> list[list[float]]:
    points = [point for point in precision_recall_curve([judged]).table() if point.answers]
    return [[round(number, 4) for number in (point.threshold, point.precision, point.recall)] for point in points]


def _faults(floor: Floor, measured: Floor) -> list[str]:
    """A changed test set is one fault and says nothing of quality; else each metric below its floor is one."""
    other_set = changed_set(floor, measured.digest)
    return [other_set] if other_set else failures(floor, measured.values)


def _comparison(floor: Floor, measured: Floor) -> str:
    metrics = []
    for measure_name, value in measured.values.items():
        minimum = floor.values.get(measure_name)
        difference = "" if minimum is None else f" ({100 * (value - minimum):+.2f})"
        metrics.append(f"{measure_name} {100 * value:.2f}{difference}")
    return f"{floor.title}: {', '.join(metrics)}"
