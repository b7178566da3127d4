"""Phrases: which articles can contain one, by the index, and whether a stored text does.

A text is compared in normalized characters (``text.analysis.normalize``): case, width, simplified or traditional do not
matter, nor do spaces between Han characters and Latin ones. A phrase that begins or ends with a Latin letter or digit
begins or ends there with the word: "chip" is not in "chips".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from store.article import Article
from text.analysis.analyzer import Analyzer
from text.analysis.bigrams import bigrams_of
from text.analysis.normalize import normalize_characters, normalize_signs, stable_text
from text.language import ALL_HAN

_SPACES = re.compile(r"\s+")
_BETWEEN_SCRIPTS = re.compile(f"(?<=[{ALL_HAN}]) (?=[a-z0-9])|(?<=[a-z0-9]) (?=[{ALL_HAN}])")
_RUN = re.compile(f"[{ALL_HAN}]+")
_LATIN_WORD = re.compile(r"[a-z]{2,}")
_SIGNS = str.maketrans("‘’‐‑–", "''---")


@dataclass(frozen=True)
class Phrase:
    """A phrase as it is looked for.

    ``text``: as it was given. ``words``: tokens, and ``bigrams``: Han bigrams, that every article with the phrase has.
    ``is_indexed``: the phrase is one or two Han characters, so the bigrams alone say which articles have it.
    """

    text: str
    words: frozenset[str]
    bigrams: frozenset[str]
    is_indexed: bool

    def is_in(self, article: Article) -> bool:
        """Whether the phrase is in what is stored of *article*: title, summary or body."""
        return any(map(self.is_in_text, (article.title, article.summary, *article.pages)))

    def is_in_text(self, text: str) -> bool:
        """Whether the phrase is in *text*."""
        return self._pattern.search(folded(text)) is not None

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        wanted = folded(self.text)
        before, after = (r"(?<![a-z0-9])" if _is_latin(wanted[:1]) else ""), r"(?![a-z0-9])"
        return re.compile(before + re.escape(wanted) + (after if _is_latin(wanted[-1:]) else ""))


def phrase(text: str, analyzer: Analyzer) -> Phrase:
    """*text* as a phrase."""
    wanted = folded(text)
    runs = list(_RUN.finditer(wanted))
    # A character at an end of the phrase may stand in a longer run of the article: it has no bigram of its own.
    inner = [run[0] for run in runs if len(run[0]) > 1 or 0 < run.start() < len(wanted) - 1]
    return Phrase(
        text,
        frozenset(_certain_words(wanted, analyzer)),
        frozenset(bigram for run in inner for bigram in bigrams_of(run)),
        len(wanted) <= 2 and _RUN.fullmatch(wanted) is not None,
    )


def _certain_words(wanted: str, analyzer: Analyzer) -> Iterator[str]:
    """Tokens of the Latin words of *wanted* that are the same in any surroundings.

    Words at its ends may be parts of something else in the article (the quarter of "second quarter"), so with three or
    more only those between count.
    """
    words = _LATIN_WORD.findall(wanted)
    tokens = set(analyzer.tokens(wanted))
    for word in words[1:-1] if len(words) > 2 else words:
        own = analyzer.tokens(word)
        if len(own) == 1 and own[0] in tokens:
            yield own[0]


def folded(text: str) -> str:
    """*text* in the characters that are compared."""
    normal = normalize_signs(text) if stable_text().fullmatch(text) else normalize_characters(text)
    return _BETWEEN_SCRIPTS.sub("", _SPACES.sub(" ", normal.translate(_SIGNS))).strip()


def _is_latin(character: str) -> bool:
    return character.isascii() and character.isalnum()


def checked(phrases: Iterable[Phrase], article: Article) -> bool | None:
    """Whether all *phrases* were found in the stored text of *article*; None without phrases.

    False: its text is not kept, and the index says that it has the words.
    """
    verdicts = [one.is_indexed or one.is_in(article) for one in phrases]
    return all(verdicts) if verdicts else None
