from __future__ import annotations

import numpy as np
import pytest

from similarity import SimilarityIndex
from similarity.errors import QueryError
from similarity.evaluation.precision_recall import JudgedAnswers
from similarity.evaluation.thresholds import measure_thresholds, save
from similarity.option_values import HYBRID
from similarity.ranking import thresholds
from similarity.ranking.thresholds import STORED, MeasuredSet, load, score_reaching
from tests.commands import assert_one_line_error, run
from text.analysis.analyzer import VERSION

pytestmark = pytest.mark.slow

SETS = [MeasuredSet("a set", "d" * 64, 100)]
# From 0.5 on 30 of 30 are right, from 0.3 on 30 of 40, from 0.1 on 30 of 60.
SCORES = [0.5] * 30 + [0.3] * 10 + [0.1] * 20
JUDGED = JudgedAnswers(np.array(SCORES), np.array([True] * 30 + [False] * 30), 60, 1 / 100)


@pytest.fixture
def stored(tmp_path):
    path = tmp_path / "thresholds.json"
    path.write_text("[]\n")
    save([measure_thresholds("hybrid", "7", "an encoder", SETS, [JUDGED])], path)
    return path


def test_the_lowest_score_that_reached_the_precision(stored) -> None:
    assert score_reaching(0.5, "hybrid", "7", "an encoder", stored) == 0.01
    assert score_reaching(0.75, "hybrid", "7", "an encoder", stored) == 0.11
    assert score_reaching(0.9, "hybrid", "7", "an encoder", stored) == 0.31
    assert score_reaching(1, "hybrid", "7", "an encoder", stored) == 0.31


def test_stored_thresholds_name_the_test_sets_they_were_measured_on(stored) -> None:
    (curve,) = load(stored)
    assert (curve.model, curve.analyzer, curve.encoder, curve.sets) == ("hybrid", "7", "an encoder", tuple(SETS))
    assert curve.points[0] == (0.01, 0.5, 0.5, 0.6)
    assert max(point[0] for point in curve.points) == 0.5  # above it there was no answer


def test_the_share_of_right_answers_between_two_scores(stored) -> None:
    (curve,) = load(stored)
    assert curve.right_between(0.2, 0.4) == pytest.approx(0.0)
    assert curve.right_between(0.2, 0.5) == pytest.approx(0.0)
    mixed = JudgedAnswers(np.array([0.9] * 20 + [0.5] * 10), np.array([True] * 20 + [True, False] * 5), 30)
    curve = measure_thresholds("hybrid", "7", "", SETS, [mixed])
    assert curve.right_between(0.4, 0.6) == pytest.approx(0.5, abs=1e-3)


def test_measuring_a_model_again_replaces_its_thresholds(stored) -> None:
    save([measure_thresholds("hybrid", "8", "another encoder", SETS, [JUDGED])], stored)
    save([measure_thresholds("hybrid", "8", "", SETS, [JUDGED])], stored)
    assert [(curve.analyzer, curve.encoder) for curve in load(stored)] == [("8", ""), ("8", "another encoder")]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0.9, "bm25", "7", "an encoder"), r"no thresholds are stored for model bm25 \(stored for: hybrid\)"),
        ((0.9, "hybrid", "8", "an encoder"), "not measured with analyzer 8 and an encoder: xinwen calib"),
        ((0.9, "hybrid", "7", ""), "not measured with analyzer 7 and without the encoder"),
        ((1.5, "hybrid", "7", "an encoder"), "1.5 is not a share of 1"),
        ((0, "hybrid", "7", "an encoder"), "0 is not a share of 1"),
    ],
    ids=["model", "analyzer", "encoder", "above 1", "zero"],
)
def test_thresholds_that_were_not_measured_are_refused(stored, arguments, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        score_reaching(*arguments, stored)


def test_a_precision_that_was_never_reached(tmp_path) -> None:
    path = tmp_path / "thresholds.json"
    path.write_text("[]\n")
    half = JudgedAnswers(np.array([0.4] * 60), np.array([True, False] * 30), 30)
    save([measure_thresholds("hybrid", "7", "", SETS, [half])], path)
    with pytest.raises(QueryError, match=r"the highest measured is 0.500, from score 0.01 on: --target-precision 0.5"):
        score_reaching(0.9, "hybrid", "7", "", path)


def test_scores_above_1_have_no_thresholds() -> None:
    with pytest.raises(QueryError, match="no thresholds for model bm25"):
        measure_thresholds("bm25", "7", "", SETS, [JudgedAnswers(np.array([17.0] * 30), np.ones(30, bool), 30)])


def test_the_project_has_thresholds_for_its_analyzer_with_and_without_encoder() -> None:
    curves = load(STORED)
    assert [(curve.model, curve.analyzer) for curve in curves] == [(HYBRID, VERSION)] * 2
    assert [bool(curve.encoder) for curve in curves] == [False, True]
    assert {test_set.name for curve in curves for test_set in curve.sets} == {
        "cranfield",
        "xquad_zh",
        "xquad_zh_en",
        "wmt21_zh_en",
    }


def test_a_search_leaves_out_lower_scores(database, store_texts, monkeypatch) -> None:
    ids = store_texts(["台积电先进封装产能再扩大", "台积电先进封装", "存储芯片价格回升", "光刻机出口管制收紧"])
    index = SimilarityIndex(database, encoder=lambda: None)
    everything = index.search("台积电先进封装产能", across=False)
    scores = [hit.score for hit in everything]
    assert len(scores) >= 2
    assert scores[0] > scores[1]
    assert [hit.score for hit in index.search("台积电先进封装产能", across=False, min_score=scores[0])] == scores[:1]
    assert index.search("台积电先进封装产能", across=False, min_score=1.0) == []
    words = index.search("台积电先进封装产能", model="bm25")
    assert [hit.score for hit in index.search("台积电先进封装产能", model="bm25", min_score=words[0].score)] == [
        words[0].score
    ]
    alike = index.similar(ids[0], across=False)
    assert index.similar(ids[0], across=False, min_score=alike[0].score) == alike[:1]
    assert index.similar(ids[0], model="bm25", min_score=1000) == []
    assert index.score_reaching(0.9) == thresholds.score_reaching(0.9, HYBRID, VERSION, "")


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        (["--target-precision", "0.9", "--model", "bm25"], ["no thresholds are stored for model bm25", "--min-score"]),
        (["--target-precision", "0.9", "--min-score", "0.5"], ["min_score and target_precision both say"]),
        (["--target-precision", "90"], ["target precision 90 is not a share of 1"]),
    ],
    ids=["model", "both", "percent"],
)
def test_wrong_options_are_one_line(uri: str, options: list[str], parts: list[str]) -> None:
    assert_one_line_error(run("similarity", "search", "chips", *options, mongodb_uri=uri), *parts)


def test_the_command_leaves_out_lower_scores(uri: str, database, store_texts) -> None:
    store_texts(["台积电先进封装产能再扩大", "台积电三季度营收", "光刻机出口管制收紧"])
    shown = run("similarity", "search", "台积电先进封装产能", "--no-across", "--min-score", "0.999", mongodb_uri=uri)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "没有找到 · nothing found among 3 articles" in shown.stdout
    assert (
        "台积电三季度"
        in run("similarity", "search", "台积电三季度营收", "--target-precision", "0.5", mongodb_uri=uri).stdout
    )
