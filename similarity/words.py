"""The ids of a query's words, asked of the dictionary in MongoDB; those asked for lately are remembered."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection
from threading import Lock

from pymongo.database import Database

from store import terms
from store.connection import Document

MOST = 100_000
"""Words remembered; a reader never holds the dictionary, which grows with every typing error of the web."""


class Words:
    """Word -> id, safe from threads. An id never changes; that a word has none is forgotten by ``ask_again``."""

    def __init__(self, database: Database[Document], most: int = MOST) -> None:
        self._database = database
        self._most = most
        self._known: OrderedDict[str, int | None] = OrderedDict()
        self._round = 0
        self._lock = Lock()

    def ask_again(self) -> None:
        """From now on, words without an id may have got one."""
        with self._lock:
            self._round += 1
            for word in [word for word, found in self._known.items() if found is None]:
                del self._known[word]

    def ids(self, words: Collection[str]) -> dict[str, int]:
        """The ids of those of *words* that have one."""
        with self._lock:
            asked_in = self._round
            found = {word: self._known[word] for word in words if word in self._known}
            if 2 * len(self._known) > self._most:  # before, none is about to be forgotten
                for word in found:
                    self._known.move_to_end(word)
        new = [word for word in words if word not in found] if len(found) < len(words) else []
        if new:
            stored = terms.stored_ids(self._database, new)
            answers = {word: stored.get(word) for word in new}
            found |= answers
            with self._lock:
                # An answer from before ``ask_again`` must not say any more that there is no id.
                late = self._round != asked_in
                self._known.update((word, key) for word, key in answers.items() if key is not None or not late)
                while len(self._known) > self._most:
                    self._known.popitem(last=False)
        return {word: key for word, key in found.items() if key is not None}
