"""Precision and recall on a test set, through the same analyzer, index and kernel that articles go through.

Layouts, each a folder of UTF-8 files: retrieval (``docs.jsonl`` ``{"id","title","text"}``, ``queries.jsonl``
``{"id","text"}``, ``qrels.tsv`` query, document, grade; a grade above 0 is relevant) and pairs (``pairs.dev.jsonl``,
``pairs.test.jsonl`` ``{"a","b","label"}``; the threshold is chosen on dev, figures are given on test) and stories
(``docs.jsonl`` with ``"group"``, no queries; see ``similarity.evaluate_stories``). ``lee50`` names the rated texts
that come with gensim.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ir_measures
import numpy as np
from ir_measures import AP, RR, P, Qrel, R, ScoredDoc, nDCG

from similarity.curve import Judged
from similarity.evaluate_index import temporary_index
from similarity.evaluate_stories import story_figures
from similarity.index import SimilarityIndex
from similarity.models import DEFAULT_MODEL, HYBRID
from similarity.ratings import LEE50, Rated, agreement, lee50
from similarity.turning import Floats
from text.encoder import WITHOUT_ENCODER, Encoder, find_encoder

RETRIEVAL_MEASURES = {"nDCG@10": nDCG @ 10, "recall@100": R @ 100, "MAP": AP, "MRR@10": RR @ 10, "P@1": P @ 1}
_DEPTH = 1000  # documents ranked per query, as TREC's evaluation does


class NotATestSet(ValueError):
    """The folder is not a test set, or a line of it is wrong; the message is one line."""


@dataclass(frozen=True)
class Figures:
    """What an evaluation gives: *values* by name of the measure, as shares of 1."""

    name: str
    task: str
    model: str
    documents: int
    queries: int
    values: dict[str, float]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Figures, and the scored answers behind them; None where nothing is right or wrong by a threshold."""

    figures: Figures
    judged: Judged | None


def evaluate(folder: Path, model: str | None = None, encoder: bool = True) -> Figures:
    """Figures of the test set in *folder*. Raises NotATestSet, QueryError (unknown model), StoreError.

    Without *encoder* the default model goes by words and dictionary alone, as where its package is not installed.
    """
    return evaluation(folder, model, encoder).figures


def evaluation(folder: Path, model: str | None = None, encoder: bool = True) -> Evaluation:
    """As ``evaluate``, with the scores of the answers and which of them are right."""
    if folder.name == LEE50 and not folder.exists():
        return _evaluate_ratings(LEE50, lee50(), find_encoder() if encoder else None)
    if not folder.is_dir():
        raise NotATestSet(f"{folder}: no such folder")
    found = find_encoder() if encoder else None
    if (folder / "pairs.test.jsonl").exists():
        return _evaluate_pairs(folder, model or DEFAULT_MODEL, found)
    if (folder / "docs.jsonl").exists() and not (folder / "queries.jsonl").exists():
        return _evaluate_stories(folder, found)
    missing = [name for name in ("docs.jsonl", "queries.jsonl", "qrels.tsv") if not (folder / name).exists()]
    if missing:
        raise NotATestSet(f"{folder} is not a test set: it has no {' and no '.join(missing)}")
    return _evaluate_retrieval(folder, model or DEFAULT_MODEL, found)


def _evaluate_retrieval(folder: Path, model: str, encoder: Encoder | None) -> Evaluation:
    documents = {str(row["id"]): row for row in _lines(folder / "docs.jsonl", "id", "text")}
    queries = {str(row["id"]): row["text"] for row in _lines(folder / "queries.jsonl", "id", "text")}
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
    judged = [qrel for qrel in qrels if qrel.query_id in queries]
    measured = ir_measures.calc_aggregate(RETRIEVAL_MEASURES.values(), judged, run)
    values = {name: float(measured[measure]) for name, measure in RETRIEVAL_MEASURES.items()}
    queries_judged = {qrel.query_id for qrel in judged}
    figures = Figures(folder.name, "retrieval", model, len(documents), len(queries_judged), values)
    return Evaluation(figures, _judged_answers(run, judged))


def _judged_answers(run: Sequence[ScoredDoc], judged: Sequence[Qrel]) -> Judged:
    """The answers of *run* to queries that were judged; of two sets, the one with more queries does not count more."""
    right = {(qrel.query_id, qrel.doc_id) for qrel in judged if qrel.relevance > 0}
    queries = {qrel.query_id for qrel in judged}
    answers = [answer for answer in run if answer.query_id in queries]
    return Judged(
        np.array([answer.score for answer in answers], np.float64),
        np.array([(answer.query_id, answer.doc_id) in right for answer in answers], bool),
        len(right),
        1 / len(queries),
    )


def _evaluate_ratings(name: str, rated: Rated, encoder: Encoder | None) -> Evaluation:
    """How well the evidence of the default model agrees with people's ratings."""
    texts = [*rated.texts, *rated.background]
    with temporary_index(((str(number), "", text) for number, text in enumerate(texts)), encoder) as (index, keys):
        place = {int(key): article for article, key in keys.items()}
        size = range(len(rated.texts))
        evidence = index.pair_evidence([(rated.texts[one], place[other]) for one in size for other in size])
    given = np.array(evidence).reshape(len(size), len(size))
    values = {"Pearson": agreement(rated.ratings, given)}
    figures = Figures(name, "ratings", HYBRID, len(texts), len(size) * (len(size) - 1) // 2, values)
    return Evaluation(figures, None)


def _evaluate_pairs(folder: Path, model: str, encoder: Encoder | None) -> Evaluation:
    if not (folder / "pairs.dev.jsonl").exists():
        raise NotATestSet(f"{folder} is not a test set: it has no pairs.dev.jsonl to choose the threshold on")
    dev, test = (list(_lines(folder / f"pairs.{part}.jsonl", "a", "b", "label")) for part in ("dev", "test"))
    if not dev or not test:
        raise NotATestSet(f"{folder} is not a test set: no pairs")
    texts = list(dict.fromkeys(pair[side] for pair in dev + test for side in ("a", "b")))
    rows = ((str(number), "", text) for number, text in enumerate(texts))
    with temporary_index(rows, encoder, model) as (index, keys):
        place = {texts[int(key)]: article for article, key in keys.items()}
        dev_scores, test_scores = (_pair_scores(index, place, pairs, model) for pairs in (dev, test))
    labels = np.array([int(pair["label"]) for pair in dev]), np.array([int(pair["label"]) for pair in test])
    values: dict[str, float] = {}
    for goal in ("F1", "accuracy"):
        threshold = best_threshold(dev_scores, labels[0], goal)
        values |= {f"{name} at best {goal}": value for name, value in _at(threshold, test_scores, labels[1]).items()}
    figures = Figures(folder.name, "pairs", model, len(texts), len(test), values)
    return Evaluation(figures, Judged(test_scores, labels[1] == 1, int((labels[1] == 1).sum()), 1 / len(test)))


def _evaluate_stories(folder: Path, encoder: Encoder | None) -> Evaluation:
    rows = list(_lines(folder / "docs.jsonl", "id", "text"))
    if not all("group" in row for row in rows):
        raise NotATestSet(f"{folder} is not a test set: it has no queries.jsonl and not every document has a group")
    values, judged = story_figures(rows, encoder)
    if not judged.relevant:
        raise NotATestSet(f"{folder} is not a test set: no two documents have the same group")
    name = encoder.name if encoder else WITHOUT_ENCODER
    return Evaluation(Figures(folder.name, "stories", name, len(rows), judged.relevant, values), judged)


def _pair_scores(index: SimilarityIndex, place: dict[str, str], pairs: Sequence[dict[str, Any]], model: str) -> Floats:
    if model == HYBRID:
        return np.array(index.pair_evidence([(pair["a"], place[pair["b"]]) for pair in pairs]))
    known: dict[str, Any] = {}
    scores = np.zeros(len(pairs))
    for number, pair in enumerate(pairs):
        if pair["a"] not in known:
            known = {pair["a"]: index.scores(pair["a"], model)}  # pairs with the same first text follow one another
        scores[number] = known[pair["a"]].get(place[pair["b"]], 0.0)
    return scores


def best_threshold(scores: Floats, labels: np.ndarray[Any, Any], goal: str) -> float:
    """The score from which on a pair is called "same" so that *goal* (a name of ``_at``) is highest."""
    candidates = np.unique(np.quantile(scores, np.linspace(0, 1, 501)))
    return float(max(candidates, key=lambda threshold: _at(float(threshold), scores, labels)[goal]))


def _at(threshold: float, scores: Floats, labels: np.ndarray[Any, Any]) -> dict[str, float]:
    said = scores >= threshold
    right = int((said & (labels == 1)).sum())
    precision = right / max(int(said.sum()), 1)
    recall = right / max(int((labels == 1).sum()), 1)
    f1 = 2 * precision * recall / (precision + recall) if right else 0.0
    accuracy = float((said == (labels == 1)).mean())
    return {"threshold": threshold, "precision": precision, "recall": recall, "F1": f1, "accuracy": accuracy}


def _lines(path: Path, *fields: str) -> Iterator[dict[str, Any]]:
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
    """Query, document, grade in columns, with TREC's second column of zeros or without; a heading is passed over."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        columns = line.split("\t") if "\t" in line else line.split()
        if not columns:
            continue
        try:
            yield Qrel(columns[0], columns[-2], int(float(columns[-1])))
        except (IndexError, ValueError):
            if number > 1:
                raise NotATestSet(f"{path} line {number}: needs query, document, grade") from None
