"""From a wanted precision to the score that reaches it, as measured on test sets and kept in a file here."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from similarity.curve import FEWEST, Judged, curve
from similarity.errors import QueryError
from text.encoder import WITHOUT_ENCODER

STORED = Path(__file__).with_name("thresholds.json")
_STEPS = 100  # scores are shares of 1 and kept in steps of a hundredth


@dataclass(frozen=True)
class Source:
    """A test set that was measured: its name, the digest of its files, and its number of queries."""

    name: str
    digest: str
    queries: int


@dataclass(frozen=True)
class Measured:
    """What a model reached with an analyzer version and an encoder ("" for none), over ``sets`` of the same weight.

    ``points``: score, precision, recall, and how many answers with such a score or a higher one a query has; scores
    that too few answers reach are left out.
    """

    model: str
    analyzer: str
    encoder: str
    sets: tuple[Source, ...]
    points: tuple[tuple[float, float, float, float], ...]

    def right_between(self, low: float, high: float) -> float:
        """Of answers with a score from *low* to below *high*, two of the stored scores, the share that was right."""
        (_, upper, _, above), (_, lower, _, more) = (self.at(score) for score in (high, low))
        return (lower * more - upper * above) / (more - above)

    def at(self, score: float) -> tuple[float, float, float, float]:
        """The point of *score*, one of the stored ones."""
        return next(point for point in self.points if abs(point[0] - score) < 1e-9)

    def reaching(self, precision: float) -> float:
        """The lowest score from which on *precision* was reached. Raises QueryError when it never was."""
        scores = [point[0] for point in self.points if point[1] >= precision]
        if not scores:
            best = max(self.points, key=lambda point: point[1])
            raise QueryError(
                f"precision {precision:g} was reached at no score of model {self.model}; the highest measured is"
                f" {best[1]:.3f}, from score {best[0]:.2f} on: --target-precision {math.floor(best[1] * 100) / 100}"
            )
        return min(scores)


def measured(model: str, analyzer: str, encoder: str, sources: Sequence[Source], judged: Sequence[Judged]) -> Measured:
    """What *judged*, the answers over the sets *sources*, says of thresholds. Raises QueryError for too few answers."""
    found = curve(judged)
    points = [found.at(step / _STEPS) for step in range(1, _STEPS)]
    kept = tuple(
        (one.threshold, round(one.precision, 4), round(one.recall, 4), round(_each(judged, one.threshold), 4))
        for one in points
        if one.answers >= FEWEST
    )
    if not kept or found.thresholds[0] > 1:
        raise QueryError(
            f"no thresholds for model {model}: its scores are not shares of 1 that mean the same for each query"
        )
    return Measured(model, analyzer, encoder, tuple(sources), kept)


def _each(judged: Sequence[Judged], score: float) -> float:
    return sum(one.weight * int((one.scores >= score).sum()) for one in judged) / len(judged)


def score_reaching(precision: float, model: str, analyzer: str, encoder: str, stored: Path = STORED) -> float:
    """The score from which on *precision* (a share of 1) was reached on the test sets.

    Raises QueryError where that model was not measured, or with another analyzer or encoder.
    """
    if not 0 < precision <= 1:
        raise QueryError(f"target precision {precision:g} is not a share of 1, as 0.9 is")
    known = [one for one in load(stored) if one.model == model]
    if not known:
        names = ", ".join(sorted({one.model for one in load(stored)})) or "none"
        raise QueryError(f"no thresholds are stored for model {model} (stored for: {names}); --min-score takes a score")
    for one in known:
        if (one.analyzer, one.encoder) == (analyzer, encoder):
            return one.reaching(precision)
    raise QueryError(
        f"the thresholds of model {model} were not measured with analyzer {analyzer} and {encoder or WITHOUT_ENCODER}:"
        " python -m similarity calibrate DIR …, or --min-score"
    )


def load(stored: Path = STORED) -> list[Measured]:
    """All that is stored."""
    return [
        Measured(
            row["model"],
            row["analyzer"],
            row["encoder"],
            tuple(Source(**source) for source in row["sets"]),
            tuple((score, precision, recall, each) for score, precision, recall, each in row["points"]),
        )
        for row in json.loads(stored.read_text("utf-8"))
    ]


def save(fresh: Sequence[Measured], stored: Path = STORED) -> None:
    """Keep *fresh* in place of what is stored for the same models, with or without an encoder."""
    replaced = {(one.model, bool(one.encoder)) for one in fresh}
    kept = [one for one in load(stored) if (one.model, bool(one.encoder)) not in replaced]
    rows = sorted([*kept, *fresh], key=lambda one: (one.model, one.encoder))
    stored.write_text("[\n" + ",\n".join(_row(one) for one in rows) + "\n]\n", encoding="utf-8")


def _row(one: Measured) -> str:
    """One line a field and one a point: a change of a figure is a change of its line."""
    fields = asdict(one)
    points = ",\n   ".join(json.dumps(point) for point in fields.pop("points"))
    lines = [f"  {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in fields.items()]
    return " {\n" + ",\n".join([*lines, f'  "points": [\n   {points}\n  ]']) + "\n }"
