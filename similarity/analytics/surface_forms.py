"""Surface forms: tokens as words that people write, such as "advanced" for "advanc" and "HBM4" for "hbm4".

The dictionary has stems. The surface form of a token is taken from the article's own text, else from kept texts of
other articles with the token, else from the glossary and the general dictionary.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

import numpy as np
from pymongo.database import Database

from similarity.reader.collection import Collection
from store.connection import Document
from store.index.segment_format import id_strings
from store.settings import settings
from text.analysis.glossary import glossary
from text.analysis.latin import LATIN_RUN, latin_tokens
from text.analysis.normalize import without_marks
from text.language import ALL_HAN
from text.translation.dictionary import general_words

TEXTS = {"title": 1, "summary": 1, "body": 1}
"""The fields of an article that hold its text."""

_ARTICLES = 8  # other articles that are read for a token
_MAX_CHARACTERS = 50_000  # read of each of them: a report of 300 pages adds no other spelling
_RUN = re.compile(LATIN_RUN, re.IGNORECASE)
_PARTS = re.compile(r"[.,'\-&/+:]")
_LATIN = re.compile(rf"[a-z](?!.*[{ALL_HAN}\u3041-\u30ff\uac00-\ud7af])|\d")


def is_latin(token: str) -> bool:
    """Whether *token* begins with a Latin letter or figure and has no Han character, kana or hangul."""
    return _LATIN.match(token) is not None


def surface_forms(
    database: Database[Document], collection: Collection, tokens: Mapping[str, int], text: str = ""
) -> dict[str, str]:
    """For each of *tokens* (with their ids) its most frequent form in *text*, else in other articles."""
    latin = {token: key for token, key in tokens.items() if is_latin(token)}
    seen = forms_in([text], latin.keys())
    unseen = {token: key for token, key in latin.items() if token not in seen}
    if unseen:
        ids = {article for key in unseen.values() for article in _articles_with(collection, key)}
        rows = database.articles.find({"_id": {"$in": sorted(ids)}}, TEXTS).sort("_id", 1)
        seen |= forms_in((text_of(row)[:_MAX_CHARACTERS] for row in rows), unseen.keys())
    return {token: seen.get(token) or (_from_dictionaries(token) if token in latin else token) for token in tokens}


def text_of(row: Document) -> str:
    """All stored text of an article."""
    return "\n".join(str(row[name]) for name in TEXTS)


def forms_in(texts: Iterable[str], tokens: Iterable[str]) -> dict[str, str]:
    """The most frequent form of each of *tokens* in *texts*; tokens that do not occur are left out.

    Of equally frequent forms it is the one with the fewest capitals, as words at the start of a sentence have one more.
    """
    wanted = frozenset(tokens)
    seen: dict[str, Counter[str]] = {}
    for text in texts:
        for token, word in _words(text):
            if token in wanted:
                seen.setdefault(token, Counter())[word] += 1
    return {token: min(words, key=lambda word: _order(words, word)) for token, words in seen.items()}


def _order(words: Counter[str], word: str) -> tuple[int, int, str]:
    return -words[word], sum(map(str.isupper, word)), word


def _words(text: str) -> Iterator[tuple[str, str]]:
    """The tokens of the Latin words of *text*, each with the word as it is written there."""
    for match in _RUN.finditer(unicodedata.normalize("NFKC", without_marks(text))):
        run = match[0]
        tokens = latin_tokens(run.lower())
        if len(tokens) == 1:
            yield tokens[0], run.removesuffix("'s")
        else:
            for part in _PARTS.split(run):
                part_tokens = latin_tokens(part.lower()) if part else ()
                if len(part_tokens) == 1 and part_tokens[0] in tokens:
                    yield part_tokens[0], part


def _articles_with(collection: Collection, key: int) -> list[str]:
    """The ids of some articles that have the token with the id *key*."""
    ids: list[str] = []
    for segment in collection.segments:
        index = segment.reader.words
        ordinals, present = index.ordinals(np.array([key], np.int32))
        if present[0]:
            rows = index.rows[index.start[ordinals[0]] : index.start[ordinals[0] + 1]]
            rows = rows[segment.live[rows]][: _ARTICLES - len(ids)]
            ids += id_strings(segment.reader.segment.ids[rows])
        if len(ids) >= _ARTICLES:
            break
    return ids


def _from_dictionaries(token: str) -> str:
    """The word that the glossary or the general dictionary has for *token*, else the token itself."""
    glossary_word = _glossary_words().get(token)
    if glossary_word:
        return glossary_word
    dictionary = general_words(settings().data / "cache")
    for chinese in dictionary.glosses_of_english(token):
        for gloss in dictionary.glosses(chinese):
            if latin_tokens(gloss.lower()) == (token,):
                return gloss
    return token


@lru_cache(maxsize=1)
def _glossary_words() -> dict[str, str]:
    words = (word for term in glossary().terms for name in term.english for word in name.split())
    by_token: dict[str, str] = {}
    for word in words:
        tokens = latin_tokens(word.lower())
        if len(tokens) == 1:
            by_token.setdefault(tokens[0], word)
    return by_token
