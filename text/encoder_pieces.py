"""Text as the pieces of words that the encoder knows, each word cut once for all that hold it."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from text.encoder_pass import Pieces

_WORDS = 4_096  # kept; a word takes some 150 bytes
_LONGEST = 100  # characters of what is kept: a sentence in Chinese stands in its passage too, a page is not kept


def pieces_of(tokenizer: Any) -> Callable[[str], Pieces]:
    """What cuts a text as *tokenizer* (the package's ``UseTokenizer``) does, begin and end marked. For any thread.

    No piece of the vocabulary has a blank but as its first character, and no blank is changed together with what is
    beside it; so words are cut the same alone and in a text.
    """
    begin, nothing, end = tokenizer.encode("")

    def cut(word: str) -> Pieces:
        found = np.array(tokenizer.encode(word, add_bos=False, add_eos=False), np.int32)
        return found[:0] if found.tolist() == [nothing] else found

    kept = lru_cache(_WORDS)(cut)
    edges = np.array([begin, nothing, end], np.int32)

    def pieces(text: str) -> Pieces:
        parts = [kept(word) if len(word) <= _LONGEST else cut(word) for word in text.split(" ") if word]
        found = np.concatenate([edges[:1], *parts, edges[2:]])
        return found if len(found) > 2 else edges

    return pieces
