"""The encoder's network over the weights of its package: identical runs of word pieces are computed once.

Multilingual Universal Sentence Encoder, CNN variant (Yang et al. 2019). Two convolutional layers, each with three
branches over windows of 2, 3 and 5 word pieces, are summed over the text; a deep averaging network (DAN) follows. So
the features of a position depend on nine pieces: its own and four on either side. An article repeats itself, and its
sentences come again in its passages: a third of its pieces are different, and four fifths of its windows of nine. The
package's own implementation computes every position.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Pieces = NDArray[np.int32]
Rows = NDArray[np.float32]
Positions = NDArray[np.int64]
Numbers = TypeVar("Numbers", Pieces, Positions)

BRANCHES = ((2, 0), (3, 1), (5, 2))
"""Width of the window of each branch in pieces, and how many of them are before the position."""

REACH = 4
"""Pieces on either side that a position depends on: two for each layer of the widest branch."""

_WORD, _BRANCH = 512, 256  # dimensions of a piece, and of a position in one branch
_BATCH = 3_072  # pieces of the texts of a batch: larger ones have little more in common, and take memory
_BLOCK = 384  # rows of a matrix product, so that they stay in the cache of the processor


class Network:
    """Computes the vectors of texts from their word pieces. Keeps no state between calls.

    *weights*: the package's ``NumpyBackend``.
    """

    def __init__(self, weights: Any) -> None:
        self._weights = weights
        # (256, width * 256): one product gives what a piece adds to each position whose window contains it.
        self._first = [
            np.ascontiguousarray(w.reshape(-1, _BRANCH, _BRANCH).swapaxes(0, 1)).reshape(_BRANCH, -1)
            for w in weights.w1
        ]

    def encode(self, texts: Sequence[Pieces]) -> Rows:
        """The vectors of *texts*, each the ids of at least one piece (int32): float32 (n, 512), of unit length."""
        return np.concatenate([self._encode(batch) for batch in _batches(texts)])

    def _encode(self, texts: Sequence[Pieces]) -> Rows:
        weights = self._weights
        pieces, which = np.unique(np.concatenate(texts), return_inverse=True)
        pieces = _padded_to_four(pieces)
        positions, row = _in_one_sequence(which, texts, nothing=len(pieces))
        around = row[positions[:, None] + np.arange(-REACH, REACH + 1)]
        first, kind = _distinct(around)
        first = _padded_to_four(first)
        words = self._words(pieces)
        features = np.empty((len(first), _WORD + _BRANCH * len(BRANCHES)), np.float32)
        features[:, :_WORD] = words[which[first]]
        projected = words @ weights.proj_W
        projected += weights.proj_b
        projected *= _center(projected, weights.eps)[:, None]
        projected *= weights.ln_g_all
        projected += weights.ln_b_all
        for number in range(len(BRANCHES)):
            column = number * _BRANCH
            first_layer = np.zeros((len(row), _BRANCH), np.float32)
            first_layer[positions] = self._first_layer(number, projected[:, column : column + _BRANCH], around)
            out = features[:, _WORD + column : _WORD + column + _BRANCH]
            self._second_layer(number, first_layer, positions[first], out)
        scale = _center(features, weights.eps)
        ends = np.cumsum([len(text) for text in texts])
        return self._pooled([(scale[part], features[part]) for part in np.split(kind, ends[:-1])])

    def _words(self, pieces: Pieces) -> Rows:
        """The embeddings of *pieces* (int32, n): float32 (n, 512)."""
        # The table is quantized to bytes; the scale and the lowest value of a row go by its number, round robin.
        scale, lowest = self._weights.scale, self._weights.lo
        words: Rows = self._weights.table[pieces].astype(np.float32)
        words *= scale[pieces % len(scale), None]
        words += lowest[pieces % len(scale), None]
        return words

    def _first_layer(self, number: int, projected: Rows, around: Positions) -> Rows:
        """The first layer of branch *number*: float32 (positions, 256).

        *projected*: float32 (pieces, 256). *around*: int64 (positions, 9), the pieces of each window.
        """
        width, before = BRANCHES[number]
        shares = np.empty((len(projected) + 1, width * _BRANCH), np.float32)
        np.matmul(projected, self._first[number], out=shares[:-1])
        shares[-1] = 0  # beyond an end
        columns = around[:, REACH - before : REACH - before + width] * width + np.arange(width)
        values = np.empty((len(columns), _BRANCH), np.float32)
        for begin in range(0, len(columns), _BLOCK):
            part = shares.reshape(-1, _BRANCH).take(columns[begin : begin + _BLOCK], axis=0)
            part.sum(axis=1, out=values[begin : begin + _BLOCK])
        values += self._weights.b1[number]
        np.maximum(values, 0, out=values)
        values += projected.take(around[:, REACH], axis=0)
        return values

    def _second_layer(self, number: int, first_layer: Rows, positions: Positions, out: Rows) -> None:
        """The second layer of branch *number* at *positions* (int64, n), written to *out* (float32, n, 256)."""
        width, before = BRANCHES[number]
        for begin in range(0, len(positions), _BLOCK):
            at = positions[begin : begin + _BLOCK]
            around = (at[:, None] + np.arange(-before, width - before)).ravel()
            values = first_layer.take(around, axis=0).reshape(len(at), width * _BRANCH) @ self._weights.w2[number]
            values += self._weights.b2[number]
            np.maximum(values, 0, out=values)
            np.add(values, first_layer.take(at, axis=0), out=out[begin : begin + _BLOCK])

    def _pooled(self, texts: list[tuple[Rows, Rows]]) -> Rows:
        """The vectors of texts from the scales (float32, n) and features (float32, n, 1280) of their positions."""
        weights = self._weights
        sizes = np.array([[len(scale)] for scale, _ in texts], np.float32)
        # Gain and offset of the layer normalization are the same for all positions: applied once, to the sum.
        total = np.stack([scale @ features for scale, features in texts])
        total *= weights.ln_g
        total += sizes * weights.ln_b
        mean = total @ weights.cnn_W
        mean += sizes * weights.cnn_b
        mean /= np.sqrt(sizes)
        low = np.maximum(mean @ weights.d0, 0)
        middle = np.maximum(mean @ weights.p1 + low @ weights.d1, 0)
        high = np.maximum(middle @ weights.d2, 0)
        vectors: Rows = np.tanh(middle @ weights.p3 + high @ weights.d3)
        vectors /= np.sqrt(np.maximum(np.einsum("ij,ij->i", vectors, vectors), weights.eps))[:, None]
        return vectors


def _batches(texts: Sequence[Pieces]) -> Iterator[Sequence[Pieces]]:
    """*texts* in their order, in batches of at most ``_BATCH`` pieces; a longer text by itself."""
    begin = size = 0
    for number, text in enumerate(texts):
        if number > begin and size + len(text) > _BATCH:
            yield texts[begin:number]
            begin, size = number, 0
        size += len(text)
    yield texts[begin:]


def _in_one_sequence(which: Positions, texts: Sequence[Pieces], nothing: int) -> tuple[Positions, Positions]:
    """The position of each piece (int64), and all texts as one sequence (int64).

    *which*: int64, the pieces of all texts, one after another. Gaps of *nothing* part the texts so that no window
    contains pieces of two.
    """
    gaps = np.repeat(np.arange(1, len(texts) + 1), [len(text) for text in texts])
    positions = np.arange(len(which)) + REACH * gaps
    row = np.full(len(which) + REACH * (len(texts) + 1), nothing)
    row[positions] = which
    return positions, row


def _padded_to_four(numbers: Numbers) -> Numbers:
    """*numbers*, padded with zeros to a multiple of four; the additional rows are not used.

    A product of eleven rows takes half as long again as one of twelve, which is a fifth of the time of a query.
    """
    return np.append(numbers, np.zeros(-len(numbers) % 4, numbers.dtype))


def _distinct(windows: Positions) -> tuple[Positions, Positions]:
    """The first index of each different row of *windows*, and for each row the number of its kind (both int64)."""
    rows = np.ascontiguousarray(windows, np.int32)
    whole = rows.view(f"V{rows.shape[1] * rows.itemsize}").ravel()  # each row as one value of so many bytes
    _, first, kind = np.unique(whole, return_index=True, return_inverse=True)
    return first, kind


def _center(rows: Rows, epsilon: float) -> Rows:
    """Subtracts from each of *rows* (n, d) its mean, in place; returns the factors (n) that give variance one."""
    rows -= rows.mean(axis=1, keepdims=True)
    factors: Rows = 1 / np.sqrt(np.einsum("ij,ij->i", rows, rows) / rows.shape[1] + epsilon)
    return factors
