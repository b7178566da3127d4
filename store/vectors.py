"""Sparse vectors as bytes: the token ids and counts of one text, packed. Readers in other languages: see ``FORMAT.md``.

All numbers are unsigned LEB128 (7 bits a byte, least significant first, high bit: another byte follows). First ``n``;
then for each of the n tokens, in ascending order of id, ``2 * gap + once`` (gap: id minus the id before it, the first
minus 0; once: 1 if the token occurs once); then the counts of the tokens that occur more than once, in the same order.
Most tokens occur once, so most postings take no more than their gap.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


class SparseVectors(NamedTuple):
    """Many vectors end to end, int64: row i is ``ids[start[i]:start[i + 1]]`` and the same part of ``counts``.

    ``start`` has rows + 1 numbers; ``ids`` and ``counts`` have one for each posting. Ids ascend in each row.
    """

    start: Ints
    ids: Ints
    counts: Ints


class CorruptVector(ValueError):
    """The bytes are no packed vector."""


def pack(bow: Iterable[tuple[int, int]]) -> bytes:
    """A bag of words, pairs (token id, count) as gensim's ``doc2bow`` gives them, as bytes.

    Raises ValueError for equal or negative ids and for counts below 1.
    """
    postings = sorted(bow)
    ids = np.array([token for token, _ in postings], dtype=np.int64)
    counts = np.array([count for _, count in postings], dtype=np.int64)
    if len(ids) and (ids[0] < 0 or counts.min() < 1 or (np.diff(ids) < 1).any()):
        raise ValueError("ids must differ and not be negative, counts must be positive")
    gaps = np.diff(ids, prepend=0)
    values = np.concatenate([[len(ids)], 2 * gaps + (counts == 1), counts[counts > 1]])
    return _encode(values)


def unpack(data: bytes) -> list[tuple[int, int]]:
    """The bag of words in *data*. Raises CorruptVector."""
    vectors = unpack_many([data])
    return list(zip(vectors.ids.tolist(), vectors.counts.tolist(), strict=True))


def unpack_many(packed: Sequence[bytes]) -> SparseVectors:
    """All vectors in *packed*, decoded at once with numpy. Raises CorruptVector if one of them is damaged."""
    if any(not data or data[-1] > 127 for data in packed):
        raise CorruptVector("a packed vector is cut off")
    values, value_of_byte = _decode(b"".join(packed))
    byte_start = np.concatenate([[0], np.cumsum([len(data) for data in packed], dtype=np.int64)])
    value_start = np.append(value_of_byte, len(values))[byte_start]
    lengths = values[value_start[:-1]] if len(packed) else np.zeros(0, dtype=np.int64)
    if (value_start[:-1] + 1 + lengths > value_start[1:]).any():
        raise CorruptVector("a packed vector has fewer ids than it says")
    start = np.concatenate([[0], np.cumsum(lengths)])
    row = np.repeat(np.arange(len(packed)), lengths)
    position = np.arange(start[-1]) - start[row]  # of each posting in its row
    flagged = values[value_start[row] + 1 + position]
    gaps, once = flagged >> 1, (flagged & 1).astype(bool)

    # The ids of a row are the running sums of its gaps: those of all rows, less the sum before the row.
    running = np.cumsum(gaps)
    before = np.concatenate([[0], running])[start[row]]
    ids = running - before

    counts = np.ones(len(ids), dtype=np.int64)
    repeated = np.bincount(row[~once], minlength=len(packed)) if len(packed) else lengths  # postings with a count
    if (value_start[:-1] + 1 + lengths + repeated != value_start[1:]).any():
        raise CorruptVector("a packed vector has more or fewer counts than it says")
    first = np.repeat(np.cumsum(repeated) - repeated, repeated)
    rank = np.arange(repeated.sum()) - first
    counts[~once] = values[np.repeat(value_start[:-1] + 1 + lengths, repeated) + rank]
    return SparseVectors(start, ids, counts)


def _encode(values: Ints) -> bytes:
    """*values* as LEB128, byte k of all values at once."""
    width = np.maximum(1, (_bit_length(values) + 6) // 7)
    end = np.cumsum(width)
    out = np.zeros(int(end[-1]), dtype=np.uint8)
    for k in range(int(width.max())):
        has = width > k
        more = (width[has] > k + 1).astype(np.int64) << 7
        out[end[has] - width[has] + k] = (values[has] >> (7 * k)) & 127 | more
    return out.tobytes()


def _decode(data: bytes) -> tuple[Ints, Ints]:
    """The LEB128 values in *data*, and for each byte the index of its value."""
    raw = np.frombuffer(data, dtype=np.uint8)
    last = raw < 128
    ends = np.flatnonzero(last)
    starts = np.concatenate([[0], ends[:-1] + 1]) if len(ends) else ends
    width = ends - starts + 1
    if len(width) and width.max() > 9:
        raise CorruptVector("a number in a packed vector is too long")
    values = np.zeros(len(ends), dtype=np.int64)
    for k in range(int(width.max()) if len(width) else 0):
        has = width > k
        values[has] |= (raw[starts[has] + k].astype(np.int64) & 127) << (7 * k)
    value_of_byte = np.concatenate([[0], np.cumsum(last)[:-1]]) if len(raw) else np.zeros(0, dtype=np.int64)
    return values, value_of_byte


def _bit_length(values: Ints) -> Ints:
    # frexp is exact below 2**53; ids and counts stay far below.
    return np.frexp(values.astype(np.float64))[1].astype(np.int64)
