"""The present state of an open index, and how the next one takes its place; safe from threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from threading import Lock

from pymongo.database import Database

from similarity.collection import Collection
from similarity.loading import Loader
from similarity.lsi import Topics
from similarity.query import State
from similarity.vanished import all_vanished, vanished_among
from similarity.words import Words
from store.connection import Document


class Present:
    """Holds ``state``, which is replaced and never changed: a query that has taken it sees one state to its end."""

    def __init__(
        self, database: Database[Document], loader: Loader, words: Words, topics: Callable[[Collection], Topics]
    ) -> None:
        self._database, self._loader, self._words, self._topics = database, loader, words, topics
        self._refreshing = Lock()
        self._vanished: dict[str, int] = {}
        self._difference = self._explained = 0
        self.state = State(topics=topics)

    def refresh(self) -> int:
        """Bring in what was stored, changed or deleted since the last time; how many articles are new or changed."""
        with self._refreshing:
            return self._advance()

    def gone(self, ids: Iterable[str]) -> None:
        """Take note of articles that are not stored any more, whoever deleted them."""
        with self._refreshing:
            self._vanished |= vanished_among(self._database, self.state.collection, ids)

    def count(self) -> None:
        """Look for articles deleted behind our back if the number of those stored is not ours, twice the same."""
        with self._refreshing:
            stored = self._database.articles.estimated_document_count()
            difference = stored - len(self.state.collection)
            again, self._difference = difference == self._difference, difference
            if difference == self._explained or not again:
                return
            self._vanished = all_vanished(self._database, self.state.collection, self._vanished)
            self._advance()
            # The estimate may be wrong after a crash of the server; the walk was not.
            self._explained = stored - len(self.state.collection)

    def _advance(self) -> int:
        before = self.state.collection
        after = self._loader.next(before, self._vanished)
        if after is before:
            return 0
        self.state = State(after, self._topics)
        self._words.ask_again()
        return after.newer_than(before.newest)
