"""The fingerprint of an article: what is kept of it to recognize its story in other articles.

A MinHash signature of its words (Broder 1997), its numbers, the words and terms that it begins with, and vectors of its
first sentences. It depends on the article alone, whatever it is compared with later. Pure functions of text: no
database and no clock.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Self

import numpy as np
from numpy.typing import NDArray
from rensa import RMinHash

from text.analysis.analyzer import Analyzer
from text.analysis.normalize import normalize_characters
from text.embedding.encoder import Encoder, Int8Vectors, Vectors, to_int8
from text.language import HAN
from text.stories.lead import Lead, read_lead
from text.stories.numbers import Number, numbers

VERSION = "3"
"""Raised with every change of what a fingerprint holds; fingerprints of different versions are not compared."""

PERMUTATIONS = 128
"""Length of the MinHash signature."""

ROWS = 4
"""Values of the signature in a band. Of texts that share 42% of their shingles half share one of the 32 bands."""

MIN_COLUMNS = 30
"""The least length of title and text (``columns``) that tells a story: a dozen Han characters, or five short words.

"Second quarter results" is the news of many companies.
"""

_READ = 6_000  # characters; the news is at the beginning of a text, not in the last pages of a long report
# With the title. More do not change which articles are alike, and each costs a millisecond or more; with 8 or 6 the
# labelled stories come out nearly as well, but of 1,400 abstracts of one trade 4 and 30 times as many pairs are joined.
_MAX_SENTENCES = 12
_SHINGLE = 4  # tokens

_HEADER_LENGTH = 4  # bytes

# Not ALL_HAN: in the fingerprints that are stored, 々 and 〇 are letters of words.
_TOKEN = re.compile(rf"[{HAN}\U00020000-\U0003ffff]|[^\W{HAN}_]+(?:\.\d+)?")
_HAN = re.compile(f"[{HAN}]")
_SENTENCE_END = re.compile(
    r"(?<=[。！？；])(?![”」』’])|(?<=[。！？][”」』])|(?<=[.!?])\s+(?=[A-Z\"“$€])|(?<=[.!?][\"”])\s+"
)
_MIN_COLUMNS = 25  # see ``columns``; shorter pieces join the next one
_ABOUT = re.compile(
    r"(about [\w&.,'’ -]{2,60}|关于.{2,20}|forward[- ]looking statements?|safe harbou?r.{0,60}"
    r"|前瞻性(声明|陈述|说明))[:：]?",
    re.IGNORECASE,
)

Signature = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """``key``: a hash of its words. ``size``: how many there are, Han characters and Latin words."""

    key: int
    size: int
    numbers: tuple[Number, ...]


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The fingerprint of the article *id*, which *source* published at *time* (aware), or fetched if not ``dated``.

    ``paragraphs``: the title first. ``lead``: what the title and the first sentences say. ``signature``: uint32,
    ``PERMUTATIONS``.
    ``encoder``: the name of the encoder that made the vectors; "" for none.
    ``vectors``: int8 (n, d), the title and the first sentences. ``part_of``: int16 (n), the paragraph of each row.
    ``sizes``: int16 (n), the ``columns`` of each. Without an encoder n is 0.
    """

    id: str
    source: str
    time: datetime
    dated: bool
    paragraphs: tuple[Paragraph, ...]
    lead: Lead
    signature: Signature
    encoder: str
    vectors: Int8Vectors
    part_of: NDArray[np.int16]
    sizes: NDArray[np.int16]

    def to_bytes(self) -> bytes:
        """This fingerprint as bytes, about 8 kB with vectors.

        The length of a JSON header (uint32), the header, then plain little-endian arrays: ``signature`` (uint32),
        ``part_of`` and ``sizes`` (int16), ``vectors`` (int8). Nothing in it could run code when it is read.
        """
        header = {
            "id": self.id,
            "source": self.source,
            "time": self.time.isoformat(),
            "dated": self.dated,
            "paragraphs": [[paragraph.key, paragraph.size, paragraph.numbers] for paragraph in self.paragraphs],
            "lead": self.lead.to_lists(),
            "encoder": self.encoder,
            "shape": self.vectors.shape,
        }
        text = json.dumps(header, separators=(",", ":")).encode()
        arrays = self.signature.astype("<u4"), self.part_of.astype("<i2"), self.sizes.astype("<i2"), self.vectors
        return len(text).to_bytes(_HEADER_LENGTH, "little") + text + b"".join(array.tobytes() for array in arrays)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The fingerprint that ``to_bytes`` wrote as *data*."""
        start = _HEADER_LENGTH + int.from_bytes(data[:_HEADER_LENGTH], "little")
        header = json.loads(data[_HEADER_LENGTH:start])
        rows, dimensions = header["shape"]
        signature = np.frombuffer(data, "<u4", PERMUTATIONS, start)
        start += signature.nbytes
        part_of, sizes = np.frombuffer(data, "<i2", 2 * rows, start).reshape(2, rows)
        start += part_of.nbytes + sizes.nbytes
        return cls(
            header["id"],
            header["source"],
            datetime.fromisoformat(header["time"]),
            header["dated"],
            tuple(
                Paragraph(key, size, tuple((value, unit) for value, unit in numbers))
                for key, size, numbers in header["paragraphs"]
            ),
            Lead.from_lists(header["lead"]),
            signature,
            header["encoder"],
            np.frombuffer(data, np.int8, rows * dimensions, start).reshape(rows, dimensions),
            part_of,
            sizes,
        )


def make_fingerprint(
    id: str,
    source: str,
    time: datetime,
    title: str,
    body: str,
    analyzer: Analyzer,
    encoder: Encoder | None,
    vectors: Vectors | None = None,
    *,
    dated: bool = True,
) -> Fingerprint:
    """The fingerprint of an article; without *encoder* it has words, terms and numbers only.

    *vectors*: float32 (n, d), of the article's ``sentences``, where the encoder has encoded them already.
    """
    texts = [title, *paragraphs(body)]
    normal = normalize_characters("\n".join(texts)).split("\n")
    tokens = [_TOKEN.findall(paragraph) for paragraph in normal]
    encoded = _first_sentences(texts) if encoder else []
    if encoder and vectors is None:
        vectors = encoder.encode([sentence for _, sentence in encoded])
    return Fingerprint(
        id,
        source,
        time,
        dated,
        tuple(
            Paragraph(_key(words), len(words), tuple(numbers(paragraph)))
            for paragraph, words in zip(normal, tokens, strict=True)
        ),
        read_lead(title, body, analyzer),
        signature([token for words in tokens for token in words]),
        encoder.name if encoder else "",
        np.zeros((0, 0), np.int8) if vectors is None else to_int8(vectors),
        np.array([paragraph for paragraph, _ in encoded], np.int16),
        np.array([min(columns(sentence), 1_000) for _, sentence in encoded], np.int16),
    )


def tells_a_story(title: str, body: str) -> bool:
    """Whether an article is long enough to have a fingerprint."""
    return columns(title) + columns(body[:_READ]) >= MIN_COLUMNS


def sentences(title: str, body: str) -> list[tuple[int, str]]:
    """The first sentences of an article, *title* first, each with the number of its paragraph (0: the title)."""
    return _first_sentences([title, *paragraphs(body)])


def paragraphs(body: str) -> list[str]:
    """The paragraphs of *body* that may tell a story: without what a company says of itself at the end."""
    kept = [" ".join(paragraph.split()) for paragraph in re.split(r"[\n\f]+", body[:_READ])]
    kept = [paragraph for paragraph in kept if paragraph]
    for number, paragraph in enumerate(kept):
        if number >= len(kept) // 3 and _ABOUT.fullmatch(paragraph):
            return kept[:number]
    return kept


def signature(tokens: list[str]) -> Signature:
    """The MinHash signature (uint32, ``PERMUTATIONS``) of the shingles of *tokens*.

    The share of equal values in two signatures estimates the Jaccard similarity of their sets of shingles.
    """
    shingles = {" ".join(tokens[start : start + _SHINGLE]) for start in range(max(len(tokens) - _SHINGLE + 1, 1))}
    sketch = RMinHash(num_perm=PERMUTATIONS, seed=1)
    sketch.update(list(shingles))
    return np.array(sketch.digest(), np.uint32)


def bands(signature: Signature) -> list[int]:
    """Keys under which copies are found (locality-sensitive hashing): copies share at least one, others hardly ever."""
    rows = signature.reshape(-1, ROWS).astype("<u4")
    return [_hash(bytes([number]) + row.tobytes()) for number, row in enumerate(rows)]


def columns(text: str) -> int:
    """The length of *text* in Latin letters; a Han character counts as two and a half."""
    return len(text) + 3 * len(_HAN.findall(text)) // 2


def _first_sentences(texts: Sequence[str]) -> list[tuple[int, str]]:
    """*texts*: the title, then the paragraphs."""
    pieces = [
        (number, piece) for number, text in enumerate(texts) for piece in (_split_sentences(text) if number else [text])
    ]
    return [(number, piece) for number, piece in pieces if piece][:_MAX_SENTENCES]


def _split_sentences(text: str) -> list[str]:
    """The sentences of *text*; short ones are joined with the next, the last with the one before."""
    split: list[str] = []
    pending = ""
    for piece in _SENTENCE_END.split(text):
        pending += piece.strip() if not pending or not pending[-1:].isascii() else f" {piece.strip()}"
        if columns(pending) >= _MIN_COLUMNS:
            split.append(pending)
            pending = ""
    if pending and split:
        split[-1] += pending if not pending[0].isascii() else f" {pending}"
    elif pending:
        split.append(pending)
    return split


def _key(tokens: list[str]) -> int:
    return _hash(" ".join(tokens).encode())


def _hash(data: bytes) -> int:
    # 63 bits: MongoDB's integers have a sign.
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "big") >> 1
