"""Segmentation of Han text into words: jieba with names of the glossary, through rjieba where it is installed.

jieba builds the graph (DAG) of all dictionary words in a sentence, takes the path of greatest probability, and segments
what the dictionary lacks with a hidden Markov model (HMM). rjieba, a port to Rust, gives the same words on runs of Han
characters, many times faster; a test compares the two. Give both runs of Han characters only: jieba splits Latin words
once names have been added to its dictionary.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from itertools import accumulate, chain
from pathlib import Path

from text.analysis.glossary import glossary, is_name
from text.analysis.kept import kept
from text.analysis.stopwords import STOP_WORDS
from text.language import ALL_HAN

Cut = Callable[[str], list[str]]
PlainCut = Callable[[str, bool], list[str]]
"""Segments a text by a dictionary; the second argument says whether with the HMM."""

# Frequency of an added name: high enough to be preferred to its parts, low enough to leave the words around it whole:
# 工厂长 keeps 厂长.
_FREQUENCY = 2000

ELEMENT = (
    "[锂铍硼氟氖钠镁铝硅矽磷氯氩钾钪钛钒铬锰钴镍铜锌镓锗砷硒溴氪铷锶钇锆铌钼钌铑钯铟锑"
    "碲碘氙铯钡镧铈镨钕钐铕钆铽镝钬铒铥镱镥铪钽钨铼锇铱铂铊铅铋氦]"
)
"""A chemical element whose character is no part of ordinary words, for regular expressions; 金, 铁, 锡 and 碳 are."""

_ALONE = STOP_WORDS | set("拟获称超达遭新各某该")
_SHORT = 3  # characters

# What a word may need besides segmentation: it may be no name, be a mere guess of the HMM (对镓, 锗价), be a compound.
_DOUBTFUL, _GUESS, _COMPOUND = 1, 2, 4

_HAS_ELEMENT = re.compile(ELEMENT).search
_NO_HAN = re.compile(rf"[^{ALL_HAN}]")
_MAX_FLAGS = 100_000  # words
_REACH = 6  # words on each side of a name that are compared with those without it


@lru_cache(maxsize=2)
def han_segmenter(cache: Path | None = None) -> HanSegmenter:
    """The segmenter by rjieba, or by jieba where there is no rjieba.

    *cache*: the folder for what is kept of the glossary's names, and for jieba's parsed dictionary; when None, nothing
    is kept, and jieba uses the system's folder for temporary files.
    """
    try:
        from rjieba import Jieba, cut
    except ImportError:
        return jieba_segmenter(cache)
    tokenizer = Jieba()  # the package has loaded one of its own, which is without our names: ``cut``
    return HanSegmenter(tokenizer.cut, cut, lambda name: tokenizer.add_word(name, _FREQUENCY, None), cache)


@lru_cache(maxsize=2)
def jieba_segmenter(cache: Path | None = None) -> HanSegmenter:
    """``han_segmenter`` by jieba itself, the reference."""
    import jieba

    jieba.setLogLevel("WARNING")  # it reports on stderr that it loads its dictionary, as if that were an error
    plain, tokenizer = jieba.Tokenizer(), jieba.Tokenizer()
    with _folder_for_jieba(cache) as folder:
        for each in plain, tokenizer:
            each.tmp_dir = folder
            each.initialize()
    segmenter = HanSegmenter(
        lambda run, hmm: tokenizer.lcut(run, HMM=hmm),
        lambda run, hmm: plain.lcut(run, HMM=hmm),
        lambda name: tokenizer.add_word(name, _FREQUENCY),
        None,
    )
    for each in plain, tokenizer:
        # jieba counts a word in its total again when the dictionary has it twice, or when it is added; rjieba does not.
        # Of 64,301 runs it changed four, all ties (最最最) that the last bit of a logarithm decides.
        each.total = sum(each.FREQ.values())
    return segmenter


@contextmanager
def _folder_for_jieba(cache: Path | None) -> Iterator[str]:
    """*cache* where it can be written, else a folder for this once: of a failure jieba logs the traceback."""
    if cache is None:
        yield tempfile.gettempdir()
        return
    with suppress(OSError):
        cache.mkdir(parents=True, exist_ok=True)
    if os.access(cache, os.W_OK):
        yield str(cache)
        return
    with tempfile.TemporaryDirectory() as folder:
        yield folder


class HanSegmenter:
    """Segments with the names of the glossary, and takes back the names that are parts of other words.

    ``named``, ``plain``: segment with and without the names; ``add`` gives a name to the dictionary of ``named``. A
    name is taken back where it cuts words of the dictionary apart (中|美光|伏, 后|台积|分) and without it no more
    single characters are left (中美|光伏, 后台|积分).

    ``compounds``: terms that are put together from words (半导体设备) with these words. Names of companies,
    organisations and people are none.
    """

    def __init__(self, named: PlainCut, plain: PlainCut, add: Callable[[str], object], cache: Path | None) -> None:
        self._named, self._plain = named, plain
        self.compounds: dict[str, tuple[str, ...]] = {}
        added: list[str] = []

        def in_doubt() -> list[list[str]]:
            added.extend(self._add_names(add))
            # A longer name is hardly ever part of other words by chance, unless one of its characters is loose:
            # 量检测设备.
            doubtful = [name for name in added if len(name) <= _SHORT or len(plain(name, False)[0]) == 1]
            return [added, doubtful, *([name, *words] for name, words in self.compounds.items())]

        names, doubtful, *compounds = kept(cache, "han-names", in_doubt)
        if not added:
            for name in names:
                add(name)
            self.compounds = {name: tuple(words) for name, *words in compounds}
        self._names = frozenset(doubtful)
        self._glossary = frozenset(glossary().han_names())
        self._cuts_words = lru_cache(maxsize=50_000)(self._straddled)
        self._flags = _Flags(self._flags_of)

    def _add_names(self, add: Callable[[str], object]) -> list[str]:
        """Give the names to the dictionary, shorter ones first, since they are words of longer ones; returns them.

        A name that is a word of the dictionary already keeps its frequency in ordinary text.
        """
        added = []
        for name in sorted(glossary().han_names(), key=len):
            if self._plain(name, False) == [name]:
                continue
            words, term = self._named(name, False), glossary().of(name)
            if term and not is_name(term) and all(len(word) > 1 for word in words):
                self.compounds[name] = tuple(chain.from_iterable(self.compounds.get(word, (word,)) for word in words))
            add(name)
            added.append(name)
        return added

    def __call__(self, text: str) -> list[str]:
        """The words of *text*."""
        return self._words(text, _GUESS)

    def with_compounds_apart(self, text: str) -> list[str]:
        """The words of *text*, with the words of each compound in its place."""
        return self._words(text, _GUESS | _COMPOUND)

    def _words(self, text: str, treated: int) -> list[str]:
        words = self._named(text, True)
        flagged = self._flagged(words)
        names = [place for place, flags in flagged if flags & _DOUBTFUL]
        if names and (names_kept := self._without_false_names(words, names)) is not words:
            words = names_kept
            flagged = self._flagged(words)
        for place, flags in reversed(flagged):
            if flags & treated & _COMPOUND:
                words[place : place + 1] = self.compounds[words[place]]
            elif flags & treated & _GUESS:
                words[place : place + 1] = self._cut(words[place])
        return words

    def _flagged(self, words: list[str]) -> list[tuple[int, int]]:
        """The places of the words that have flags, with these; of most texts few."""
        return [found for found in enumerate(map(self._flags.__getitem__, words)) if found[1]]

    def _cut(self, word: str) -> list[str]:
        """The parts of *word* without the HMM."""
        return self._named(word, False)

    def _flags_of(self, word: str) -> int:
        return (
            (word in self._names) * _DOUBTFUL
            | (len(word) > 1 and bool(_HAS_ELEMENT(word)) and self._cut(word) != [word]) * _GUESS
            | (word in self.compounds) * _COMPOUND
        )

    def _without_false_names(self, words: list[str], names: list[int]) -> list[str]:
        """*words* without those at the places *names* that are parts of other words."""
        words.append("")  # after the last one: so each has a neighbour
        false = [
            place for place in names if self._cuts_words(words[place - 1][-1:], words[place], words[place + 1][:1])
        ]
        words.pop()
        kept: list[str] = []
        done = 0
        for place in false:
            if place >= done:
                start, stop, others = self._other_words(words, place, done)
                kept += words[done:start]
                kept += others
                done = stop
        return kept + words[done:] if done else words

    def _other_words(self, words: list[str], place: int, done: int) -> tuple[int, int, list[str]]:
        """The words without the name words[place], with the places in *words* (from *done* on) that they replace.

        None of them where it is a name.
        """
        first, last = max(done, place - _REACH), place + 1 + _REACH
        left = next((at + 1 for at in range(place - 1, first - 1, -1) if _NO_HAN.search(words[at])), first)
        right = next((at for at in range(place + 1, min(last, len(words))) if _NO_HAN.search(words[at])), last)
        window = words[left:right]
        ends = [0, *accumulate(map(len, window))]
        others = self._plain("".join(window), False)
        other_ends = [0, *accumulate(map(len, others))]
        common = set(ends) & set(other_ends)
        start = max(end for end in common if end <= ends[place - left])
        stop = min(end for end in common if end >= ends[place - left + 1])
        own = words[left + ends.index(start) : left + ends.index(stop)]
        other = others[other_ends.index(start) : other_ends.index(stop)]
        name = words[place]
        bounds = {ends[place - left], ends[place - left + 1]}
        crossing = [
            word
            for word, end in zip(others, other_ends[1:], strict=True)
            if any(end - len(word) < bound < end for bound in bounds)
        ]
        # The dictionary has many rare words of two characters (业大, 片晶).
        frequent = any(len(word) > 2 or word in self._glossary for word in crossing)
        fewer = _fragments(own) - _fragments(other)
        if not crossing or fewer < 0 or (not fewer and not frequent):
            return place, place + 1, [name]
        return left + ends.index(start), left + ends.index(stop), self._plain("".join(other), True)

    def _straddled(self, before: str, name: str, after: str) -> bool:
        """Whether a word of the dictionary has a part of *name* and the character *before* or *after* it."""
        start, end, at = len(before), len(before) + len(name), 0
        for word in self._plain(before + name + after, False):
            if at < start < at + len(word) or at < end < at + len(word):
                return True
            at += len(word)
        return False


class _Flags(dict[str, int]):
    """The flags of words, each worked out once: one look into a dictionary is all that most words cost."""

    def __init__(self, of: Callable[[str], int]) -> None:
        super().__init__()
        self._of = of

    def __missing__(self, word: str) -> int:
        if len(self) >= _MAX_FLAGS:
            self.clear()
        flags = self[word] = self._of(word)
        return flags


def _fragments(words: Iterable[str]) -> int:
    """How many of *words* are single characters that seldom are words by themselves."""
    return sum(len(word) == 1 and word not in _ALONE for word in words)
