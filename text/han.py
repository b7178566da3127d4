"""Han text into words: jieba's algorithm and dictionary with the words of the trade, through rjieba where installed.

rjieba gives the very same words on runs of Han characters, many times faster; a test holds the two together. Only runs
of Han characters may be given to either: of Latin words jieba makes pieces once its dictionary has been added to.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path

from text.glossary import glossary

Cut = Callable[[str], list[str]]

# Enough that a name beats any parts it has, and few enough that words around it keep their ends: 工厂长 stays 厂长.
_COUNT = 2000


@lru_cache(maxsize=2)
def han_cutter(cache: Path | None = None) -> Cut:
    """A function that cuts a run of Han characters into words.

    Without rjieba, jieba keeps its parsed dictionary in *cache* (the system's folder for temporary files when None).
    """
    try:
        from rjieba import Jieba
    except ImportError:
        return jieba_cutter(cache)
    tokenizer = Jieba()
    for name in _unknown(glossary().han_names(), lambda run: tokenizer.cut(run, False)):
        tokenizer.add_word(name, _COUNT, None)
    cut: Cut = tokenizer.cut
    return cut


@lru_cache(maxsize=2)
def jieba_cutter(cache: Path | None = None) -> Cut:
    """jieba itself, the reference."""
    import jieba

    jieba.setLogLevel("WARNING")  # it reports the building of its dictionary on stderr, as if something were wrong
    tokenizer = jieba.Tokenizer()
    folder = cache or Path(tempfile.gettempdir())
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.tmp_dir = str(folder)
    tokenizer.initialize()
    for name in _unknown(glossary().han_names(), lambda run: tokenizer.lcut(run, HMM=False)):
        tokenizer.add_word(name, _COUNT)
    # jieba's own total counts a word again that its dictionary has twice, or that is added to; rjieba's does not. Of
    # 64,301 runs that parts four, all of them ties (最最最), which the last bit of a logarithm decides.
    tokenizer.total = sum(tokenizer.FREQ.values())
    cut: Cut = tokenizer.lcut
    return cut


def _unknown(names: Iterable[str], cut: Cut) -> list[str]:
    """Names that the dictionary lacks or cuts apart. The others keep the counts that ordinary text has given them."""
    return [name for name in names if cut(name) != [name]]
