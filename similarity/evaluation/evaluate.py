"""Precision and recall on a test set, with the same analyzer, index and ranking as for articles.

A test set is a folder of UTF-8 files in one of three layouts:

* retrieval: ``docs.jsonl`` with ``{"id","title","text"}``, ``queries.jsonl`` with ``{"id","text"}``, and ``qrels.tsv``
  with query, document and grade. A document is relevant if its grade is above 0.
* pairs: ``pairs.dev.jsonl`` and ``pairs.test.jsonl`` with ``{"a","b","label"}``. The threshold is chosen on dev, the
  metrics are measured on test.
* stories: ``docs.jsonl`` with a ``"group"`` for each document, and no queries; see ``similarity.evaluation.grouping``.

``lee50`` names the rated texts that come with gensim; see ``similarity.evaluation.lee50``.

Retrieval is measured by ir_measures (https://ir-measur.es), which computes as TREC's trec_eval does:

* P@1: share of the queries whose first document is relevant.
* recall@100: relevant documents among the first 100, divided by all relevant ones.
* MAP: mean over queries of the average precision, the mean of the precision at the rank of each relevant document.
* MRR@10: mean of 1 / rank of the first relevant document, 0 if it is not among the first 10.
* nDCG@10: discounted cumulative gain, the sum of grade / log2(rank + 1), divided by that of the ideal order (Järvelin
  and Kekäläinen 2002).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ir_measures
import numpy as np
from ir_measures import AP, RR, P, Qrel, R, ScoredDoc, nDCG
from numpy.typing import NDArray

from similarity.arrays import Floats
from similarity.evaluation.datasets import NotATestSet
from similarity.evaluation.grouping import grouping_metrics
from similarity.evaluation.lee50 import LEE50, RatedTexts, lee50, pearson
from similarity.evaluation.precision_recall import JudgedAnswers
from similarity.evaluation.temporary_index import temporary_index
from similarity.index import SimilarityIndex
from similarity.option_values import DEFAULT_MODEL, HYBRID
from text.embedding.encoder import WITHOUT_ENCODER, Encoder, find_encoder

RETRIEVAL_MEASURES = {"nDCG@10": nDCG @ 10, "recall@100": R @ 100, "MAP": AP, "MRR@10": RR @ 10, "P@1": P @ 1}

_DEPTH = 1000  # documents ranked per query, as in TREC's evaluation
_QUANTILES = 501  # thresholds that are tried on the development pairs


@dataclass(frozen=True)
class EvaluationMetrics:
    """The metrics of one test set: ``values`` by name of the measure, as shares of 1."""

    name: str
    task: str
    model: str
    documents: int
    queries: int
    values: dict[str, float]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Metrics and the scored answers behind them; ``judged`` is None for ratings, which no threshold parts."""

    metrics: EvaluationMetrics
    judged: JudgedAnswers | None


def evaluate(folder: Path, model: str | None = None, encoder: bool = True) -> EvaluationMetrics:
    """The metrics of the test set in *folder*. Raises NotATestSet, QueryError (unknown model), StoreError.

    Without *encoder* the default model uses words and dictionary alone, as where the encoder is not installed.
    """
    return evaluate_with_answers(folder, model, encoder).metrics


def evaluate_with_answers(folder: Path, model: str | None = None, encoder: bool = True) -> Evaluation:
    """As ``evaluate``, with the scores of the answers and which of them are right."""
    used_encoder = find_encoder() if encoder else None
    if folder.name == LEE50 and not folder.exists():
        return _evaluate_ratings(LEE50, lee50(), used_encoder)
    if not folder.is_dir():
        raise NotATestSet(f"{folder}: no such folder")
    if (folder / "pairs.test.jsonl").exists():
        return _evaluate_pairs(folder, model or DEFAULT_MODEL, used_encoder)
    if (folder / "docs.jsonl").exists() and not (folder / "queries.jsonl").exists():
        return _evaluate_stories(folder, used_encoder)
    missing = [name for name in ("docs.jsonl", "queries.jsonl", "qrels.tsv") if not (folder / name).exists()]
    if missing:
        raise NotATestSet(f"{folder} is not a test set: it has no {' and no '.join(missing)}")
    return _evaluate_retrieval(folder, model or DEFAULT_MODEL, used_encoder)


def _evaluate_retrieval(folder: Path, model: str, encoder: Encoder | None) -> Evaluation:
    documents = {str(row["id"]): row for row in _rows(folder / "docs.jsonl", "id", "text")}
    queries = {str(row["id"]): row["text"] for row in _rows(folder / "queries.jsonl", "id", "text")}
    qrels = list(_judgements(folder / "qrels.tsv"))
    if not documents or not queries or not qrels:
        raise NotATestSet(f"{folder} is not a test set: documents, queries or judgements are empty")
    texts = ((key, row.get("title") or "", row["text"]) for key, row in documents.items())
    with temporary_index(texts, encoder, model) as (index, keys):
        run = []
        for query, text in queries.items():
            scores = index.scores(text, model, _DEPTH)
            best = sorted(scores, key=lambda article: (-scores[article], keys[article]))[:_DEPTH]
            run += [ScoredDoc(query, keys[article], scores[article]) for article in best]
    judgements = [qrel for qrel in qrels if qrel.query_id in queries]
    measured = ir_measures.calc_aggregate(RETRIEVAL_MEASURES.values(), judgements, run)
    values = {name: float(measured[measure]) for name, measure in RETRIEVAL_MEASURES.items()}
    judged_queries = {qrel.query_id for qrel in judgements}
    metrics = EvaluationMetrics(folder.name, "retrieval", model, len(documents), len(judged_queries), values)
    return Evaluation(metrics, _judged_answers(run, judgements))


def _judged_answers(run: Sequence[ScoredDoc], judgements: Sequence[Qrel]) -> JudgedAnswers:
    """The answers of *run* to judged queries, weighted so that a set with more queries does not count more."""
    relevant = {(qrel.query_id, qrel.doc_id) for qrel in judgements if qrel.relevance > 0}
    queries = {qrel.query_id for qrel in judgements}
    answers = [answer for answer in run if answer.query_id in queries]
    return JudgedAnswers(
        np.array([answer.score for answer in answers], np.float64),
        np.array([(answer.query_id, answer.doc_id) in relevant for answer in answers], bool),
        len(relevant),
        1 / len(queries),
    )


def _evaluate_ratings(name: str, rated: RatedTexts, encoder: Encoder | None) -> Evaluation:
    """How well the pair scores of the default model agree with people's ratings."""
    texts = [*rated.texts, *rated.background]
    with temporary_index(((str(number), "", text) for number, text in enumerate(texts)), encoder) as (index, keys):
        article_ids = {int(key): article for article, key in keys.items()}
        size = range(len(rated.texts))
        pairs = [(rated.texts[row], article_ids[column]) for row in size for column in size]
        scores = np.array(index.pair_evidence(pairs)).reshape(len(size), len(size))
    values = {"Pearson": pearson(rated.ratings, scores)}
    pair_count = len(size) * (len(size) - 1) // 2
    return Evaluation(EvaluationMetrics(name, "ratings", HYBRID, len(texts), pair_count, values), None)


def _evaluate_pairs(folder: Path, model: str, encoder: Encoder | None) -> Evaluation:
    if not (folder / "pairs.dev.jsonl").exists():
        raise NotATestSet(f"{folder} is not a test set: it has no pairs.dev.jsonl to choose the threshold on")
    dev, test = (list(_rows(folder / f"pairs.{part}.jsonl", "a", "b", "label")) for part in ("dev", "test"))
    if not dev or not test:
        raise NotATestSet(f"{folder} is not a test set: no pairs")
    texts = list(dict.fromkeys(pair[side] for pair in dev + test for side in ("a", "b")))
    rows = ((str(number), "", text) for number, text in enumerate(texts))
    with temporary_index(rows, encoder, model) as (index, keys):
        article_ids = {texts[int(key)]: article for article, key in keys.items()}
        dev_scores, test_scores = (_pair_scores(index, article_ids, pairs, model) for pairs in (dev, test))
    dev_labels, test_labels = (np.array([int(pair["label"]) for pair in pairs]) for pairs in (dev, test))
    values: dict[str, float] = {}
    for goal in ("F1", "accuracy"):
        threshold = best_threshold(dev_scores, dev_labels, goal)
        at_threshold = _classification_metrics(threshold, test_scores, test_labels)
        values |= {f"{name} at best {goal}": value for name, value in at_threshold.items()}
    right = test_labels == 1
    metrics = EvaluationMetrics(folder.name, "pairs", model, len(texts), len(test), values)
    return Evaluation(metrics, JudgedAnswers(test_scores, right, int(right.sum()), 1 / len(test)))


def _evaluate_stories(folder: Path, encoder: Encoder | None) -> Evaluation:
    rows = list(_rows(folder / "docs.jsonl", "id", "text"))
    if not all("group" in row for row in rows):
        raise NotATestSet(f"{folder} is not a test set: it has no queries.jsonl and not every document has a group")
    values, judged = grouping_metrics(rows, encoder)
    if not judged.relevant:
        raise NotATestSet(f"{folder} is not a test set: no two documents have the same group")
    name = encoder.name if encoder else WITHOUT_ENCODER
    return Evaluation(EvaluationMetrics(folder.name, "stories", name, len(rows), judged.relevant, values), judged)


def _pair_scores(
    index: SimilarityIndex, article_ids: Mapping[str, str], pairs: Sequence[dict[str, Any]], model: str
) -> Floats:
    """One score per pair, float64 of shape (pairs,); *article_ids* gives the article of each text."""
    if model == HYBRID:
        return np.array(index.pair_evidence([(pair["a"], article_ids[pair["b"]]) for pair in pairs]))
    known: dict[str, Mapping[str, float]] = {}
    scores = np.zeros(len(pairs))
    for number, pair in enumerate(pairs):
        if pair["a"] not in known:
            known = {pair["a"]: index.scores(pair["a"], model)}  # pairs with the same first text follow one another
        scores[number] = known[pair["a"]].get(article_ids[pair["b"]], 0.0)
    return scores


def best_threshold(scores: Floats, labels: NDArray[Any], goal: str) -> float:
    """The score from which on a pair is called "same" so that *goal*, "F1" or "accuracy", is highest.

    *scores* and *labels* (1 for same) have the shape (pairs,).
    """
    thresholds = np.unique(np.quantile(scores, np.linspace(0, 1, _QUANTILES)))
    return float(max(thresholds, key=lambda value: _classification_metrics(float(value), scores, labels)[goal]))


def _classification_metrics(threshold: float, scores: Floats, labels: NDArray[Any]) -> dict[str, float]:
    """Precision, recall, F1 (their harmonic mean) and accuracy of calling pairs from *threshold* on "same"."""
    predicted = scores >= threshold
    right = int((predicted & (labels == 1)).sum())
    precision = right / max(int(predicted.sum()), 1)
    recall = right / max(int((labels == 1).sum()), 1)
    f1 = 2 * precision * recall / (precision + recall) if right else 0.0
    accuracy = float((predicted == (labels == 1)).mean())
    return {"threshold": threshold, "precision": precision, "recall": recall, "F1": f1, "accuracy": accuracy}


def _rows(path: Path, *fields: str) -> Iterator[dict[str, Any]]:
    """The JSON objects of *path*, one a line, each with all *fields*. Raises NotATestSet."""
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except json.JSONDecodeError as error:
                raise NotATestSet(f"{path} line {number}: {error}") from None
            if not isinstance(row, dict) or any(name not in row for name in fields):
                raise NotATestSet(f"{path} line {number}: needs {', '.join(fields)}")
            yield row


def _judgements(path: Path) -> Iterator[Qrel]:
    """Query, document and grade of each line, with TREC's second column of zeros or without; a heading is skipped."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        columns = line.split("\t") if "\t" in line else line.split()
        if not columns:
            continue
        try:
            yield Qrel(columns[0], columns[-2], int(float(columns[-1])))
        except (IndexError, ValueError):
            if number > 1:
                raise NotATestSet(f"{path} line {number}: needs query, document, grade") from None
