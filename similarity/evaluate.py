"""Precision and recall on a test set, through the same analyzer, index and kernel that articles go through.

Layouts, each a folder of UTF-8 files: retrieval (``docs.jsonl`` ``{"id","title","text"}``, ``queries.jsonl``
``{"id","text"}``, ``qrels.tsv`` query, document, grade; a grade above 0 is relevant) and pairs (``pairs.dev.jsonl``,
``pairs.test.jsonl`` ``{"a","b","label"}``; the threshold is chosen on dev, figures are given on test) and stories
(``docs.jsonl`` with ``"group"``, no queries; see ``similarity.evaluate_stories``). ``lee50`` names the rated texts
that come with gensim.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import ir_measures
import numpy as np
from ir_measures import AP, RR, P, Qrel, R, ScoredDoc, nDCG
from pymongo.database import Database

from similarity.bulk import workers
from similarity.evaluate_stories import story_figures
from similarity.index import SimilarityIndex
from similarity.models import DEFAULT_MODEL, HYBRID, LSI
from similarity.ratings import LEE50, Rated, agreement, lee50
from similarity.training import train
from similarity.turning import Floats
from store import articles, schema
from store.article import Article
from store.connection import Document, another_database, connect, database_address, store_errors
from store.meaning import Meaning
from store.terms import SharedDictionary
from text.analyzer import Analyzer
from text.bigrams import bigrams
from text.encoder import WITHOUT_ENCODER, find_encoder
from text.language import detect_language
from text.passages import vectors_of

RETRIEVAL_MEASURES = {"nDCG@10": nDCG @ 10, "recall@100": R @ 100, "MAP": AP, "MRR@10": RR @ 10, "P@1": P @ 1}
_DEPTH = 1000  # documents ranked per query, as TREC's evaluation does
_BATCH = 500


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


def evaluate(folder: Path, model: str | None = None) -> Figures:
    """Figures of the test set in *folder*. Raises NotATestSet, QueryError (unknown model), StoreError."""
    if folder.name == LEE50 and not folder.exists():
        return _evaluate_ratings(LEE50, lee50())
    if not folder.is_dir():
        raise NotATestSet(f"{folder}: no such folder")
    if (folder / "pairs.test.jsonl").exists():
        return _evaluate_pairs(folder, model or DEFAULT_MODEL)
    if (folder / "docs.jsonl").exists() and not (folder / "queries.jsonl").exists():
        return _evaluate_stories(folder)
    missing = [name for name in ("docs.jsonl", "queries.jsonl", "qrels.tsv") if not (folder / name).exists()]
    if missing:
        raise NotATestSet(f"{folder} is not a test set: it has no {' and no '.join(missing)}")
    return _evaluate_retrieval(folder, model or DEFAULT_MODEL)


def _evaluate_retrieval(folder: Path, model: str) -> Figures:
    documents = {str(row["id"]): row for row in _lines(folder / "docs.jsonl", "id", "text")}
    queries = {str(row["id"]): row["text"] for row in _lines(folder / "queries.jsonl", "id", "text")}
    qrels = list(_judgements(folder / "qrels.tsv"))
    if not documents or not queries or not qrels:
        raise NotATestSet(f"{folder} is not a test set: documents, queries or judgements are empty")
    texts = ((key, row.get("title") or "", row["text"]) for key, row in documents.items())
    with _temporary_index(texts, model) as (index, keys):
        run = []
        for query, text in queries.items():
            scores = index.scores(text, model, _DEPTH)
            best = sorted(scores, key=lambda article: (-scores[article], keys[article]))[:_DEPTH]
            run += [ScoredDoc(query, keys[article], scores[article]) for article in best]
    judged = [qrel for qrel in qrels if qrel.query_id in queries]
    measured = ir_measures.calc_aggregate(RETRIEVAL_MEASURES.values(), judged, run)
    values = {name: float(measured[measure]) for name, measure in RETRIEVAL_MEASURES.items()}
    return Figures(folder.name, "retrieval", model, len(documents), len({qrel.query_id for qrel in judged}), values)


def _evaluate_ratings(name: str, rated: Rated) -> Figures:
    """How well the evidence of the default model agrees with people's ratings."""
    texts = [*rated.texts, *rated.background]
    with _temporary_index(((str(number), "", text) for number, text in enumerate(texts)), HYBRID) as (index, keys):
        place = {int(key): article for article, key in keys.items()}
        size = range(len(rated.texts))
        evidence = index.pair_evidence([(rated.texts[one], place[other]) for one in size for other in size])
    given = np.array(evidence).reshape(len(size), len(size))
    values = {"Pearson": agreement(rated.ratings, given)}
    return Figures(name, "ratings", HYBRID, len(texts), len(size) * (len(size) - 1) // 2, values)


def _evaluate_pairs(folder: Path, model: str) -> Figures:
    if not (folder / "pairs.dev.jsonl").exists():
        raise NotATestSet(f"{folder} is not a test set: it has no pairs.dev.jsonl to choose the threshold on")
    dev, test = (list(_lines(folder / f"pairs.{part}.jsonl", "a", "b", "label")) for part in ("dev", "test"))
    if not dev or not test:
        raise NotATestSet(f"{folder} is not a test set: no pairs")
    texts = list(dict.fromkeys(pair[side] for pair in dev + test for side in ("a", "b")))
    with _temporary_index(((str(number), "", text) for number, text in enumerate(texts)), model) as (index, keys):
        place = {texts[int(key)]: article for article, key in keys.items()}
        dev_scores, test_scores = (_pair_scores(index, place, pairs, model) for pairs in (dev, test))
    labels = np.array([int(pair["label"]) for pair in dev]), np.array([int(pair["label"]) for pair in test])
    values: dict[str, float] = {}
    for goal in ("F1", "accuracy"):
        threshold = best_threshold(dev_scores, labels[0], goal)
        values |= {f"{name} at best {goal}": value for name, value in _at(threshold, test_scores, labels[1]).items()}
    return Figures(folder.name, "pairs", model, len(texts), len(test), values)


def _evaluate_stories(folder: Path) -> Figures:
    rows = list(_lines(folder / "docs.jsonl", "id", "text"))
    if not all("group" in row for row in rows):
        raise NotATestSet(f"{folder} is not a test set: it has no queries.jsonl and not every document has a group")
    encoder = find_encoder()
    values, pairs = story_figures(rows, encoder)
    if not pairs:
        raise NotATestSet(f"{folder} is not a test set: no two documents have the same group")
    return Figures(folder.name, "stories", encoder.name if encoder else WITHOUT_ENCODER, len(rows), pairs, values)


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


@contextmanager
def _temporary_index(
    texts: Iterable[tuple[str, str, str]], model: str
) -> Iterator[tuple[SimilarityIndex, dict[str, str]]]:
    """An index over (key, title, text) in a database of its own, and the key of each article; gone afterwards."""
    address = database_address()
    database = connect(address).client[f"xinwen_evaluation_{uuid4().hex[:12]}"]
    analyzer = Analyzer()
    with store_errors(address):
        try:
            schema.prepare(database, analyzer.version)
            keys = _write(database, analyzer, texts)
            if model == LSI:
                with workers() as bulk:
                    train(database, another_database(address, database.name), bulk)
            yield SimilarityIndex(database, analyzer), keys
        finally:
            database.client.drop_database(database.name)
            database.client.close()


def _write(database: Database[Document], analyzer: Analyzer, texts: Iterable[tuple[str, str, str]]) -> dict[str, str]:
    dictionary, now = SharedDictionary(database), datetime.now(UTC)
    keys: dict[str, str] = {}
    batch: list[Article] = []
    texts_of_batch: list[tuple[str, str]] = []
    tokens: list[list[str]] = []
    for key, title, text in texts:
        language = detect_language(text)
        texts_of_batch.append((title, text))
        address = f"http://evaluation.invalid/{len(keys)}"
        article = Article("evaluation", address, title or key, now, body=text, language=language)
        keys[article.id] = key
        batch.append(article)
        tokens += [analyzer.tokens(f"{title}\n{text}"), bigrams(f"{title}\n{text}")]
        if len(batch) == _BATCH:
            _flush(database, dictionary, batch, tokens, texts_of_batch)
    _flush(database, dictionary, batch, tokens, texts_of_batch)
    return keys


def _flush(
    database: Database[Document],
    dictionary: SharedDictionary,
    batch: list[Article],
    tokens: list[list[str]],
    texts: list[tuple[str, str]],
) -> None:
    bags = dictionary.bags_of_words(tokens)
    meanings: list[Meaning | None] = [None] * len(texts)
    if encoder := find_encoder():
        meanings = [Meaning(encoder.name, *vectors) for vectors in vectors_of(encoder, texts)]
    entries = [
        articles.Entry(article, [bag], bigrams=pairs, meaning=meaning)
        for article, bag, pairs, meaning in zip(batch, bags[::2], bags[1::2], meanings, strict=True)
    ]
    articles.write(database, entries)
    batch.clear()
    tokens.clear()
    texts.clear()


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
