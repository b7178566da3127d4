"""``docs/relevance.md`` and its Chinese edition show what was measured."""

from __future__ import annotations

import re

import pytest

from similarity.evaluation.floors import FloorsError, load
from similarity.evaluation.floors_measure import FLOORS_FILE
from similarity.evaluation.floors_page import PAGES, filled
from similarity.ranking.thresholds import load as load_thresholds


@pytest.mark.parametrize("language", PAGES)
def test_the_figures_of_the_page_are_those_of_the_floors_and_thresholds(language: str) -> None:
    page = PAGES[language].read_text("utf-8")
    fresh = filled(page, language, load(FLOORS_FILE), load_thresholds())
    assert fresh == page, "out of date: xinwen floors page"


@pytest.mark.parametrize("language", PAGES)
@pytest.mark.parametrize("encoder", [True, False])
@pytest.mark.parametrize("name", ["xquad_zh", "cranfield", "xquad_zh_en", "wmt21_zh_en"])
def test_a_metric_of_a_set_is_on_the_page(name: str, encoder: bool, language: str) -> None:
    (floor,) = [
        floor for floor in load(FLOORS_FILE).floors if (floor.name, floor.encoder, floor.every) == (name, encoder, 1)
    ]
    page = PAGES[language].read_text("utf-8")
    (row,) = re.findall(rf"^\| `{name}` \|.*nDCG@10 \| (.*) \| (.*) \|$", page, re.MULTILINE)
    assert row[not encoder] == f"{100 * floor.values['nDCG@10']:.1f}"


def test_both_pages_have_the_same_structure() -> None:
    """Headings by level, tables and lists: a section that is missing in one language shows here."""
    chinese, english = (
        re.findall(r"^(#+|<!--|\d\.|\*) ", PAGES[language].read_text("utf-8"), re.MULTILINE)
        for language in ("zh", "en")
    )
    assert chinese == english


def test_a_page_without_a_place_for_a_table_is_refused() -> None:
    with pytest.raises(FloorsError, match=r"relevance.zh-CN.md has no place for the table sets"):
        filled("# A page", "zh", load(FLOORS_FILE), load_thresholds())
