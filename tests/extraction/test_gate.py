"""The extraction does not get worse: body, titles and dates of pages of 45 shapes stay above their floors."""

from __future__ import annotations

from datetime import date

import pytest

from tests.extraction import floors
from tests.extraction.cases import GROUPS, cases, digest
from tests.extraction.measure import Reading, ours, read_all, scores, trafilatura_fast, values_of


@pytest.fixture(scope="module")
def values() -> dict[str, dict[str, float]]:
    return values_of(read_all(ours, cases()))


def test_nothing_is_below_its_floor(values) -> None:
    assert floors.failures(floors.load(), values, digest()) == []


def test_it_is_ahead_of_trafilatura(values) -> None:
    theirs = scores(read_all(trafilatura_fast, cases()))
    for measure in ("F1", "precision", "titles", "dates"):
        assert values["all"][measure] >= theirs[measure]


def test_dates_are_found_and_right(values) -> None:
    assert values["all"]["dated"] >= 0.96
    assert values["all"]["date precision"] >= 0.94


def test_the_pages_are_many_and_different() -> None:
    assert sum(map(len, GROUPS.values())) >= 40
    assert len({case.data for case in cases()}) == len(cases()) >= 120
    assert {case.name for case in cases() if not case.body or not case.title} == set()


def test_a_wrong_date_counts_double() -> None:
    pages = [case for case in cases() if case.published][:4]
    wrong = Reading("", "", date(1999, 1, 1))
    readings = [*((case, Reading(case.body, case.title, case.published)) for case in pages[:3]), (pages[3], wrong)]
    found = scores(readings)
    assert (found["dates"], found["dated"], found["date precision"]) == (0.25, 1.0, 0.75)
    assert (found["F1"], found["titles"]) == (0.75, 0.75)


def test_floors_rise_and_are_lowered_for_a_reason_only(tmp_path) -> None:
    stored = floors.Floors("d", {"news": {"F1": 0.9}})
    worse, better = {"news": {"F1": 0.8}}, {"news": {"F1": 0.95}}
    assert floors.failures(stored, worse, "d") == ["news: F1 sank from 90.00 to 80.00 %"]
    assert floors.failures(stored, {}, "d") == ["news: F1 is not measured any more"]
    assert len(floors.failures(stored, better, "e")) == 1
    assert floors.raised(stored, better, "d").values == better
    with pytest.raises(floors.FloorsError, match="sank"):
        floors.raised(stored, worse, "d")
    with pytest.raises(floors.FloorsError, match="reason"):
        floors.lowered(stored, worse, "d", " ", date(2026, 11, 30))
    floors.save(floors.lowered(stored, worse, "d", "other pages", date(2026, 11, 30)), tmp_path / "floors.json")
    read = floors.load(tmp_path / "floors.json")
    assert read.values == worse
    assert read.lowered[0]["reason"] == "other pages"
