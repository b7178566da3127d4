"""Ids of a query's terms, read from the dictionary in MongoDB and cached by least recent use."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection
from threading import Lock

from pymongo.database import Database

from store.connection import Document
from store.index import dictionary

MAX_CACHED_TERMS = 100_000
"""Only this many terms are cached: the dictionary grows with every typing error of the web."""


class TermIds:
    """Gives the ids of terms; safe to use from threads.

    The id of a term never changes while there are articles, so it is cached until ``clear``. That a term has no id is
    cached too, until ``expire_unknown``: a pipeline may give it one at any time.
    """

    def __init__(self, database: Database[Document], max_terms: int = MAX_CACHED_TERMS) -> None:
        self._database = database
        self._max_terms = max_terms
        self._cached: OrderedDict[str, int | None] = OrderedDict()
        self._generation = 0
        self._lock = Lock()

    def expire_unknown(self) -> None:
        """Forget which terms have no id; the next call of ``ids`` reads them from the database again."""
        with self._lock:
            self._generation += 1
            for term in [term for term, term_id in self._cached.items() if term_id is None]:
                del self._cached[term]

    def clear(self) -> None:
        """Forget all ids: a database that was dropped gives other ones to the same terms."""
        with self._lock:
            self._generation += 1
            self._cached.clear()

    def ids(self, terms: Collection[str]) -> dict[str, int]:
        """The ids of those of *terms* that have one."""
        with self._lock:
            generation = self._generation
            known = {term: self._cached[term] for term in terms if term in self._cached}
            if 2 * len(self._cached) > self._max_terms:  # with fewer, nothing is evicted soon
                for term in known:
                    self._cached.move_to_end(term)
        new = [term for term in terms if term not in known] if len(known) < len(terms) else []
        if new:
            stored = dictionary.stored_ids(self._database, new)
            read = {term: stored.get(term) for term in new}
            known |= read
            with self._lock:
                # What was read may be outdated if ``expire_unknown`` or ``clear`` was called since: do not cache it.
                if self._generation == generation:
                    self._cached.update(read)
                while len(self._cached) > self._max_terms:
                    self._cached.popitem(last=False)
        return {term: term_id for term, term_id in known.items() if term_id is not None}
