"""The terms that characterize an article, from its stored vector: so also of articles whose text is not kept.

Weights are those of BM25 (see ``postings.bm25``): what a term adds to the article's score when somebody searches for
it; those of glossary terms, names above all, are multiplied. Glossary terms are counted whole, from the concept tokens
of the article; the tokens of their names count by themselves only where they occur outside of these names.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import log

import numpy as np
from pymongo.database import Database

from similarity.analytics.concepts import NAMES, names_of
from similarity.analytics.surface_forms import TEXTS, surface_forms, text_of
from similarity.errors import QueryError
from similarity.postings.bm25 import length_scale, saturated
from similarity.reader.collection import Collection
from store.connection import Document
from store.index.dictionary import tokens_of
from store.settings import settings
from store.vectors import unpack
from text.analysis.analyzer import Analyzer
from text.analysis.document import concept_of, concept_token, nested_terms
from text.analysis.glossary import Term
from text.language import HAN
from text.translation.dictionary import general_words

NO_WORD = re.compile(
    r"\d.*|[.,%]+|.|[十百千万亿兆余多]*(?:[美日欧韩港台]?元|新?台币|人民币|英镑|欧元|[股片颗台套个份年月日倍成])"
    r"|[mqh]\d\d?|(?:m|b|tr)illion|[mb]l?n|thousand|percent|"
    r"sai?[dy]|told|tell|accord|report|announc|表示|指出|称|据悉|公告|获悉|报道|消息|记者|认为|透露"
)
"""Numbers, amounts, periods, single characters and the verbs of reporting: they say nothing about an article."""

_HAN = re.compile(f"[{HAN}]")

NAME, TERM = 2.5, 1.5
"""What a name (company, person, product) and another term of the glossary weigh, where an ordinary word weighs 1.

A headline has no word twice, and the rarest one would always be first: a verb or an adjective, not the company.
"""


@dataclass(frozen=True, slots=True)
class Keyword:
    """A term as people write it, its weight, its occurrences in the article, and the number of articles that have it.

    ``chinese`` and ``english`` are the usual names of a glossary term, "" for other words.
    """

    word: str
    weight: float
    count: int
    articles: int
    chinese: str = ""
    english: str = ""


def keywords(
    database: Database[Document], collection: Collection, analyzer: Analyzer, article_id: str, k: int
) -> list[Keyword]:
    """The *k* terms of the stored article with the greatest weight, greatest first. Raises QueryError."""
    row = database.articles.find_one(
        {"_id": article_id}, TEXTS | {"vector": 1, "bigrams": 1, "language": 1, "length": 1}
    )
    if row is None:
        raise QueryError(f"no article {article_id!r} is stored", "article", f"没有存有文章 {article_id!r}")
    bag, bigram_bag = unpack(row["vector"]), unpack(row.get("bigrams", b"\x00"))
    tokens = tokens_of(database, (key for key, _ in (*bag, *bigram_bag)))
    ids = {token: key for key, token in tokens.items()}
    counts = Counter({tokens[key]: count for key, count in bag if key in tokens})
    named = ((concept_of(tokens[key]), count) for key, count in bigram_bag if key in tokens)
    terms = {term: count for term, count in named if term}
    terms = _take_names(analyzer, counts, terms, f"{row['title']}\n{row['body'] or row['summary']}")
    statistics = collection.statistics
    scale = length_scale(float(row["length"]), statistics.mean_length)

    def weight(count: int, articles: int) -> float:
        # An article that was stored just now may be missing in the statistics.
        idf: float = log((max(statistics.documents, articles) + 1) / (articles + 0.5))
        return saturated(idf, float(count), scale)

    candidates = []
    plain = [token for token, count in counts.items() if count and not NO_WORD.fullmatch(token)]
    frequencies = statistics.frequencies.of(np.array([ids[token] for token in plain], np.int32))
    for token, frequency in zip(plain, frequencies.tolist(), strict=True):
        articles = max(frequency, 1)
        if max(articles, counts[token]) > 1 or is_known(token):
            candidates.append(Keyword(token, weight(counts[token], articles), counts[token], articles))
    in_chinese = row["language"] == "zh"
    of_terms = collection.bigram_frequencies(np.array([ids[concept_token(term)] for term in terms], np.int32))
    for (term, count), frequency in zip(terms.items(), of_terms.tolist(), strict=True):
        articles = max(frequency, 1)
        names = term.chinese[0], (term.english or term.chinese)[0]
        value = weight(count, articles) * (NAME if term.category in NAMES else TERM)
        candidates.append(Keyword(names[0 if in_chinese else 1], value, count, articles, *names))
    best = sorted(candidates, key=lambda keyword: (-keyword.weight, keyword.word))[:k]
    plain_ids = {keyword.word: ids[keyword.word] for keyword in best if not keyword.chinese}
    surfaces = surface_forms(database, collection, plain_ids, text_of(row))
    return [keyword if keyword.chinese else replace(keyword, word=surfaces[keyword.word]) for keyword in best]


def _take_names(analyzer: Analyzer, counts: Counter[str], terms: Mapping[Term, int], text: str) -> dict[Term, int]:
    """*terms* without those that stand inside other names; subtracts from *counts* the tokens of the names.

    Where *text* has these names, they are what is written there. Elsewhere the text is not kept: then it is the name
    whose tokens the article has, the longest first.
    """
    tokens = lru_cache(maxsize=None)(analyzer.tokens)
    whole = Counter(terms)
    left = Counter(terms)
    for match in analyzer.terms_of_trade(text):
        surface = text[match.start : match.end]
        left[match.term] -= 1
        for nested in nested_terms(match.term, surface):
            whole[nested] -= 1
            left[nested] -= 1
        _subtract(counts, tokens(surface), 1)
    for term, missing in (+left).items():
        for name in sorted(names_of(analyzer, term), key=lambda name: (-len(name), name)):
            named = min(missing, *(counts[token] for token in name))
            _subtract(counts, name, named)
            missing -= named
    return dict(+whole)


def _subtract(counts: Counter[str], tokens: Sequence[str], number: int) -> None:
    for token in tokens:
        counts[token] = max(counts[token] - number, 0)


def is_known(token: str) -> bool:
    """Whether *token* is a word of which one occurrence is enough.

    A Han word that no dictionary has, and that occurs once in the whole index, is mostly a wrong cut (对镓).
    """
    return not _HAN.search(token) or bool(general_words(settings().data / "cache").glosses(token))
