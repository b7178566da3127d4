from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from similarity.cli.quality import floors as floors_app
from similarity.evaluation.datasets import digest, sample_of
from similarity.evaluation.floors import (
    Floor,
    Floors,
    FloorsError,
    changed_set,
    checked_values,
    failures,
    load,
    lowered,
    raised,
    save,
)
from tests.commands import assert_one_line_error, run
from text.analysis.analyzer import VERSION

pytestmark = pytest.mark.slow

FLOOR = Floor("a set", "d" * 64, "hybrid", False, 1, True, {"nDCG@10": 0.9, "P@1": 0.8}, [[0.5, 0.9, 0.7]])
FLOORS = Floors("7", "an encoder", (FLOOR, replace(FLOOR, name="another", table=())))


@pytest.mark.parametrize(
    ("now", "lines"),
    [
        ({"nDCG@10": 0.9, "P@1": 0.8}, []),
        ({"nDCG@10": 0.897, "P@1": 0.95}, []),
        ({"nDCG@10": 0.8969, "P@1": 0.8}, ["a set (hybrid, without encoder): nDCG@10 sank from 90.00 to 89.69 %"]),
        ({"nDCG@10": 0.95}, ["a set (hybrid, without encoder): P@1 is not measured any more"]),
    ],
    ids=["equal", "three tenths", "more", "gone"],
)
def test_a_metric_may_lie_three_tenths_of_a_point_below_its_floor(now: dict[str, float], lines: list[str]) -> None:
    assert failures(FLOOR, now) == lines


def test_another_set_is_no_loss_of_quality() -> None:
    assert changed_set(FLOOR, "d" * 64) == ""
    message = changed_set(FLOOR, "e" * 64)
    assert message.startswith("the test set a set is not the one that its floor was measured on (sha256 eeeeeeeeeeee")
    assert "floors lower --set a set --reason" in message


def test_raising_never_lets_a_floor_down() -> None:
    assert raised(FLOOR, {"nDCG@10": 0.898, "P@1": 0.85, "MAP": 0.7}).values == {
        "nDCG@10": 0.9,
        "P@1": 0.85,
        "MAP": 0.7,
    }


def test_lowering_keeps_the_reason() -> None:
    fresh = replace(FLOOR, values={"nDCG@10": 0.5, "P@1": 0.8}, digest="e" * 64)
    after = lowered(FLOORS, "a set", [fresh], " set shortened ", date(2026, 7, 1))
    assert after.floors == (fresh, FLOORS.floors[1])
    (note,) = after.lowered
    assert (note["set"], note["day"], note["reason"]) == ("a set", "2026-07-01", "set shortened")
    assert (note["from"], note["to"]) == (dict(FLOOR.values), dict(fresh.values))
    assert note["digest from"] == "d" * 64
    again = lowered(after, "a set", [fresh], "nothing changed", date(2026, 7, 2))
    assert again.lowered == after.lowered


def test_of_pairs_the_chosen_goals_are_checked() -> None:
    values = {
        "threshold at best F1": 0.3,
        "precision at best F1": 0.7,
        "F1 at best F1": 0.74321,
        "accuracy at best accuracy": 0.8,
    }
    assert checked_values(values) == {"F1 at best F1": 0.7432, "accuracy at best accuracy": 0.8}
    assert checked_values({"precision": 0.99, "recall": 0.91239}) == {"precision": 0.99, "recall": 0.9124}


def test_written_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "floors.json"
    floors = replace(FLOORS, lowered=({"set": "a set", "reason": "新的集合"},))
    save(floors, path)
    assert load(path) == floors
    assert "新的集合" in path.read_text("utf-8")
    assert '\n    "nDCG@10": 0.9,\n' in path.read_text("utf-8")
    save(FLOORS, path)
    assert load(path) == FLOORS


@pytest.mark.parametrize("content", ["{", "{}", '{"analyzer": "7", "encoder": "", "floors": [{}], "lowered": []}'])
def test_files_that_hold_no_floors(tmp_path: Path, content: str) -> None:
    path = tmp_path / "floors.json"
    path.write_text(content)
    with pytest.raises(FloorsError, match="is not a file of floors"):
        load(path)
    with pytest.raises(FloorsError, match="No such file"):
        load(tmp_path / "none.json")


def lines(path: Path, rows: list[dict]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")


@pytest.fixture
def sets(tmp_path: Path) -> Path:
    """A folder with one set: six documents, four queries, the last of which finds nothing."""
    folder = tmp_path / "sets" / "tiny"
    folder.mkdir(parents=True)
    texts = ["晶圆代工", "存储芯片", "光刻机", "先进封装", "出口管制", "毛利率"]
    lines(folder / "docs.jsonl", [{"id": str(place), "title": "", "text": text} for place, text in enumerate(texts)])
    queries = ["晶圆代工", "存储芯片", "光刻机", "量子"]
    lines(folder / "queries.jsonl", [{"id": f"q{place}", "text": text} for place, text in enumerate(queries)])
    (folder / "qrels.tsv").write_text("q0\t0\t1\nq1\t1\t1\nq2\t2\t1\nq3\t5\t1\n")
    return tmp_path / "sets"


def test_the_digest_is_of_what_metrics_depend_on(sets: Path) -> None:
    before = digest(sets / "tiny")
    (sets / "tiny" / "README").write_text("about the set")
    assert digest(sets / "tiny") == before
    (sets / "tiny" / "qrels.tsv").write_text("q0\t1\t1\n")
    assert digest(sets / "tiny") != before
    assert digest(sets) == ""


def test_a_sample_has_every_nth_query_and_what_was_judged_for_it(sets: Path) -> None:
    with sample_of(sets / "tiny", 3) as sample:
        read = {name: (sample / name).read_text("utf-8") for name in ("queries.jsonl", "qrels.tsv", "docs.jsonl")}
        ids = [json.loads(line)["id"] for line in read["docs.jsonl"].splitlines()]
        assert [json.loads(line)["id"] for line in read["queries.jsonl"].splitlines()] == ["q0", "q3"]
        assert read["qrels.tsv"] == "q0\t0\t1\nq3\t5\t1\n"
        assert ids == ["0", "3", "5"]  # every third, and the one judged for q3
    assert not sample.exists()
    with sample_of(sets / "tiny", 1) as whole:
        assert whole == sets / "tiny"


def test_a_sample_of_pairs(tmp_path: Path) -> None:
    rows = [{"a": str(place), "b": "b", "label": place % 2} for place in range(7)]
    for name in ("dev", "test"):
        lines(tmp_path / f"pairs.{name}.jsonl", rows)
    with sample_of(tmp_path, 3) as sample:
        for name in ("dev", "test"):
            kept = (sample / f"pairs.{name}.jsonl").read_text("utf-8").splitlines()
            assert [json.loads(line)["a"] for line in kept] == ["0", "3", "6"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "floors.json"
    save(Floors("", "", (Floor("tiny", "", "bm25", False, 1, True),)), path)
    return path


def floors_command(*arguments: object) -> tuple[int, str, str]:
    """Status, output and errors of ``xinwen floors``, within this process: one of its own takes seconds."""
    done = CliRunner().invoke(floors_app, list(map(str, arguments)))
    return done.exit_code, done.stdout, done.stderr


def test_the_commands_raise_check_and_lower(sets: Path, file: Path, server: str) -> None:
    where = "--sets", sets, "--file", file
    assert floors_command("raise", *where)[::2] == (0, "")
    first = load(file)
    assert (first.floors[0].values["P@1"], first.floors[0].digest) == (0.75, digest(sets / "tiny"))
    assert first.analyzer == VERSION
    assert floors_command("check", *where)[:2] == (0, printed(first.floors[0]))

    save(replace(first, floors=(replace(first.floors[0], values={"P@1": 0.8}),)), file)
    assert_one_error(floors_command("check", *where), "P@1 sank from 80.00 to 75.00 %")
    assert_one_error(floors_command("raise", *where), "P@1 sank from 80.00 to 75.00 %", "nothing was raised")
    assert load(file).floors[0].values == {"P@1": 0.8}

    (sets / "tiny" / "qrels.tsv").write_text("q0\t0\t1\n")
    assert_one_error(floors_command("check", *where), "is not the one that its floor was measured on")
    assert_one_error(floors_command("lower", "--set", "tiny", "--reason", " ", *where), "needs a reason")
    assert_one_error(
        floors_command("lower", "--set", "tyni", "--reason", "fewer", *where), "no floor for a set 'tyni'", "tiny"
    )
    assert floors_command("lower", "--set", "tiny", "--reason", "judged again", *where)[0] == 0
    after = load(file)
    assert after.floors[0].values["P@1"] == 1.0
    assert after.lowered[0]["reason"] == "judged again"
    assert floors_command("check", *where)[0] == 0


def test_a_set_that_is_not_there_is_named(sets: Path, file: Path) -> None:
    done = run("similarity", "floors", "check", "--sets", sets.parent, "--file", file)
    assert_one_line_error(done, f"no folder {sets.parent / 'tiny'} with the test set tiny", "--sets")


def test_the_folder_of_sets_is_that_of_the_setting(sets: Path, file: Path, server: str) -> None:
    done = run("similarity", "floors", "check", "--file", file)
    assert_one_line_error(done, "the test set tiny lies outside the project", "--sets DIR", "XINWEN_EVALUATION")
    done = run("similarity", "floors", "check", "--file", file, xinwen_evaluation=sets)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("tiny (bm25, without encoder): nDCG@10 ")


def printed(floor: Floor) -> str:
    metrics = ", ".join(f"{measure} {100 * value:.2f} (+0.00)" for measure, value in floor.values.items())
    return f"{floor.title}: {metrics}\n"


def assert_one_error(done: tuple[int, str, str], *parts: str) -> None:
    status, _, errors = done
    assert status == 1
    assert len(errors.splitlines()) == 1
    assert errors.startswith("error: ")
    assert all(part in errors for part in parts), errors
