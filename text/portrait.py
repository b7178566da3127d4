"""What is kept of an article to know its story again: a fingerprint of its words, its numbers and names, its sentences.

Pure functions of text; no database and no clock. An article is portrayed once, whatever it is compared with later.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray
from rensa import RMinHash

from text.encoder import Encoder, Int8Vectors, Vectors, to_int8
from text.facts import Number, names, numbers, plain

VERSION = "2"
"""Of everything here that decides what a portrait holds; portraits of another version are not compared."""

PERMUTATIONS = 128
ROWS = 4
"""Of the signature in a band: texts that share 42% of their shingles share one of the 32 bands as likely as not."""

_READ = 6_000  # characters; a story is told by then, and the rest of a report of 300 pages is not news
# With the title. More do not change who is alike, and each costs a millisecond or more; with 8 or 6 the labelled
# stories come out nearly as well, but of 1,400 abstracts of one trade four and thirty times as many pairs are joined.
_SENTENCES = 12
_SHINGLE = 4

_TOKEN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]|[^\W\u3400-\u9fff_]+(?:\.\d+)?")
_SENTENCE_END = re.compile(
    r"(?<=[。！？；])(?![”」』’])|(?<=[。！？][”」』])|(?<=[.!?])\s+(?=[A-Z\"“$€])|(?<=[.!?][\"”])\s+"
)
_SHORT = 25  # columns (a Han character takes two and a half); shorter pieces go with the next
_ABOUT = re.compile(
    r"(about [\w&.,'’ -]{2,60}|关于.{2,20}|forward[- ]looking statements?|safe harbou?r.{0,60}"
    r"|前瞻性(声明|陈述|说明))[:：]?",
    re.IGNORECASE,
)

Signature = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """``key`` stands for the words, ``size`` is their number (Han characters and Latin words)."""

    key: int
    size: int
    numbers: tuple[Number, ...]


@dataclass(frozen=True, slots=True)
class Portrait:
    """Of the article *id*, which *source* published at *time* (aware).

    ``paragraphs`` begin with the title; ``encoder`` names who made the vectors ("": nobody).
    ``vectors`` (n, d) are of its first sentences, ``part_of`` (n) the paragraph of each, ``sizes`` (n) their lengths;
    no rows without an encoder.
    """

    id: str
    source: str
    time: datetime
    paragraphs: tuple[Paragraph, ...]
    names: frozenset[int]
    signature: Signature
    encoder: str
    vectors: Int8Vectors
    part_of: NDArray[np.int16]
    sizes: NDArray[np.int16]


def portray(
    id: str,
    source: str,
    time: datetime,
    title: str,
    body: str,
    encoder: Encoder | None,
    vectors: Vectors | None = None,
) -> Portrait:
    """The portrait of an article; without *encoder* it is known again by words, numbers and names alone.

    *vectors*: those that the encoder made of its ``sentences``, where it has made them already.
    """
    texts = [title, *paragraphs(body)]
    words = plain("\n".join(texts)).split("\n")
    tokens = [_TOKEN.findall(part) for part in words]
    told = _told(texts) if encoder else []
    if encoder and vectors is None:
        vectors = encoder.encode([sentence for _, sentence in told])
    return Portrait(
        id,
        source,
        time,
        tuple(
            Paragraph(_key(found), len(found), tuple(numbers(part))) for part, found in zip(words, tokens, strict=True)
        ),
        frozenset(zlib.crc32(name.encode()) for part in words for name in names(part)),
        signature([token for found in tokens for token in found]),
        encoder.name if encoder else "",
        np.zeros((0, 0), np.int8) if vectors is None else to_int8(vectors),
        np.array([place for place, _ in told], np.int16),
        np.array([min(columns(sentence), 1_000) for _, sentence in told], np.int16),
    )


def sentences(title: str, body: str) -> list[tuple[int, str]]:
    """The first sentences of an article, *title* before all, each with the number of its paragraph (0: the title)."""
    return _told([title, *paragraphs(body)])


def paragraphs(body: str) -> list[str]:
    """The paragraphs of *body* that may tell a story: what a company says of itself at the end is left out."""
    found = [" ".join(part.split()) for part in re.split(r"[\n\f]+", body[:_READ])]
    found = [part for part in found if part]
    for place, part in enumerate(found):
        if place >= len(found) // 3 and _ABOUT.fullmatch(part):
            return found[:place]
    return found


def signature(tokens: list[str]) -> Signature:
    """The MinHash signature of the shingles of *tokens*: the share of equal places estimates what two texts share."""
    shingles = {" ".join(tokens[place : place + _SHINGLE]) for place in range(max(len(tokens) - _SHINGLE + 1, 1))}
    sketch = RMinHash(num_perm=PERMUTATIONS, seed=1)
    sketch.update(list(shingles))
    return np.array(sketch.digest(), np.uint32)


def bands(signature: Signature) -> list[int]:
    """Keys to find copies by (locality-sensitive hashing): copies have at least one in common, others hardly ever."""
    rows = signature.reshape(-1, ROWS).astype("<u4")
    return [_hash(bytes([place]) + row.tobytes()) for place, row in enumerate(rows)]


def columns(text: str) -> int:
    """The length of *text* in Latin letters; a Han character says as much as two and a half."""
    return len(text) + sum(3 for sign in text if "\u3400" <= sign <= "\u9fff") // 2


def _told(texts: Sequence[str]) -> list[tuple[int, str]]:
    pieces = [(place, piece) for place, text in enumerate(texts) for piece in (_sentences(text) if place else [text])]
    return [(place, piece) for place, piece in pieces if piece][:_SENTENCES]


def _sentences(text: str) -> list[str]:
    found: list[str] = []
    held = ""
    for piece in _SENTENCE_END.split(text):
        held += piece.strip() if not held or not held[-1:].isascii() else f" {piece.strip()}"
        if columns(held) >= _SHORT:
            found.append(held)
            held = ""
    if held and found:
        found[-1] += held if not held[0].isascii() else f" {held}"
    elif held:
        found.append(held)
    return found


def _key(tokens: list[str]) -> int:
    return _hash(" ".join(tokens).encode())


def _hash(data: bytes) -> int:
    # 63 bits: MongoDB's integers have a sign.
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "big") >> 1
