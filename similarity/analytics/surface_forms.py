"""Tokens as words that people write: "advanc" is advanced, "hbm4" is HBM4.

The dictionary holds stems. How a word is written is read from titles and texts that are kept, of the article itself and
else of others with the same token; then from the glossary and the general dictionary.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

import numpy as np
from pymongo.database import Database

from similarity.collection import Collection
from store.connection import Document
from store.segments import id_strings
from store.settings import settings
from text.bilingual import general_words
from text.characters import HAN
from text.glossary import glossary
from text.latin import LATIN_RUN, latin_tokens

TEXTS = {"title": 1, "summary": 1, "body": 1}
"""The fields of an article that hold its text."""

_ARTICLES = 8  # others that are looked at for a token
_LONGEST = 50_000  # characters of those; a report of 300 pages says nothing more about how a word is written
_RUN = re.compile(LATIN_RUN, re.IGNORECASE)
_PARTS = re.compile(r"[.,'\-&/+:]")
_LATIN = re.compile(rf"[a-z](?!.*[{HAN}\u3041-\u30ff\uac00-\ud7af])|\d")


def is_latin(token: str) -> bool:
    """Whether *token* begins with a Latin letter or figure and has no Han character, kana or hangul."""
    return _LATIN.match(token) is not None


def written(
    database: Database[Document], collection: Collection, tokens: Mapping[str, int], text: str = ""
) -> dict[str, str]:
    """For each of *tokens* (with ids) the word that people write; most often in *text*, else in other articles."""
    latin = {token: key for token, key in tokens.items() if is_latin(token)}
    seen = spellings_in([text], latin.keys())
    unseen = {token: key for token, key in latin.items() if token not in seen}
    if unseen:
        ids = {article for key in unseen.values() for article in _with_token(collection, key)}
        rows = database.articles.find({"_id": {"$in": sorted(ids)}}, TEXTS).sort("_id", 1)
        seen |= spellings_in((text_of(row)[:_LONGEST] for row in rows), unseen.keys())
    return {token: seen.get(token) or (_known(token) if token in latin else token) for token in tokens}


def text_of(row: Document) -> str:
    """All kept text of an article."""
    return "\n".join(str(row[name]) for name in TEXTS)


def spellings_in(texts: Iterable[str], tokens: Iterable[str]) -> dict[str, str]:
    """The most frequent way in which each of *tokens* is written in *texts*; those that do not occur are left out.

    Of equally frequent ones that with the fewest capitals: words begin sentences, abbreviations are always the same.
    """
    wanted = frozenset(tokens)
    seen: dict[str, Counter[str]] = {}
    for text in texts:
        for token, word in _spelled(text):
            if token in wanted:
                seen.setdefault(token, Counter())[word] += 1
    return {token: min(words, key=lambda word: _order(words, word)) for token, words in seen.items()}


def _order(words: Counter[str], word: str) -> tuple[int, int, str]:
    return -words[word], sum(map(str.isupper, word)), word


def _spelled(text: str) -> Iterator[tuple[str, str]]:
    """Tokens of the Latin words of *text*, each with the word as it stands there."""
    for found in _RUN.finditer(unicodedata.normalize("NFKC", text)):
        run = found[0]
        tokens = latin_tokens(run.lower())
        if len(tokens) == 1:
            yield tokens[0], run.removesuffix("'s")
        else:
            for part in _PARTS.split(run):
                of_part = latin_tokens(part.lower()) if part else ()
                if len(of_part) == 1 and of_part[0] in tokens:
                    yield of_part[0], part


def _with_token(collection: Collection, key: int) -> list[str]:
    """Some articles that hold the token with the id *key*."""
    found: list[str] = []
    for held in collection.blocks:
        columns = held.block.columns
        places, present = columns.places(np.array([key], np.int32))
        if present[0]:
            rows = columns.rows[columns.start[places[0]] : columns.start[places[0] + 1]]
            rows = rows[held.alive[rows]][: _ARTICLES - len(found)]
            found += id_strings(held.block.segment.ids[rows])
        if len(found) >= _ARTICLES:
            break
    return found


def _known(token: str) -> str:
    """A word that the glossary or the general dictionary has for *token*, else the token itself."""
    of_trade = _of_trade().get(token)
    if of_trade:
        return of_trade
    words = general_words(settings().data / "cache")
    for chinese in words.glosses_of_english(token):
        for gloss in words.glosses(chinese):
            if latin_tokens(gloss.lower()) == (token,):
                return gloss
    return token


@lru_cache(maxsize=1)
def _of_trade() -> dict[str, str]:
    words = (word for term in glossary().terms for name in term.english for word in name.split())
    found: dict[str, str] = {}
    for word in words:
        tokens = latin_tokens(word.lower())
        if len(tokens) == 1:
            found.setdefault(tokens[0], word)
    return found
