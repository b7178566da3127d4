from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from typer.testing import CliRunner

from similarity.__main__ import app
from similarity.evaluation.datasets import NotATestSet
from similarity.evaluation.evaluate import best_threshold, evaluate, evaluate_with_answers
from similarity.evaluation.lee50 import pearson
from tests.commands import run
from text.embedding.encoder import find_encoder

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def on_the_test_server(server: str) -> None:
    """Evaluation makes a database of its own on the embedded server."""


def write_lines(path: Path, rows: list[dict]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    texts = {"a": "晶圆代工", "b": "存储芯片", "c": "光刻机出口管制"}
    write_lines(tmp_path / "docs.jsonl", [{"id": key, "title": "", "text": text} for key, text in texts.items()])
    queries = {"1": "晶圆代工", "2": "存储芯片", "3": "量子"}
    write_lines(tmp_path / "queries.jsonl", [{"id": key, "text": text} for key, text in queries.items()])
    (tmp_path / "qrels.tsv").write_text("1\ta\t1\n2\tc\t1\n3\tb\t2\n")
    return tmp_path


def test_metrics_of_a_set_computed_by_hand(tiny: Path) -> None:
    metrics = evaluate(tiny)
    # One query of three finds its document first, the others not at all.
    assert metrics.values == pytest.approx(dict.fromkeys(("nDCG@10", "recall@100", "MAP", "MRR@10", "P@1"), 1 / 3))
    assert (metrics.task, metrics.documents, metrics.queries) == ("retrieval", 3, 3)


def test_nothing_stays_in_the_database(tiny: Path, server: str) -> None:
    from store.connection import connect

    evaluate(tiny)
    with connect(server).client as client:
        assert [name for name in client.list_database_names() if "evaluation" in name] == []


def test_pairs_computed_by_hand(tmp_path: Path) -> None:
    same = {"a": "台积电扩产", "b": "台积电扩产计划", "label": 1}
    other = {"a": "台积电扩产", "b": "出口管制", "label": 0}
    write_lines(tmp_path / "pairs.dev.jsonl", [same, other])
    write_lines(tmp_path / "pairs.test.jsonl", [same, other, {**other, "label": 1}])
    metrics = evaluate(tmp_path)
    assert metrics.values["precision at best F1"] == 1
    assert metrics.values["recall at best F1"] == pytest.approx(1 / 2)
    assert metrics.values["F1 at best F1"] == pytest.approx(2 / 3)
    assert metrics.values["accuracy at best accuracy"] == pytest.approx(2 / 3)


def test_threshold_is_the_best_one() -> None:
    scores, labels = np.array([0.1, 0.4, 0.6, 0.9]), np.array([0, 0, 1, 1])
    assert 0.4 < best_threshold(scores, labels, "F1") <= 0.6


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda folder: (folder / "qrels.tsv").unlink(), "it has no qrels.tsv"),
        (lambda folder: (folder / "docs.jsonl").write_text("{broken"), r"docs.jsonl line 1"),
        (lambda folder: (folder / "docs.jsonl").write_text('{"id": 1}\n'), r"docs.jsonl line 1: needs id, text"),
        (lambda folder: (folder / "queries.jsonl").write_text(""), "documents, queries or judgements are empty"),
        (lambda folder: (folder / "qrels.tsv").write_text("1\ta\t1\n1\tb\tx\n"), "qrels.tsv line 2"),
    ],
)
def test_folders_that_are_no_test_sets(tiny: Path, spoil, message: str) -> None:
    spoil(tiny)
    with pytest.raises(NotATestSet, match=message):
        evaluate(tiny)
    with pytest.raises(NotATestSet, match="no such folder"):
        evaluate(tiny / "none")


def test_scores_agree_with_ratings_of_people() -> None:
    metrics = evaluate(Path("lee50"))
    assert (metrics.task, metrics.documents, metrics.queries) == ("ratings", 350, 1225)
    assert metrics.values["Pearson"] >= (0.65 if find_encoder() else 0.60)


def test_pearson_leaves_out_the_diagonal() -> None:
    ratings = np.array([[1, 0.2, 0.4], [0.2, 1, 0.9], [0.4, 0.9, 1]])
    assert pearson(ratings, 2 * ratings + np.diag([9, 9, 9])) == pytest.approx(1)


def test_the_scored_answers_behind_the_metrics(tiny: Path) -> None:
    judged = evaluate_with_answers(tiny, "bm25", encoder=False).judged
    # Queries 1 and 2 find one document each. That of query 2 was not judged, so it counts as wrong; query 3 finds
    # nothing. Three right answers are to be found, and each answer counts a third, as there are three queries.
    assert sorted(judged.right.tolist()) == [False, True]
    assert (judged.relevant, judged.weight) == (3, 1 / 3)
    assert len(judged.scores) == 2
    assert (judged.scores > 0).all()


def test_answers_of_the_default_model_have_scores_up_to_1(tiny: Path) -> None:
    judged = evaluate_with_answers(tiny, encoder=False).judged
    assert ((judged.scores > 0) & (judged.scores <= 1)).all()
    (right,) = judged.scores[judged.right]
    assert right == pytest.approx(judged.scores.max(), rel=1e-12), "an article of the same words has the same score"


def test_the_drawing_and_the_table_of_the_command(tiny: Path, tmp_path: Path) -> None:
    drawn = tmp_path / "curve.svg"
    done = run("similarity", "evaluate", tiny, "--no-encoder", "--plot", drawn, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert ElementTree.fromstring(drawn.read_bytes()).tag == "{http://www.w3.org/2000/svg}svg"
    printed = json.loads(done.stdout)
    assert [row["threshold"] for row in printed["thresholds"]] == [round(step / 20, 2) for step in range(1, 20)]
    assert printed["target"]["wanted"] == 0.9
    shown = CliRunner().invoke(app, ["evaluate", str(tiny), "--model", "bm25", "--target-precision", "0.5"])
    assert "门槛 threshold    查准率 precision    查全率 recall" in shown.stdout
    assert "查准率 precision 50 %: 答案不足 20 个 · fewer than 20 answers to tell" in shown.stdout


@pytest.mark.parametrize(
    ("folder", "drawn", "message"),
    [("tests", "no/folder/a.svg", "no folder no/folder"), ("lee50", "a.svg", "lee50 has ratings and no right answers")],
    ids=["nowhere", "ratings"],
)
def test_what_cannot_be_drawn(folder: str, drawn: str, message: str) -> None:
    done = CliRunner().invoke(app, ["evaluate", folder, "--no-encoder", "--plot", drawn])
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
    assert message in done.stderr
    assert not Path(drawn).exists()
