"""An index as it lies open in a process: opened, refreshed, connected again after a fork, and closed."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from threading import Lock
from types import TracebackType
from typing import Self

from pymongo.database import Database

from similarity.errors import IndexClosed
from similarity.guard import CLOSED, guarded
from similarity.query.builder import QueryBuilder
from similarity.query.encoder_coverage import EncoderCoverage
from similarity.query.term_ids import TermIds
from similarity.ranking.lsi import Lsi
from similarity.ranking.passages import PassageReader
from similarity.ranking.request.request_reader import RequestReader
from similarity.ranking.results.hits import Status
from similarity.ranking.state import State
from similarity.reader.loader import Loader
from similarity.reader.segment_cache import SegmentCache
from similarity.reader.watcher import Watcher
from similarity.refresh import Refresher
from store.connection import Document, committed, connect, database_address, for_readers, store_errors, without_password
from store.failover import repeat_reading
from store.index import preparation
from store.settings import settings
from text.analysis.analyzer import Analyzer
from text.embedding.encoder import Encoder, find_encoder


class OpenIndex:
    """The snapshot of an index that is kept fresh, and what its questions are read with. See ``SimilarityIndex``."""

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
    def database(self) -> Database[Document]:
        """The database of the index, for what is stored beside it: stories, runs, sources.

        It is read as the index is: at another member while there is no primary. ``store.connection.for_writers`` gives
        the one for programs that write what they decide from what they have read.
        """
        return self._database
