"""From a text, or a stored article, to the question that the hybrid model asks: words, pairs, translations, meaning."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, repeat
from operator import attrgetter
from pathlib import Path
from sys import getsizeof

import numpy as np
from numpy.typing import NDArray
from pymongo.database import Database

from similarity.across import Asked, Translator
from similarity.beside import beside
from similarity.collection import Collection
from similarity.meanings import encoded
from similarity.question import Encoded, Question, question
from similarity.ranked import Revision
from similarity.remembered import Remembered
from similarity.trade_words import TradeWords
from similarity.variants import LONGEST_NAME, Named, named
from similarity.words import Words
from store import terms
from store.article import Article
from store.connection import Document
from store.meaning import MARK_BYTES, mark, passages_of
from store.vectors import unpack
from text.analyzer import Analyzer
from text.bigrams import bigrams
from text.bilingual import general_words
from text.encoder import WITHOUT_ENCODER, Encoder, find_encoder, to_int8
from text.language import detect_language
from text.passages import length, passages, vectors_of

LONGEST_QUERY = 240
"""Of a query that is one vector, as ``text.passages`` measures; a longer one is taken for an article."""

_MEANINGS = 1 << 20
"""Bytes of vectors of queries, 1,000 of them: the same one comes again for more hits, another filter, the next page."""

_PASSAGES = 64 << 20
"""Bytes of vectors of passages, those of 22,000 articles: what is asked for comes in waves, as the news does."""

_TEXTS = 4 << 20
"""Bytes of the texts of passages, some thousands: the hits that are shown, for which whole articles are cut."""

_HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True)
class _Put:
    """A text as it asks: its language, its words and pairs counted, what its words are in the other language and
    the terms it names.
    """

    language: str
    words: Counter[str]
    pairs: Counter[str]
    asked: Sequence[Asked]
    terms: Sequence[Named]


class Asker:
    """Makes questions. The encoder and the dictionaries are loaded with the first; safe to use from threads."""

    def __init__(
        self,
        database: Database[Document],
        analyzer: Analyzer,
        words: Words,
        cache: Path,
        encoder: Callable[[], Encoder | None] = find_encoder,
    ) -> None:
        self._database, self._analyzer, self._words, self._cache = database, analyzer, words, cache
        self._encoder = encoder
        of_bytes: Callable[[NDArray[np.int8]], int] = attrgetter("nbytes")
        self._meanings = Remembered[tuple[str, str], NDArray[np.int8]](_MEANINGS, of_bytes)
        self._passages = Remembered[tuple[str, int, str], NDArray[np.int8]](_PASSAGES, of_bytes)
        self._texts = Remembered[tuple[str, int, int], str](_TEXTS, getsizeof)
        self._counted: tuple[Collection | None, int, int] = None, 0, 0

    @cached_property
    def _trade(self) -> TradeWords:
        return TradeWords(self._analyzer)

    @cached_property
    def _translator(self) -> Translator:
        general, trade = general_words(self._cache), self._trade
        return Translator(
            self._analyzer,
            [trade.to_english, general.glosses],
            [trade.to_chinese, general.glosses_of_english],
        )

    @property
    def mark(self) -> bytes:
        """The mark of the vectors that can be compared with a question's."""
        encoder = self._encoder()
        return mark(encoder.name) if encoder else b""

    @property
    def encoder_name(self) -> str:
        """The encoder whose vectors are compared; "" for none."""
        encoder = self._encoder()
        return encoder.name if encoder else ""

    def of_texts(self, collection: Collection, texts: Sequence[str], across: bool) -> list[Question]:
        """The question of each of *texts*, those whose words and pairs are all unknown too."""
        encoder = self._encoder()
        # One is encoded while its words are looked for; many go faster through the encoder together.
        encoded = [self._encoded(encoder, text) for text in texts] if encoder and len(texts) == 1 else None
        made = []
        for text in texts:
            tokens = self._analyzer.tokens(text)
            language = "zh" if _HAN.search(text) and detect_language(text) != "ja" else detect_language(text)
            made.append(self._put(language, tokens, Counter(bigrams(text)), across))
        if encoded is None:
            meanings = meanings_of(encoder, texts) if encoder else repeat(None, len(texts))
            encoded = [_known(meaning) for meaning in meanings]
        ids = self._ids_of(made)
        return [_question(collection, ids, put, meaning) for put, meaning in zip(made, encoded, strict=True)]

    def of_article(self, collection: Collection, row: Document, across: bool) -> Question:
        """The question of a stored article: document *row* with its language, vector, bigrams and meaning."""
        bag, pairs = unpack(row["vector"]), unpack(row.get("bigrams", b"\x00"))
        names = terms.tokens_of(self._database, {token for token, _ in (*bag, *pairs)})
        tokens = [names[token] for token, count in bag if token in names for _ in range(count)]
        counts = Counter({names[token]: count for token, count in pairs if token in names})
        vector = row.get("meaning", b"")
        ours = self.mark and vector[:MARK_BYTES] == self.mark
        meaning = np.frombuffer(vector, np.int8, offset=MARK_BYTES) if ours else None
        # In the order of their ids: what stands together there was no phrase.
        put = self._put(row["language"], tokens, counts, across, longest=1)
        return _question(collection, self._ids_of([put]), put, _known(meaning))

    def passages(self, wanted: Sequence[Revision]) -> Callable[[], Mapping[str, NDArray[np.int8]]]:
        """Begin to read the vectors of the passages of *wanted*: remembered, else from the database beside the caller.

        The result has them by article id. Articles without vectors of the encoder in use have none, or no passages.
        """
        encoder = self._encoder()
        if encoder is None:
            return dict
        held = self._passages.get((*one, encoder.name) for one in wanted)
        found = {key: vectors for (key, _, _), vectors in held.items()}
        missing = [key for key, _ in wanted if key not in found]
        if not missing:
            return lambda: found
        return beside(lambda: found | self._read_passages(missing, encoder))

    def text_of(self, article: Article, passage: int | None) -> str:
        """The text of *passage*, as ``hybrid.Found`` has it (0: the title): remembered, else cut out.

        "" where there is no such passage, or none of the text is kept.
        """
        if not passage:
            return article.title if passage == 0 else ""
        whole = article.body or article.summary
        key = article.id, hash(whole), passage  # of this text: the article may have been written again
        found = self._texts.get([key])
        if not found:
            found = {key: next(islice(passages(whole), passage - 1, None), "")}
            self._texts.put(found)
        return found[key]

    def forget(self) -> None:
        """Forget the vectors of queries and passages that are remembered, and the texts of these."""
        self._meanings.clear()
        self._passages.clear()
        self._texts.clear()

    def off(self, collection: Collection) -> tuple[str, ...]:
        """Which parts of the default model cannot take part, each in one line; () when all do."""
        encoder = self._encoder()
        if encoder is None:
            return (WITHOUT_ENCODER,)
        if self._counted[0] is not collection:
            counts = [encoded(held.block, self.mark) for held in collection.blocks]
            self._counted = collection, sum(ours for ours, _ in counts), sum(other for _, other in counts)
        _, ours, other = self._counted
        missing = len(collection) - ours
        if missing <= 0:
            return ()
        return (
            f"{missing:,} of {len(collection):,} articles have no vectors of the encoder {encoder.name}"
            f" ({other:,} of another one): scrapy reread",
        )

    def _encoded(self, encoder: Encoder, text: str) -> Encoded:
        """The vector of *text*: remembered, else begun beside the caller."""
        key = encoder.name, text
        found = self._meanings.get([key])
        if found:
            return _known(found[key])

        def encode() -> NDArray[np.int8]:
            (vector,) = meanings_of(encoder, [text])
            self._meanings.put({key: vector})
            return vector

        return beside(encode)

    def _read_passages(self, keys: Sequence[str], encoder: Encoder) -> dict[str, NDArray[np.int8]]:
        rows = self._database.articles.find(
            {"_id": {"$in": keys}}, dict.fromkeys(("encoder", "passages", "revision"), 1)
        )
        read = {
            # Under the revision that was read: the article may have been written again since the state was loaded.
            (row["_id"], row["revision"], encoder.name): passages_of(row, encoder.dimensions)
            for row in rows
            if row.get("encoder") == encoder.name
        }
        self._passages.put(read)
        return {key: vectors for (key, _, _), vectors in read.items()}

    def _put(
        self, language: str, tokens: Sequence[str], pairs: Counter[str], across: bool, longest: int = LONGEST_NAME
    ) -> _Put:
        asked: list[Asked] = []
        if across and language == "zh":
            asked = self._translator.to_english(tokens)
        elif across and language == "en":
            asked = self._translator.to_chinese(tokens)
        return _Put(
            language, Counter(tokens), pairs, asked, named(tokens, self._trade.names, longest, self._trade.begins)
        )

    def _ids_of(self, made: Sequence[_Put]) -> Mapping[str, int]:
        wanted: set[str] = set()
        for put in made:
            wanted.update(put.words, put.pairs, (token for one in put.asked for token, _ in one.tokens))
            wanted.update(token for term in put.terms for name in term.others for token in name)
        return self._words.ids(wanted)


def _question(collection: Collection, ids: Mapping[str, int], put: _Put, encoded: Encoded) -> Question:
    return question(collection, ids, put.language, put.words, put.pairs, put.asked, put.terms, encoded)


def _known(meaning: NDArray[np.int8] | None) -> Encoded:
    return lambda: meaning


def meanings_of(encoder: Encoder, texts: Sequence[str]) -> list[NDArray[np.int8]]:
    """The vector of each query; of a pasted article what a stored one's would be, not that of its beginning."""
    long = [text if length(text) > LONGEST_QUERY else "" for text in texts]
    short = encoder.encode(["" if whole else text for text, whole in zip(texts, long, strict=True)])
    pasted = iter(vectors_of(encoder, [("", text) for text in long if text]))
    return [next(pasted)[0] if whole else to_int8(vector) for vector, whole in zip(short, long, strict=True)]
