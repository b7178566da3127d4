"""The dictionary: which token has which id. One for all writers; ids are handed out once and never change.

Collection ``terms``: ``{_id: token, id: number}``. A writer reserves a range of numbers in one step and inserts its new
tokens with them; where another writer was first, its number stands and the reserved one stays unused. So ids never
clash, whatever dies when, and gaps between ids mean nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pymongo.database import Database
from pymongo.errors import BulkWriteError

from store import counters
from store.connection import Document

_DUPLICATE_KEY = 11000
_AT_ONCE = 10_000  # tokens in one question to the database; its limit is 16 MiB a message


class SharedDictionary:
    """gensim's ``Dictionary`` with the ids of the database; new tokens get theirs from there."""

    def __init__(self, database: Database[Document]) -> None:
        from gensim.corpora import Dictionary  # takes a second to load, and who only reads needs nothing of it

        self._database = database
        self._known = Dictionary()

    def bags_of_words(self, texts: Sequence[list[str]]) -> list[list[tuple[int, int]]]:
        """``doc2bow`` of each list of tokens; every token has an id that is stored when this returns."""
        self.learn(texts)
        return [*map(self.bag_of_words, texts)]

    def learn(self, texts: Sequence[list[str]]) -> None:
        """Every token of *texts* has an id that is stored when this returns."""
        new = set[str]().union(*texts).difference(self._known.token2id)
        self._known.token2id.update(ids_of(self._database, new))

    def bag_of_words(self, tokens: list[str]) -> list[tuple[int, int]]:
        """``doc2bow`` of *tokens*, which have been learnt; the database is not asked."""
        found: list[tuple[int, int]] = self._known.doc2bow(tokens)
        return found


def ids_of(database: Database[Document], tokens: Iterable[str]) -> dict[str, int]:
    """The id of every token in *tokens*; those that are new get one."""
    wanted = sorted(set(tokens))
    found = stored_ids(database, wanted)
    missing = [token for token in wanted if token not in found]
    if missing:
        first = counters.reserve(database, counters.TERMS, len(missing))
        try:
            database.terms.insert_many(
                ({"_id": token, "id": first + place} for place, token in enumerate(missing)), ordered=False
            )
        except BulkWriteError as error:
            # Another writer had the same token first: its id stands. Anything else is a fault.
            if any(fault["code"] != _DUPLICATE_KEY for fault in error.details["writeErrors"]):
                raise
        found |= stored_ids(database, missing)
    return found


def tokens_of(database: Database[Document], ids: Iterable[int]) -> dict[int, str]:
    """The token of every id in *ids* that is stored."""
    wanted = list(ids)
    found = {}
    for place in range(0, len(wanted), _AT_ONCE):
        for term in database.terms.find({"id": {"$in": wanted[place : place + _AT_ONCE]}}):
            found[term["id"]] = term["_id"]
    return found


def all_tokens(database: Database[Document]) -> dict[int, str]:
    """The whole dictionary."""
    return {term["id"]: term["_id"] for term in database.terms.find(batch_size=_AT_ONCE)}


def stored_ids(database: Database[Document], tokens: Sequence[str]) -> dict[str, int]:
    """The ids of those of *tokens* that are in the dictionary."""
    found = {}
    for place in range(0, len(tokens), _AT_ONCE):
        for term in database.terms.find({"_id": {"$in": tokens[place : place + _AT_ONCE]}}):
            found[term["_id"]] = term["id"]
    return found
