"""Builds the query of the default model from a text or a stored article.

The concepts that a text names are cut out of it, the other words are translated, and the encoder embeds the whole.
Then the concepts are weighted by the statistics of a collection: see ``similarity.query.hybrid_query``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import repeat
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pymongo.database import Database

from similarity.background import in_background
from similarity.lru import LruCache
from similarity.query.concepts import ParsedQuery, emphasized, of_terms, of_words
from similarity.query.hybrid_query import HybridQuery, PendingEmbedding, hybrid_query
from similarity.query.syntax import MAX_QUERY_LENGTH
from similarity.query.term_ids import TermIds
from similarity.reader.collection import Collection
from store.connection import Document
from store.documents.embeddings import ENCODER_FINGERPRINT_BYTES, encoder_fingerprint
from store.index import dictionary
from store.vectors import unpack
from text.analysis.analyzer import Analyzer
from text.analysis.document import NamedConcept, analyzed_query, concept_of, is_concept_token
from text.analysis.glossary import Term, glossary
from text.embedding.encoder import Encoder, find_encoder, to_int8
from text.embedding.passages import length, vectors_of
from text.translation.dictionary import general_words
from text.translation.translator import TradeWords, Translation, Translator

_EMBEDDING_CACHE_BYTES = 1 << 20
"""Embeddings of 1,000 queries: the same query comes again with another filter, or for the next page of hits."""


class UnweightedQuery(NamedTuple):
    """What a query says, before it is weighted by the statistics of a collection; it never changes."""

    parsed: ParsedQuery
    embedding: PendingEmbedding


class QueryBuilder:
    """Builds queries; safe to use from threads. The first query loads the encoder and the dictionaries."""

    def __init__(
        self,
        database: Database[Document],
        analyzer: Analyzer,
        term_ids: TermIds,
        cache: Path,
        encoder: Callable[[], Encoder | None] = find_encoder,
    ) -> None:
        self._database, self.analyzer, self._term_ids, self._cache = database, analyzer, term_ids, cache
        self._encoder = encoder
        size: Callable[[NDArray[np.int8]], int] = attrgetter("nbytes")
        self._name_tokens = lru_cache(maxsize=None)(self._single_tokens)  # by term
        self._name_words = lru_cache(maxsize=None)(self._all_name_words)
        self._embeddings = LruCache[tuple[str, str], NDArray[np.int8]](_EMBEDDING_CACHE_BYTES, size)

    @cached_property
    def _glossary(self) -> TradeWords:
        return TradeWords(self.analyzer)

    @cached_property
    def _translator(self) -> Translator:
        general, glossary = general_words(self._cache), self._glossary
        return Translator(
            self.analyzer,
            [glossary.to_english, general.glosses],
            [glossary.to_chinese, general.glosses_of_english],
        )

    def from_texts(
        self,
        collection: Collection,
        texts: Sequence[str],
        cross_lingual: bool,
        any_of: Sequence[Sequence[Sequence[str]]] = (),
    ) -> list[HybridQuery]:
        """The query of each of *texts*; see ``parse``."""
        return self.weighted(collection, self.parse(texts, cross_lingual, any_of))

    def parse(
        self, texts: Sequence[str], cross_lingual: bool, any_of: Sequence[Sequence[Sequence[str]]] = ()
    ) -> list[UnweightedQuery]:
        """What each of *texts* says; a text without any known word has a query too.

        *any_of*: for each text its groups of alternatives. Those that are names of the glossary are one concept.
        """
        encoder = self._encoder()
        # A single text is embedded while its words are looked up; several are embedded faster in one batch.
        embeddings = [self._embedding(encoder, text) for text in texts] if encoder and len(texts) == 1 else None
        groups = any_of or [()] * len(texts)
        parsed = [self._parsed(text, cross_lingual, own) for text, own in zip(texts, groups, strict=True)]
        if embeddings is None:
            embedded = query_embeddings(encoder, texts) if encoder else repeat(None, len(texts))
            embeddings = [_known(embedding) for embedding in embedded]
        return [UnweightedQuery(*both) for both in zip(parsed, embeddings, strict=True)]

    def from_article(self, collection: Collection, row: Document, cross_lingual: bool) -> HybridQuery:
        """The query of a stored article; see ``parse_article``."""
        (query,) = self.weighted(collection, [self.parse_article(row, cross_lingual)])
        return query

    def parse_article(self, row: Document, cross_lingual: bool) -> UnweightedQuery:
        """What the stored article *row* says: from its ``language``, ``vector``, ``bigrams`` and ``meaning``.

        No text is analyzed or embedded: tokens and embedding are those that the pipelines stored. An embedding of
        another encoder is not used.
        """
        bag, bigram_bag = unpack(row["vector"]), unpack(row.get("bigrams", b"\x00"))
        names = dictionary.tokens_of(self._database, {token for token, _ in (*bag, *bigram_bag)})
        tokens = [names[token] for token, count in bag if token in names for _ in range(count)]
        bigram_counts = Counter({names[token]: count for token, count in bigram_bag if token in names})
        stored, fingerprint = row.get("meaning", b""), self._fingerprint
        usable = fingerprint and stored[:ENCODER_FINGERPRINT_BYTES] == fingerprint
        embedding = np.frombuffer(stored, np.int8, offset=ENCODER_FINGERPRINT_BYTES) if usable else None
        parsed = self._parsed_bags(row["language"], tokens, bigram_counts, cross_lingual)
        return UnweightedQuery(parsed, _known(embedding))

    def bags_of_words(self, texts: Sequence[str]) -> list[tuple[int, list[tuple[int, int]]]]:
        """For each of *texts* how many different words it has, and (token id, count) of those that have an id."""
        counts = [Counter(self.analyzer.tokens(text)) for text in texts]
        ids = self._term_ids.ids({word for words in counts for word in words})
        return [(len(words), [(ids[word], count) for word, count in words.items() if word in ids]) for words in counts]

    def words_of_pages(self, query: HybridQuery) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """The words, as (token id, 1), by which pages of a report are compared: pages have no concept tokens.

        First the words as *query* has them. Then those of all names of its terms, for reports in the other language.
        """
        surfaces = {word for each in query.concepts for word in self.analyzer.tokens(each.concept.surface)}
        concepts = (token for concept in query.concepts for token, _ in concept.concept.tokens)
        terms = {term for token in concepts if (term := concept_of(token))}
        names = set[str]().union(*(self._name_words(term) for term in terms))
        ids = self._term_ids.ids(surfaces | names)
        own = {*query.words.tokens.tolist(), *(ids[word] for word in surfaces if word in ids)}
        return [(token, 1) for token in sorted(own)], [(token, 1) for token in sorted({*own, *ids.values()})]

    def clear_cache(self) -> None:
        """Drop the cached embeddings of queries."""
        self._embeddings.clear()

    @property
    def _fingerprint(self) -> bytes:
        """The fingerprint of the encoder in use; b"" without one."""
        encoder = self._encoder()
        return encoder_fingerprint(encoder.name) if encoder else b""

    def _embedding(self, encoder: Encoder, text: str) -> PendingEmbedding:
        """The embedding of *text*: the cached one, else begun in another thread."""
        key = encoder.name, text
        cached = self._embeddings.get([key])
        if cached:
            return _known(cached[key])

        def encode() -> NDArray[np.int8]:
            (embedding,) = query_embeddings(encoder, [text])
            self._embeddings.put({key: embedding})
            return embedding

        return in_background(encode)

    def _parsed(self, text: str, cross_lingual: bool, any_of: Sequence[Sequence[str]]) -> ParsedQuery:
        query = analyzed_query(text, self.analyzer)
        alternatives = [[term for name in group if (term := glossary().of(name))] for group in any_of]
        translations = self._translations(query.language, query.tokens, cross_lingual)
        concepts = [*of_terms(query.concepts, alternatives), *of_words(query.tokens, translations)]
        return ParsedQuery(query.language, cross_lingual, concepts, Counter(query.bigrams), query.length)

    def _parsed_bags(
        self, language: str, tokens: Sequence[str], pairs: Mapping[str, int], cross_lingual: bool
    ) -> ParsedQuery:
        """The query of a stored article: *tokens*, in no order, and *pairs*, its bigrams and concepts with counts."""
        named = [
            NamedConcept(term, term.chinese[0])
            for token, count in pairs.items()
            if (term := concept_of(token))
            for _ in range(count)
        ]
        # The names themselves are among the words, where each would count a second time.
        names = {name for concept in named for name in self._name_tokens(concept.term)}
        rest = [token for token in tokens if token not in names]
        translations = self._translations(language, rest, cross_lingual)
        terms = {concept.surface: concept.term for concept in named}
        concepts = [*emphasized(of_terms(named), terms), *of_words(rest, translations)]
        bigram_counts = {token: count for token, count in pairs.items() if not is_concept_token(token)}
        return ParsedQuery(language, cross_lingual, concepts, bigram_counts, len(tokens))

    def _single_tokens(self, term: Term) -> frozenset[str]:
        names = self.analyzer.names_as_tokens(term)
        return frozenset(name[0] for language in names.values() for name in language if len(name) == 1)

    def _all_name_words(self, term: Term) -> frozenset[str]:
        names = self.analyzer.names_as_tokens(term)
        return frozenset(token for language in names.values() for name in language for token in name)

    def _translations(self, language: str, tokens: Sequence[str], cross_lingual: bool) -> list[Translation]:
        if cross_lingual and language == "zh":
            return self._translator.to_english(tokens)
        if cross_lingual and language == "en":
            return self._translator.to_chinese(tokens)
        return []

    def weighted(self, collection: Collection, queries: Sequence[UnweightedQuery]) -> list[HybridQuery]:
        """*queries*, weighted for *collection*; the ids of the tokens of all of them are looked up together."""
        ids = self._term_ids.ids({token for query in queries for token in query.parsed.tokens()})
        fingerprint = self._fingerprint
        return [hybrid_query(parsed, collection, ids, fingerprint, embedding) for parsed, embedding in queries]


def query_embeddings(encoder: Encoder, texts: Sequence[str]) -> list[NDArray[np.int8]]:
    """The embedding of each query, shape (d,); a pasted article is embedded like a stored one, not cut off."""
    pasted = [text if length(text) > MAX_QUERY_LENGTH else "" for text in texts]
    short = encoder.encode(["" if article else text for text, article in zip(texts, pasted, strict=True)])
    of_pasted = iter(vectors_of(encoder, [("", text) for text in pasted if text]))
    return [next(of_pasted)[0] if article else to_int8(vector) for vector, article in zip(short, pasted, strict=True)]


def _known(embedding: NDArray[np.int8] | None) -> PendingEmbedding:
    return lambda: embedding
