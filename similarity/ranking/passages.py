"""Embeddings and texts of the passages of articles, read from the database or cached."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from operator import attrgetter
from sys import getsizeof

import numpy as np
from numpy.typing import NDArray
from pymongo.database import Database

from similarity.arrays import Revision
from similarity.background import in_background
from similarity.lru import LruCache
from store.article import Article
from store.connection import Document
from store.documents.embeddings import passages_of
from text.embedding.encoder import Encoder
from text.embedding.passages import passages

_EMBEDDING_CACHE_BYTES = 64 << 20
"""Embeddings of the passages of about 22,000 articles: queries come in waves, as the news does."""

_TEXT_CACHE_BYTES = 4 << 20
"""Texts of some thousands of passages, those of the hits that are shown; cutting an article takes long."""


class PassageReader:
    """Reads passages of articles; safe to use from threads."""

    def __init__(self, database: Database[Document], encoder: Callable[[], Encoder | None]) -> None:
        self._database, self._encoder = database, encoder
        size: Callable[[NDArray[np.int8]], int] = attrgetter("nbytes")
        self._embeddings = LruCache[tuple[str, int, str], NDArray[np.int8]](_EMBEDDING_CACHE_BYTES, size)
        self._texts = LruCache[tuple[str, int, int], str](_TEXT_CACHE_BYTES, getsizeof)

    def begin(self, wanted: Sequence[Revision]) -> Callable[[], Mapping[str, NDArray[np.int8]]]:
        """Begin to read the embeddings of the passages of *wanted* in another thread.

        Call the result to wait for them: by article id, shape (passages, d), the title first. An article without
        embeddings of the encoder in use is missing there, or has 0 passages.
        """
        encoder = self._encoder()
        if encoder is None:
            return dict
        cached = self._embeddings.get((*revision, encoder.name) for revision in wanted)
        embeddings = {article_id: vectors for (article_id, _, _), vectors in cached.items()}
        missing = [article_id for article_id, _ in wanted if article_id not in embeddings]
        if not missing:
            return lambda: embeddings
        return in_background(lambda: embeddings | self._read(missing, encoder))

    def text_of(self, article: Article, passage: int | None) -> str:
        """The text of passage number *passage* (0: the title) of *article*.

        "" for None, for a number that there is none of, and for an article whose text is not kept.
        """
        if not passage:
            return article.title if passage == 0 else ""
        whole = article.body or article.summary
        key = article.id, hash(whole), passage  # the hash, as a newer revision may have another text
        cached = self._texts.get([key])
        if not cached:
            cached = {key: next(islice(passages(whole), passage - 1, None), "")}
            self._texts.put(cached)
        return cached[key]

    def clear_cache(self) -> None:
        """Drop the cached embeddings and texts of passages."""
        self._embeddings.clear()
        self._texts.clear()

    def _read(self, ids: Sequence[str], encoder: Encoder) -> dict[str, NDArray[np.int8]]:
        rows = self._database.articles.find(
            {"_id": {"$in": ids}}, dict.fromkeys(("encoder", "passages", "revision"), 1)
        )
        read = {
            # Cached under the revision that was read, which may be newer than the one in the state of the index.
            (row["_id"], row["revision"], encoder.name): passages_of(row, encoder.dimensions)
            for row in rows
            if row.get("encoder") == encoder.name
        }
        self._embeddings.put(read)
        return {article_id: vectors for (article_id, _, _), vectors in read.items()}
