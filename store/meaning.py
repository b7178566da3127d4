"""What an encoder made of an article: one vector for the whole, one for each passage, and which encoder it was.

Vectors are int8, end to end. The whole is kept with a mark of its encoder in front, so that a reader that has only
these bytes can tell whose they are: a cosine between vectors of two encoders is a number without meaning.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from bson import Binary
from numpy.typing import NDArray
from pymongo.database import Database

from store.connection import Document

MARK_BYTES = 8


@dataclass(frozen=True, eq=False)
class Meaning:
    """``encoder``: architecture and checkpoint; ``whole``: d numbers; ``passages``: n rows of d, the title first.

    ``told`` stands for what was encoded, to know it again without encoding it; "" where nobody will ask.
    """

    encoder: str
    whole: NDArray[np.int8]
    passages: NDArray[np.int8]
    told: str = ""

    def fields(self) -> Document:
        """The fields of an article's document that hold this."""
        whole = mark(self.encoder) + self.whole.tobytes()
        fields = {"encoder": self.encoder, "meaning": Binary(whole), "passages": Binary(self.passages.tobytes())}
        return fields | ({"told": self.told} if self.told else {})


def stored_meaning(database: Database[Document], key: str, told: str, dimensions: int) -> Meaning | None:
    """The meaning of the stored article *key*, if it is that of *told*."""
    row = database.articles.find_one({"_id": key, "told": told}, {"encoder": 1, "meaning": 1, "passages": 1})
    if row is None:
        return None
    whole = np.frombuffer(row["meaning"], np.int8, offset=MARK_BYTES)
    return Meaning(row["encoder"], whole, passages_of(row, dimensions), told)


def mark(encoder: str) -> bytes:
    """The eight bytes that stand for the name of an encoder."""
    return hashlib.blake2b(encoder.encode(), digest_size=MARK_BYTES).digest()


def passages_of(row: Document, dimensions: int) -> NDArray[np.int8]:
    """The vectors of the passages in an article's document, n rows of *dimensions*."""
    return np.frombuffer(row["passages"], np.int8).reshape(-1, dimensions)
