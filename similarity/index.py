"""The query API: open the index in MongoDB, search it, find articles like a stored one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import date
from types import TracebackType
from typing import Self

from pymongo.database import Database

from similarity.answering import Answerer
from similarity.asking import Asker
from similarity.cache import Cache
from similarity.errors import QueryError as QueryError
from similarity.hits import Hit, Status
from similarity.keywords import Keyword, keywords
from similarity.live import Live
from similarity.loading import Loader
from similarity.lsi import Lsi
from similarity.models import DEFAULT_MODEL
from similarity.present import Present
from similarity.query import State
from similarity.related import Related, related_terms
from similarity.search_options import MOST_HITS, SearchOptions
from similarity.thresholds import score_reaching
from similarity.trend import PEOPLES_TIME, Trend, trend
from similarity.words import Words
from store import schema
from store.connection import Document, connect, database_address, store_errors
from store.settings import settings
from store.stories import Also, also
from text.analyzer import Analyzer
from text.encoder import Encoder, find_encoder

__all__ = ["PEOPLES_TIME", "Hit", "QueryError", "SimilarityIndex", "Status"]


class SimilarityIndex:
    """A reader of the index. Cheap to query, safe to use from threads; ``refresh`` brings in what has changed since.

    *live*: a thread does that by itself, within a second of any change.
    """

    def __init__(
        self,
        database: Database[Document],
        analyzer: Analyzer | None = None,
        live: bool = False,
        encoder: Callable[[], Encoder | None] = find_encoder,
    ) -> None:
        self._database = database
        folder = settings().data / "cache"
        self._analyzer = analyzer or Analyzer(folder)
        schema.check(database, self._analyzer.version)
        self._cache = Cache(folder / "segments")
        self._words = Words(database)
        self._asker = Asker(database, self._analyzer, self._words, folder, encoder)
        self._answerer = Answerer(database, self._analyzer, self._words, self._asker)
        self._lsi = Lsi(database, folder / "topics", self._analyzer.version)
        loader = Loader(database, self._cache, self._analyzer.version)
        self._present = Present(database, loader, self._words, self._lsi.over)
        self._present.refresh()
        present = self._present
        self._live = Live(database, present.refresh, present.gone, present.count) if live else None
        if self._live:
            self._live.start()

    @classmethod
    def open(cls, uri: str | None = None, analyzer: Analyzer | None = None, live: bool = True) -> Self:
        """The index at *uri*, else MONGODB_URI, else in the embedded MongoDB.

        Raises StoreError when MongoDB cannot be used, IndexMismatch when another analyzer made the index,
        DamagedManifest.
        """
        address = database_address(uri)
        database = connect(address)
        with ExitStack() as unless_open, store_errors(address):
            unless_open.callback(database.client.close)
            index = cls(database, analyzer, live)
            unless_open.pop_all()
        return index

    def close(self) -> None:
        """End the thread and let go of the connection."""
        if self._live:
            self._live.stop()
        self._database.client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __len__(self) -> int:
        """The number of articles that can be found."""
        return len(self._state.collection)

    @property
    def _state(self) -> State:
        return self._present.state

    @property
    def status(self) -> Status:
        """How the index is just now."""
        held = self._state.collection
        live = self._live is not None and self._live.is_alive()
        fault = (self._live.fault if self._live else "") or self._cache.fault
        if self._live and not live:
            fault = "the thread that brings in changes has ended"
        packed = len(held.packed)
        return Status(len(held), len(held.revisions), packed, held.manifest.version, live, fault, held.lost)

    def refresh(self) -> int:
        """Bring in what was stored, changed or deleted since the last time; how many articles are new or changed.

        What is loaded already is not loaded again.
        """
        return self._present.refresh()

    @property
    def off(self) -> tuple[str, ...]:
        """Which parts of the default model do not take part in its answers, each in one line."""
        return self._asker.off(self._state.collection)

    def score_reaching(self, precision: float, model: str = DEFAULT_MODEL) -> float:
        """The ``min_score`` from which on *model* reached *precision* on the test sets (``similarity.thresholds``).

        Raises QueryError where that was not measured for this model, analyzer and encoder.
        """
        return score_reaching(precision, model, self._analyzer.version, self._asker.encoder_name)

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
        across: bool = True,
        min_score: float = 0.0,
    ) -> list[Hit]:
        """The *k* articles most similar to *text*, best first; only those with a score above 0, and of *min_score*.

        A *since* or *until* without a time means the whole day in Asia/Shanghai; articles without a date are then
        left out. *across*: the default model finds articles in the other language too. Raises QueryError for a query
        without words and for a model or source that there is none of.
        """
        options = SearchOptions(k, model, source, language, since, until, across, min_score)
        (hits,) = self._answerer.hits(self._state, [text], options)
        return hits

    def stories_of(self, ids: Sequence[str]) -> dict[str, tuple[str, list[Also]]]:
        """The story of each of the articles *ids* with its other articles."""
        return also(self._database, ids)

    def search_many(
        self,
        texts: Sequence[str],
        k: int = 10,
        model: str = DEFAULT_MODEL,
        *,
        source: str | None = None,
        language: str | None = None,
        since: date | None = None,
        until: date | None = None,
        across: bool = True,
        min_score: float = 0.0,
    ) -> list[list[Hit]]:
        """What ``search`` gives for each of *texts*, all from one state of the index, on all cores."""
        options = SearchOptions(k, model, source, language, since, until, across, min_score)
        return self._answerer.hits(self._state, texts, options)

    def ranked(
        self, texts: Sequence[str], k: int = 10, model: str = DEFAULT_MODEL, *, source: str | None = None
    ) -> list[list[tuple[str, float]]]:
        """As ``search_many``, but ids of articles and their scores alone: no article is read from the database."""
        return self._answerer.ranked(self._state, texts, SearchOptions(k, model, source))

    def similar(
        self,
        article_id: str,
        k: int = 10,
        model: str = DEFAULT_MODEL,
        *,
        across: bool = True,
        min_score: float = 0.0,
    ) -> list[Hit]:
        """The *k* stored articles most similar to the stored article *article_id*, itself left out."""
        options = SearchOptions(k, model, across=across, min_score=min_score)
        return self._answerer.similar(self._state, article_id, options)

    def scores(self, text: str, model: str = DEFAULT_MODEL, most: int = MOST_HITS) -> Mapping[str, float]:
        """The score of every article that shares a word with *text*, by article id.

        By the default model the scores of the *most* best articles.
        """
        return self._answerer.scores(self._state, text, SearchOptions(most, model))

    def pair_evidence(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """For each of *pairs* of a text and a stored article's id, what speaks for their likeness by itself.

        That is the default model's evidence without neighbours, about 1 for the same words.
        """
        return self._answerer.pair_evidence(self._state, pairs)

    def keywords(self, article_id: str, k: int = 10) -> list[Keyword]:
        """The *k* terms that make the stored article *article_id* what it is: see ``similarity.keywords``."""
        SearchOptions(k).check()
        return keywords(self._database, self._state.collection, self._words, self._analyzer, article_id, k)

    def trend(
        self,
        text: str,
        by: str = "week",
        source: str | None = None,
        since: date | None = None,
        until: date | None = None,
    ) -> Trend:
        """How often articles name the topic *text*, by "day", "week" or "month": see ``similarity.trend``."""
        state = self._state
        asked = SearchOptions(source=source, since=since, until=until).filter(state)
        return trend(state.collection, self._words, self._analyzer, text, by, asked)

    def related_terms(self, text: str, k: int = 10) -> list[Related]:
        """The *k* terms that are used most like *text*: see ``similarity.related``."""
        SearchOptions(k).check()
        return related_terms(self._database, self._state, self._words, self._analyzer, text, k)
