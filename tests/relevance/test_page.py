"""``docs/relevance.md`` says what was measured."""

from __future__ import annotations

import re

import pytest

from similarity.floors import FloorsError, load
from similarity.floors_measure import FLOORS
from similarity.floors_page import PAGE, filled
from similarity.thresholds import load as load_thresholds


def test_the_figures_of_the_page_are_those_of_the_floors_and_thresholds() -> None:
    page = PAGE.read_text("utf-8")
    assert filled(page, load(FLOORS), load_thresholds()) == page, "out of date: python -m similarity floors page"


@pytest.mark.parametrize("encoder", [True, False])
@pytest.mark.parametrize("name", ["xquad_zh", "cranfield", "xquad_zh_en", "wmt21_zh_en"])
def test_a_figure_of_a_set_stands_in_both_languages(name: str, encoder: bool) -> None:
    (floor,) = [one for one in load(FLOORS).floors if (one.name, one.encoder, one.every) == (name, encoder, 1)]
    rows = re.findall(rf"^\| `{name}` \|.*nDCG@10 \| (.*) \| (.*) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert [row[not encoder] for row in rows] == [f"{100 * floor.values['nDCG@10']:.1f}"] * 2


def test_a_page_without_a_place_for_them_is_refused() -> None:
    with pytest.raises(FloorsError, match="no place for the table sets in zh"):
        filled("# A page", load(FLOORS), load_thresholds())
