"""The Python API of the query side: ``SimilarityIndex`` opens the index in MongoDB and searches it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import date, datetime
from functools import partial
from importlib import import_module
from threading import Lock
from types import TracebackType
from typing import Any, Self, Unpack

from pymongo.database import Database

from similarity.analytics.concepts import words_in
from similarity.analytics.earlier import Earlier, earlier
from similarity.analytics.keywords import Keyword, keywords
from similarity.analytics.related_terms import Related, related_terms
from similarity.analytics.rising_terms import RisingTerm, rising_terms
from similarity.analytics.trend import Trend, trend
from similarity.errors import IndexClosed, QueryError, Reason, option_named, shortened
from similarity.guard import CLOSED, guarded
from similarity.option_values import DEFAULT_MODEL, MAX_HITS, TIME_ZONE
from similarity.query.builder import QueryBuilder
from similarity.query.encoder_coverage import EncoderCoverage
from similarity.query.term_ids import TermIds
from similarity.ranking.all_hits import AllHits
from similarity.ranking.hybrid.two_stage import revision_of
from similarity.ranking.lsi import Lsi
from similarity.ranking.passages import PassageReader
from similarity.ranking.percolator import StoredQuery, percolate, stored_query
from similarity.ranking.request.arguments import (
    SearchArguments,
    SimilarArguments,
    WatchArguments,
    check_arguments,
    search_options,
)
from similarity.ranking.request.options import SearchOptions
from similarity.ranking.request.request_reader import RequestReader
from similarity.ranking.results.hit_list import HitList
from similarity.ranking.results.hits import Hit, Status
from similarity.ranking.searcher import Ranking, Searcher
from similarity.ranking.state import State
from similarity.ranking.thresholds import score_reaching
from similarity.reader.loader import Loader
from similarity.reader.segment_cache import SegmentCache
from similarity.reader.watcher import Watcher
from similarity.refresh import Refresher
from store.article import Article
from store.connection import Document, committed, connect, database_address, for_readers, store_errors, without_password
from store.documents.stories import StoryArticle, other_articles
from store.documents.visits import article_at
from store.failover import repeat_reading
from store.index import preparation
from store.settings import settings
from text.analysis.analyzer import Analyzer
from text.embedding.encoder import Encoder, find_encoder

__all__ = ["TIME_ZONE", "Hit", "QueryError", "SimilarityIndex", "Status"]


class SimilarityIndex:
    """An open index: search it, find similar articles, keywords and trends. Safe to use from threads.

    Every call answers from one snapshot of the index (``State``). ``refresh`` takes the next snapshot; with *live* a
    thread does so within a second of any change. *encoder* is called with the first query and returns the encoder of
    the default model; with ``lambda: None`` the model searches by words and dictionaries alone.

    A process that was forked after ``open`` connects to *address* at its first call. Every call raises IndexClosed
    after ``close``, and StoreError in one line while the database cannot be used.
    """

    def __init__(
        self,
        database: Database[Document],
        analyzer: Analyzer | None = None,
        live: bool = False,
        encoder: Callable[[], Encoder | None] | None = None,
        address: str = "",
    ) -> None:
        self._analyzer = analyzer or Analyzer(settings().data / "cache")
        self._encoder, self.address = encoder or partial(find_encoder, settings().data / "cache"), address
        self._coverage = EncoderCoverage(self._encoder)
        self._closed, self._reconnecting = False, Lock()
        self._watcher: Watcher | None = None
        self._attach(database, live)

    def _attach(self, database: Database[Document], live: bool) -> None:
        """Open the index in *database*, as this process does it."""
        folder = settings().data / "cache"
        self._database = database = for_readers(database)
        preparation.check_readable(database, self._analyzer.version)
        self._cache = SegmentCache(folder / "segments")
        self._term_ids = TermIds(database)
        self._builder = QueryBuilder(database, self._analyzer, self._term_ids, folder, self._encoder)
        self._requests = RequestReader(database, self._analyzer, self._term_ids)
        self._passages = PassageReader(database, self._encoder)
        lsi = Lsi(database, folder / "topics", self._analyzer.version)
        in_order = database.client.start_session(causal_consistency=True)
        loader = Loader(committed(database), self._cache, self._analyzer.version, in_order)
        self._refresher = refresher = Refresher(committed(database), loader, self._term_ids, lsi.topics_of, in_order)
        repeat_reading(refresher.refresh, settings().timeout)
        if live:
            self._watcher = Watcher(database, refresher.refresh, refresher.note_deleted, refresher.compare_count)
            self._watcher.start()
        self._process = os.getpid()

    @classmethod
    def open(cls, uri: str | None = None, analyzer: Analyzer | None = None, live: bool = True) -> Self:
        """Open the index at *uri*, else the one at MONGODB_URI, else the one in the embedded MongoDB.

        Raises StoreError when MongoDB cannot be used, IndexMismatch when another analyzer made the index,
        DamagedManifest.
        """
        address = database_address(uri)
        database = connect(address, for_reading=True)
        with ExitStack() as unless_open, store_errors(address):
            unless_open.callback(database.client.close)
            index = cls(database, analyzer, live, address=address)
            unless_open.pop_all()
        return index

    def close(self) -> None:
        """End the watcher and close the connection. Closing a second time does nothing."""
        self._closed = True
        if self._watcher and self._process == os.getpid():  # a fork leaves threads behind in the parent
            self._watcher.stop()
        self._database.client.close()

    def ensure_usable(self) -> None:
        """Connect again if this process was forked since the index was opened. Raises IndexClosed, StoreError."""
        if self._closed:
            raise IndexClosed(CLOSED)
        if self._process == os.getpid() or not self.address:
            return
        with self._reconnecting:
            if self._process != os.getpid():
                inherited = self._database.client
                self._attach(connect(self.address, for_reading=True), live=self._watcher is not None)
                inherited.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        """How many articles can be found, and in which database; without the password."""
        where = without_password(self.address) or self._database.name
        if self._closed:
            return f"<SimilarityIndex closed {where}>"
        return f"<SimilarityIndex {len(self):,} articles {where}>"

    @guarded
    def __len__(self) -> int:
        """The number of articles that can be found."""
        return len(self._state.collection)

    @property
    def _state(self) -> State:
        return self._refresher.state

    def _searcher(self) -> Searcher:
        """A searcher of the current snapshot."""
        return Searcher(self._state, self._builder, self._passages, self._database, self._requests)

    @property
    @guarded
    def status(self) -> Status:
        """How many articles the index has, and whether it is up to date."""
        collection = self._state.collection
        live = self._watcher is not None and self._watcher.is_alive()
        fault = (self._watcher.fault if self._watcher else "") or self._cache.fault
        if self._watcher and not live:
            fault = "the thread that brings in changes has ended"
        return Status(
            articles=len(collection),
            pending=len(collection.revisions),
            segments=len(collection.packed),
            version=collection.manifest.version,
            live=live,
            fault=fault,
            lost=collection.lost,
        )

    @property
    def behind(self) -> float:
        """Seconds since this index was last known to hold everything that is stored; 0 for one that is not live."""
        return self._watcher.behind if self._watcher else 0.0

    @guarded
    def refresh(self) -> int:
        """Take the next snapshot of the index; returns how many articles in it are new or changed.

        Only what has changed since the last refresh is read.
        """
        return self._refresher.refresh()

    @property
    @guarded
    def off(self) -> tuple[Reason, ...]:
        """Which parts of the default model do not take part in its scores, each in one line; () when all do."""
        return self._coverage.gaps(self._state.collection)

    @guarded
    def score_reaching(self, precision: float, model: str = DEFAULT_MODEL) -> float:
        """The lowest ``min_score`` with which *model* reached *precision* (0 to 1) on the test sets.

        Raises QueryError where that was not measured for this model, analyzer and encoder.
        """
        check_arguments(precision=precision, model=model)
        encoder = self._encoder()
        return score_reaching(precision, model, self._analyzer.version, encoder.name if encoder else "")

    @guarded
    def search(
        self, text: str, k: int = 10, model: str = DEFAULT_MODEL, **arguments: Unpack[SearchArguments]
    ) -> HitList:
        """The *k* articles most similar to *text*, best first, equal scores by id.

        *text* may have operators: see ``similarity.query.syntax``. The arguments say the same for programs, and both
        hold:

        source, kind, language, company
            An article must have one of the values; a text, or a list of texts.
        must, exclude
            Words and names that an article must or must not have, or phrases in quotation marks ('"price war"').
        since, until
            Dates of publication. A date without a time means the whole day in Asia/Shanghai; articles without a date
            are left out.
        min_score = 0, target_precision
            Only articles of at least this score, or of at least the score that reached this precision (such as 0.9)
            on the test sets. Scores are always above 0.
        across = True
            The default model finds articles in the other language too.
        sort = "score"
            Or "published": of the articles with more than half the best one's score the newest first.
        recent
            A half-life (a timedelta, "30d", "2w") by which newer articles come earlier, see
            ``similarity.ranking.selection.recency``; scores stay as they are.
        explain = False
            Each hit of the default model says how it meets the concepts of *text* (``Hit.explanation``).

        A notebook shows the result as a table; it is a list with ``to_pandas()`` and ``to_dicts()``.

        Raises QueryError for an argument of a wrong type or value, for a query without words, and for one that
        contradicts itself.
        """
        check_arguments(text=text)
        options = self._options(k, model, arguments)
        with option_named(q="text"):
            (hits,) = self._searcher().hits([text], options)
        return HitList(hits)

    @guarded
    def search_many(
        self, texts: Sequence[str], k: int = 10, model: str = DEFAULT_MODEL, **arguments: Unpack[SearchArguments]
    ) -> list[HitList]:
        """``search`` for each of *texts*, all in one snapshot of the index, on all cores."""
        check_arguments(texts=texts)
        options = self._options(k, model, arguments)
        with option_named(q="texts"):
            return [HitList(hits) for hits in self._searcher().hits(texts, options)]

    def _options(self, k: int, model: str, arguments: SearchArguments) -> SearchOptions:
        return search_options(k, model, arguments, SearchArguments, self.score_reaching)

    @guarded
    def ranking(self, options: SearchOptions, text: str = "", like: str = "") -> Ranking:
        """The articles that match *text* best, or are most similar to the stored article *like*; else the newest.

        Unlike ``search`` it counts all hits, and reads only those articles that are asked for. Raises QueryError.
        """
        searcher = self._searcher()
        if like:
            return searcher.ranking_like(like, options)
        return searcher.ranking(text, options) if text else searcher.latest(options)

    @guarded
    def hit_ids(self, options: SearchOptions, text: str = "", like: str = "") -> tuple[list[str], int, bool]:
        """The ids of the best ``k`` hits, in any order, and how many hits there are, or are at least: for counting.

        See ``ranking`` for the arguments, and for QueryError.
        """
        ids, total, at_least = self._searcher().hit_ids(text, like, options)
        return list(ids), total, at_least

    @guarded
    def all_hits(self, options: SearchOptions, text: str = "", like: str = "") -> AllHits:
        """All hits of a question, however many, to be ranked and read part by part. Arguments as for ``ranking``."""
        return self._searcher().all_hits(text, like, options)

    @property
    @guarded
    def database(self) -> Database[Document]:
        """The database of the index, for what is stored beside it: stories, runs, sources.

        It is read as the index is: at another member while there is no primary. ``store.connection.for_writers`` gives
        the one for programs that write what they decide from what they have read.
        """
        return self._database

    @property
    @guarded
    def sources(self) -> frozenset[str]:
        """The keys of the sources that have an article."""
        return frozenset[str]().union(*(segment.sources for segment in self._state.collection.segments))

    @property
    @guarded
    def newest(self) -> int:
        """The highest revision of an article; each article that is stored or changed gets a higher one."""
        return self._state.collection.newest

    @property
    @guarded
    def regroupings(self) -> int:
        """How often articles were given another story, as the index knows; that changes no revision."""
        return self._refresher.regroupings

    @guarded
    def stories_of(self, ids: Sequence[str]) -> dict[str, tuple[str, list[StoryArticle]]]:
        """For each of the articles *ids* its story and the story's other articles."""
        return other_articles(self._database, ids)

    @guarded
    def ranked(
        self, texts: Sequence[str], k: int = 10, model: str = DEFAULT_MODEL, *, source: str | None = None
    ) -> list[list[tuple[str, float]]]:
        """The ids and scores that ``search_many`` finds if nothing in *texts* is an operator; no article is read."""
        return self._searcher().scored_ids(texts, SearchOptions(k, model, source))

    @guarded
    def similar(
        self,
        article: str | Article | Hit,
        k: int = 10,
        model: str = DEFAULT_MODEL,
        **arguments: Unpack[SimilarArguments],
    ) -> HitList:
        """The *k* stored articles most similar to a stored one, itself left out.

        *article*: its id, its address, the Article, or a Hit. The arguments are some of those of ``search``.
        """
        options = search_options(k, model, arguments, SimilarArguments, self.score_reaching)
        with option_named(like="article"):
            return HitList(self._searcher().similar(self.id_of(article), options))

    @guarded
    def id_of(self, article: str | Article | Hit) -> str:
        """The id of a stored article that is given by id, address, Article or Hit.

        Raises QueryError for an address at which no stored article is; ids are not looked up.
        """
        check_arguments(article=article)
        if isinstance(article, Hit):
            return article.article.id
        if isinstance(article, Article):
            return article.id
        if "://" not in article:
            return article
        if not (found := article_at(self._database, article)):
            shown = shortened(article, 100)
            raise QueryError(f"no article at {shown} is stored", "article", f"没有存有 {shown} 的文章")
        return found

    @guarded
    def scores(self, text: str, model: str = DEFAULT_MODEL, most: int = MAX_HITS) -> Mapping[str, float]:
        """By article id, the score of every article that shares a word with *text*.

        By the default model the scores of the best articles, *most* of them.
        """
        check_arguments(text=text)
        return self._searcher().scores(text, SearchOptions(most, model))

    @guarded
    def score(self, text: str, article: str | Article | Hit) -> float:
        """The score that a search for *text* gives the stored *article* (as for ``similar``); 0 for no hit.

        It is the same whatever else is stored.
        """
        check_arguments(text=text)
        with option_named(q="text"):
            return self._searcher().score(text, self.id_of(article))

    @guarded
    def stored_query(self, options: SearchOptions, text: str = "", like: str = "") -> StoredQuery:
        """A query for ``percolate``: *text*, which may have operators, or the id of a stored article.

        Raises QueryError, as a search would.
        """
        return stored_query(self._searcher(), options, text, like)

    @guarded
    def revisions(self, ids: Sequence[str]) -> dict[str, int]:
        """The revision in which the index has each of the articles *ids*; without those that it has not."""
        state = self._state
        places = {article_id: place for article_id in ids if (place := state.collection.place_of(article_id))}
        return {article_id: revision_of(state, place) for article_id, place in places.items()}

    @guarded
    def percolate(
        self, queries: Sequence[tuple[StoredQuery, SearchOptions]], ids: Sequence[str]
    ) -> list[dict[str, float]]:
        """For each of *queries* those of the articles *ids* that a search would list, with their scores.

        All in one snapshot of the index; see ``similarity.ranking.percolator``.
        """
        return percolate(self._searcher(), queries, ids)

    def watch(
        self, text: str, *, name: str, callback: Callable[[Any], object], **arguments: Unpack[WatchArguments]
    ) -> Any:
        """Call *callback* with each new story that *text* finds; returns an ``alerts.callback.Watching``.

        What counts is an article stored from now on that a search with these arguments (as for ``search``) lists with
        at least ``min_score`` (0.5), the first of its story: with ``each_article`` every one, with ``changes`` also one
        whose text has changed. The watch is kept in the database under its *name*: a program that starts again with it
        is called for what came meanwhile. The callback runs in a thread of its own, with an
        ``alerts.callback.Match``; where it raises, it is called again after a minute, five, thirty, and so on, and
        ``Watching.fault`` has the error. Raises QueryError, and WatchError for the name of another watch.
        """
        check_arguments(text=text)
        with option_named(q="text"):
            return import_module("alerts.callback").watch(self, text, name, callback, arguments)

    @guarded
    def unknown_names(self, text: str) -> tuple[str, ...]:
        """The companies, organisations and people that *text* names and no article does, as *text* writes them."""
        check_arguments(text=text)
        return self._searcher().unknown_names(text)

    @guarded
    def words_in(self, text: str) -> list[str]:
        """What *text*, which may have operators, is searched by: names of glossary terms, then other words."""
        check_arguments(text=text)
        return words_in(self._analyzer, self._requests.read(self._state, text, SearchOptions()).text)

    @guarded
    def pair_evidence(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """For each of *pairs* of a text and a stored article's id, how similar the two are, whatever else is stored.

        That is the default model's sum before calibration: about 1 for the same words, plus what the embeddings add.
        """
        return self._searcher().pair_scores(pairs)

    @guarded
    def forget_queries(self) -> None:
        """Drop what is cached of earlier queries: their embeddings and those of passages. For measuring new queries."""
        self._builder.clear_cache()
        self._passages.clear_cache()

    @guarded
    def keywords(self, article: str | Article | Hit, k: int = 10) -> list[Keyword]:
        """The *k* terms that distinguish a stored *article* (as for ``similar``): ``similarity.analytics.keywords``."""
        check_arguments(k=k)
        SearchOptions(k).check()
        return keywords(self._database, self._state.collection, self._analyzer, self.id_of(article), k)

    @guarded
    def earlier(
        self, article: str | Article | Hit, page: int | None = None, passage: str | None = None, k: int = 20
    ) -> Earlier:
        """What the same company's reports before *article* (as for ``similar``) have on its *page*, or on a *passage*.

        Of each of the *k* newest the page most like it: see ``similarity.analytics.earlier``.
        """
        check_arguments(page=page, passage=passage, k=k)
        SearchOptions(k).check()
        return earlier(self._database, self._analyzer, self._term_ids, self.id_of(article), page, passage, k)

    @guarded
    def trend(
        self,
        text: str,
        by: str = "week",
        source: str | None = None,
        since: date | None = None,
        until: date | None = None,
    ) -> Trend:
        """How often articles name the topic *text*, by "day", "week" or "month": see ``similarity.analytics.trend``."""
        check_arguments(text=text, by=by, source=source, since=since, until=until)
        state = self._state
        article_filter = SearchOptions(source=source, since=since, until=until).filter(state)
        return trend(state.collection, self._term_ids, self._analyzer, text, by, article_filter)

    @guarded
    def rising_terms(self, until: datetime, k: int = 10) -> list[RisingTerm]:
        """The *k* terms that rise most in four weeks: see ``similarity.analytics.rising_terms``.

        Raises QueryError for an *until* that is no aware datetime.
        """
        check_arguments(until=until, k=k)
        if not isinstance(until, datetime) or until.tzinfo is None:
            raise QueryError(f"until is {shortened(until)}; it must be a datetime with a time zone", "until")
        SearchOptions(k).check()
        return rising_terms(self._database, self._state.collection, self._term_ids, self._analyzer, until, k)

    @guarded
    def related_terms(self, text: str, k: int = 10) -> list[Related]:
        """The *k* terms that go most with *text*: see ``similarity.analytics.related_terms``."""
        check_arguments(text=text, k=k)
        SearchOptions(k).check()
        return related_terms(self._database, self._state, self._term_ids, self._analyzer, text, k)
