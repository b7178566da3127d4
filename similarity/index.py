"""The query API: open the index in MongoDB, search it, find articles like a stored one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from difflib import get_close_matches
from threading import Lock
from types import TracebackType
from typing import Self
from zoneinfo import ZoneInfo

import numpy as np
from gensim.corpora import Dictionary
from numpy.typing import NDArray
from pymongo.database import Database

from similarity.collection import NEVER, PROJECTION, Collection
from similarity.models import DEFAULT_MODEL, MODELS, BagOfWeights, BagOfWords, Model
from similarity.postings import Block, Floats
from store import articles, schema, terms
from store.article import Article
from store.connection import Document, connect, database_address, store_errors
from store.settings import settings
from store.stories import Also, also
from store.vectors import unpack, unpack_many
from text.analyzer import Analyzer

PEOPLES_TIME = ZoneInfo("Asia/Shanghai")
"""The zone in which a date given without a time is meant."""

# A write becomes visible up to its own duration after the time it carries; looking back this far misses none.
_OVERLAP = timedelta(seconds=30)
_MOST_HITS = 10_000


class QueryError(ValueError):
    """A query cannot be answered as it was put; the message is one line."""


@dataclass(frozen=True, slots=True)
class Hit:
    """An article found, its score under the model asked for, and the page (from 1) of a report that matches best.

    ``more``: the other articles of its story, where hits were folded (``similarity.stories``).
    """

    article: Article
    score: float
    page: int | None = None
    more: tuple[Also, ...] = ()


class SimilarityIndex:
    """A reader of the index. Cheap to query, safe to use from threads; ``refresh`` brings in what was stored since."""

    def __init__(self, database: Database[Document], analyzer: Analyzer | None = None) -> None:
        self._database = database
        self._analyzer = analyzer or Analyzer(settings().data / "cache")
        schema.check(database, self._analyzer.version)
        self._refreshing = Lock()
        self._dictionary = Dictionary()
        self._state = _State(Collection())
        self.refresh()

    @classmethod
    def open(cls, uri: str | None = None, analyzer: Analyzer | None = None) -> Self:
        """The index at *uri*, else MONGODB_URI, else in the embedded MongoDB.

        Raises StoreError when MongoDB cannot be used, IndexMismatch when another analyzer made the index.
        """
        address = database_address(uri)
        database = connect(address)
        try:
            with store_errors(address):
                return cls(database, analyzer)
        except BaseException:
            database.client.close()
            raise

    def close(self) -> None:
        """Let go of the connection."""
        self._database.client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __len__(self) -> int:
        """The number of articles that can be found."""
        return self._state.collection.statistics.documents

    def refresh(self) -> int:
        """Bring in what was stored or changed since the last time; the number of articles that came in.

        What is loaded already is not loaded again.
        """
        with self._refreshing:
            before = self._state.collection
            since = {"stored": {"$gte": before.newest - _OVERLAP}} if before.ids else {}
            with closing(self._database.articles.find(since, PROJECTION)) as rows:
                collection = before.grown(list(rows))
            if collection is before:
                return 0
            self._learn_tokens(collection)
            self._state = _State(collection)
            return len(collection.ids) - len(before.ids)

    def search(
        self,
        text: str,
        k: int = 10,
        model: str = DEFAULT_MODEL,
        *,
        source: str | None = None,
        language: str | None = None,
        since: date | None = None,
        until: date | None = None,
    ) -> list[Hit]:
        """The *k* articles most similar to *text*, best first; only those with a score above 0.

        A *since* or *until* without a time means the whole day in Asia/Shanghai; articles without a date are then
        left out. Raises QueryError for a query without words and for a model or source that there is none of.
        """
        tokens = self._analyzer.tokens(text)
        if not text.strip():
            raise QueryError("the query is empty")
        if not tokens:
            raise QueryError(
                f"the query {_shortened(text)!r} has no words to search for (stop words and signs are left out)"
            )
        state = self._state
        allowed = state.allowed(source, language, since, until)
        return self._hits(state, self._dictionary.doc2bow(tokens), k, model, allowed)

    def similar(self, article_id: str, k: int = 10, model: str = DEFAULT_MODEL) -> list[Hit]:
        """The *k* stored articles most similar to the stored article *article_id*, itself left out."""
        row = self._database.articles.find_one({"_id": article_id}, {"vector": 1})
        if row is None:
            raise QueryError(f"no article {article_id!r} is stored")
        state = self._state
        allowed = state.allowed()
        if article_id in state.collection.row:
            allowed[state.collection.row[article_id]] = False
        return self._hits(state, unpack(row["vector"]), k, model, allowed)

    def stories_of(self, ids: Sequence[str]) -> dict[str, tuple[str, list[Also]]]:
        """The story of each of the articles *ids* with its other articles."""
        return also(self._database, ids)

    def scores(self, text: str, model: str = DEFAULT_MODEL) -> Mapping[str, float]:
        """The score of every article that shares a word with *text*, by article id."""
        state = self._state
        scores = state.scores(state.model(model).query(self._dictionary.doc2bow(self._analyzer.tokens(text))), model)
        return {
            state.collection.ids[row]: float(scores[row]) for row in np.flatnonzero(scores * state.collection.alive)
        }

    def _hits(self, state: _State, bow: BagOfWords, k: int, model: str, allowed: NDArray[np.bool_]) -> list[Hit]:
        if not 1 <= k <= _MOST_HITS:
            raise QueryError(f"k is {k}; 1 to {_MOST_HITS} articles can be asked for")
        weights = state.model(model).query(bow)
        best = state.best(state.scores(weights, model) * allowed, k)
        found = articles.read(self._database, [key for key, _ in best])
        pages = self._best_pages(state, weights, model, list(found))
        # An article deleted since the last refresh is in the state but not in the database any more.
        return [Hit(found[key], score, pages.get(key)) for key, score in best if key in found]

    def _best_pages(self, state: _State, weights: BagOfWeights, model: str, ids: list[str]) -> dict[str, int]:
        asked = {"_id": {"$in": ids}, "page_vectors.0": {"$exists": True}}
        best = {}
        for row in self._database.articles.find(asked, {"page_vectors": 1}):
            pages = Block(unpack_many(row["page_vectors"]))
            lengths = pages.sum_by_row(pages.counts.astype(float)).astype(np.int64)
            scores = _block_scores(pages, state.model(model), weights, state.model(model).scale(pages, lengths))
            if scores.any():
                best[row["_id"]] = int(scores.argmax()) + 1
        return best

    def _learn_tokens(self, collection: Collection) -> None:
        used = set(np.flatnonzero(collection.statistics.document_frequencies).tolist())
        known = set(self._dictionary.token2id.values())
        missing = used - known
        found = terms.tokens_of(self._database, missing) if known else terms.all_tokens(self._database)
        # A new mapping, not a changed one: queries in other threads may be reading the old one.
        self._dictionary.token2id = self._dictionary.token2id | {token: key for key, token in found.items()}


class _State:
    """One state of the collection with the models and scales worked out for it so far."""

    def __init__(self, collection: Collection) -> None:
        self.collection = collection
        self._models: dict[str, Model] = {}
        self._scales: dict[str, list[Floats]] = {}

    def model(self, name: str) -> Model:
        """The model *name* under the statistics of this state. Raises QueryError when there is no such model."""
        if name not in MODELS:
            raise QueryError(f"no model {name!r}; there are {', '.join(MODELS)}")
        if name not in self._models:
            model = MODELS[name](self.collection.statistics)
            self._scales[name] = [
                model.scale(block, self.collection.lengths[rows]) for block, rows in self.collection.blocks_and_rows()
            ]
            self._models[name] = model  # last: its presence says that the scales are there
        return self._models[name]

    def scores(self, weights: BagOfWeights, model: str) -> Floats:
        """The score of each row."""
        named = self.model(model)
        parts = [
            _block_scores(block, named, weights, scale)
            for block, scale in zip(self.collection.blocks, self._scales[model], strict=True)
        ]
        return np.concatenate(parts) if parts else np.zeros(0)

    def allowed(
        self,
        source: str | None = None,
        language: str | None = None,
        since: date | None = None,
        until: date | None = None,
    ) -> NDArray[np.bool_]:
        """Which rows are alive and pass the filters."""
        held = self.collection
        allowed = held.alive.copy()
        if source is not None:
            present = sorted(set(held.sources[held.alive].tolist()))
            if source not in present:
                close = get_close_matches(source, present, n=1) or present
                hint = f"; there are {', '.join(close)}" if close else ""
                raise QueryError(f"no article of source {source!r} is indexed{hint}")
            allowed &= held.sources == source
        if language is not None:
            allowed &= held.languages == language
        if since is not None:
            allowed &= held.published >= _moment(since, time.min).timestamp()
        if until is not None:
            allowed &= (held.published <= _moment(until, time.max).timestamp()) & (held.published != NEVER)
        return allowed

    def best(self, scores: Floats, k: int) -> list[tuple[str, float]]:
        """The *k* best rows above 0 as (article id, score), equal scores in the order of their ids."""
        rows = np.flatnonzero(scores > 0)
        if len(rows) > k:
            least = np.partition(scores[rows], len(rows) - k)[len(rows) - k]
            rows = rows[scores[rows] >= least]
        found = [(self.collection.ids[row], float(scores[row])) for row in rows]
        return sorted(found, key=lambda hit: (-hit[1], hit[0]))[:k]


def _block_scores(block: Block, model: Model, weights: BagOfWeights, scale: Floats) -> Floats:
    scores = np.zeros(block.rows)
    for token, weight in weights:
        rows, counts = block.column(token)
        scores[rows] += weight * model.weights(token, counts, scale[rows])
    return scores


def _moment(day: date, of_day: time) -> datetime:
    if not isinstance(day, datetime):
        return datetime.combine(day, of_day, PEOPLES_TIME)
    return day if day.tzinfo else day.replace(tzinfo=PEOPLES_TIME)


def _shortened(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
