"""The dictionary: the id of each token. All writers share it; ids never change.

Collection ``terms``: ``{_id: token, id: number}``. A writer reserves a range of numbers in one step and inserts its new
tokens with them. Where another writer inserted a token first, its id is valid and the reserved one stays unused. So no
two tokens share an id, whichever process is killed when, and gaps between ids mean nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pymongo.database import Database
from pymongo.errors import BulkWriteError

from store import counters
from store.connection import Document, committed
from store.failover import are_duplicates, repeated

_BATCH = 10_000  # tokens in one query; MongoDB refuses messages over 16 MiB


class SharedDictionary:
    """gensim's ``Dictionary`` with ids from the database, where new tokens get theirs."""

    def __init__(self, database: Database[Document]) -> None:
        from gensim.corpora import Dictionary  # takes a second to load, and readers do not need it

        self._database = database
        self._known = Dictionary()

    def bags_of_words(self, texts: Sequence[list[str]]) -> list[list[tuple[int, int]]]:
        """The bag of words of each list of tokens; new tokens are stored before this returns."""
        self.learn(texts)
        return [*map(self.bag_of_words, texts)]

    def learn(self, texts: Sequence[list[str]]) -> None:
        """Give an id to every new token of *texts*; all ids are stored when this returns."""
        new = set[str]().union(*texts).difference(self._known.token2id)
        self._known.token2id.update(ids_of(self._database, new))

    def bag_of_words(self, tokens: list[str]) -> list[tuple[int, int]]:
        """The bag of words of *tokens*, all given to ``learn`` before; makes no query to the database."""
        bag: list[tuple[int, int]] = self._known.doc2bow(tokens)
        return bag


@repeated
def ids_of(database: Database[Document], tokens: Iterable[str]) -> dict[str, int]:
    """The id of every token in *tokens*; new tokens get one."""
    wanted = sorted(set(tokens))
    # Only ids that outlive the primary: vectors with an id that no token has could not be mended.
    database = committed(database)
    ids = stored_ids(database, wanted)
    missing = [token for token in wanted if token not in ids]
    if missing:
        first = counters.reserve(database, counters.TERMS, len(missing))
        try:
            database.terms.insert_many(
                ({"_id": token, "id": first + place} for place, token in enumerate(missing)), ordered=False
            )
        except BulkWriteError as error:
            # Another writer inserted the same token first: its id is valid. Any other error is raised.
            if not are_duplicates(error):
                raise
        ids |= stored_ids(database, missing)
    return ids


def tokens_of(database: Database[Document], ids: Iterable[int]) -> dict[int, str]:
    """The tokens of those of *ids* that are in the dictionary."""
    wanted = list(ids)
    tokens = {}
    for start in range(0, len(wanted), _BATCH):
        for term in database.terms.find({"id": {"$in": wanted[start : start + _BATCH]}}):
            tokens[term["id"]] = term["_id"]
    return tokens


def ids_of_bigrams(database: Database[Document], character: str) -> list[int]:
    """The ids of all bigrams with a Han *character*, and of the character itself. Scans the dictionary."""
    # "#" and a character is no bigram but a concept: 镓, which an article on gallium names too.
    return [term["id"] for term in database.terms.find({"_id": {"$regex": f"^([^#]?{character}|{character}.)$"}})]


def all_tokens(database: Database[Document]) -> dict[int, str]:
    """The whole dictionary, by id."""
    return {term["id"]: term["_id"] for term in database.terms.find(batch_size=_BATCH)}


def stored_ids(database: Database[Document], tokens: Sequence[str]) -> dict[str, int]:
    """The ids of those of *tokens* that are in the dictionary."""
    ids = {}
    for start in range(0, len(tokens), _BATCH):
        for term in database.terms.find({"_id": {"$in": tokens[start : start + _BATCH]}}):
            ids[term["_id"]] = term["id"]
    return ids
