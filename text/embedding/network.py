"""The encoder's network over the weights of its package, with what stands in many places worked out once.

Three branches look at 2, 3 and 5 pieces of words at a time, twice over; so what a piece adds to a text depends on nine
pieces, four to either side. Sentences stand in passages too, and words come again: of an article's pieces a third are
different, of its runs of nine four fifths. The package's own pass works out every place anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Pieces = NDArray[np.int32]
Rows = NDArray[np.float32]
Places = NDArray[np.int64]
Numbers = TypeVar("Numbers", Pieces, Places)

BRANCHES = ((2, 0), (3, 1), (5, 2))
"""Pieces that a branch looks at, and how many of them stand before the place that it is for."""

REACH = 4
"""Twice two: how far to either side a place sees through both layers of the widest branch."""

_WORD, _BRANCH = 512, 256  # numbers that stand for a piece, and for a place in one branch
_TOGETHER = 3_072  # pieces of the texts that are worked out in one go: more find little more in common, and take memory
_BLOCK = 384  # rows of a product, so that they stay in the cache of the processor


class Network:
    """Vectors of texts given as pieces; *weights* is the package's ``NumpyBackend``. Keeps no state between calls."""

    def __init__(self, weights: Any) -> None:
        self._weights = weights
        # (256, n * 256): a piece's share in each place that sees it, by one product.
        self._first = [
            np.ascontiguousarray(w.reshape(-1, _BRANCH, _BRANCH).swapaxes(0, 1)).reshape(_BRANCH, -1)
            for w in weights.w1
        ]

    def encode(self, texts: Sequence[Pieces]) -> Rows:
        """One row of unit length for each of *texts*, each a row of at least one piece."""
        return np.concatenate([self._encode(group) for group in _groups(texts)])

    def _encode(self, texts: Sequence[Pieces]) -> Rows:
        weights = self._weights
        pieces, which = np.unique(np.concatenate(texts), return_inverse=True)
        pieces = _in_fours(pieces)
        places, row = _laid_out(which, texts, nothing=len(pieces))
        around = row[places[:, None] + np.arange(-REACH, REACH + 1)]
        first, kind = _different(around)
        first = _in_fours(first)
        words = self._words(pieces)
        features = np.empty((len(first), _WORD + _BRANCH * len(BRANCHES)), np.float32)
        features[:, :_WORD] = words[which[first]]
        projected = words @ weights.proj_W
        projected += weights.proj_b
        projected *= _centred(projected, weights.eps)[:, None]
        projected *= weights.ln_g_all
        projected += weights.ln_b_all
        for number in range(len(BRANCHES)):
            column = number * _BRANCH
            seen = np.zeros((len(row), _BRANCH), np.float32)
            seen[places] = self._first_layer(number, projected[:, column : column + _BRANCH], around)
            self._second_layer(number, seen, places[first], features[:, _WORD + column : _WORD + column + _BRANCH])
        scale = _centred(features, weights.eps)
        ends = np.cumsum([len(text) for text in texts])
        return self._pooled([(scale[part], features[part]) for part in np.split(kind, ends[:-1])])

    def _words(self, pieces: Pieces) -> Rows:
        """What stands for each of *pieces* by itself."""
        # The table is kept in bytes; its rows lie as they are numbered, in turn of one of several scales.
        scale, least = self._weights.scale, self._weights.lo
        words: Rows = self._weights.table[pieces].astype(np.float32)
        words *= scale[pieces % len(scale), None]
        words += least[pieces % len(scale), None]
        return words

    def _first_layer(self, number: int, projected: Rows, around: Places) -> Rows:
        """A branch's first look at each place, *around* which these pieces stand."""
        wide, before = BRANCHES[number]
        shares = np.empty((len(projected) + 1, wide * _BRANCH), np.float32)
        np.matmul(projected, self._first[number], out=shares[:-1])
        shares[-1] = 0  # beyond an end
        seen = around[:, REACH - before : REACH - before + wide] * wide + np.arange(wide)
        found = np.empty((len(seen), _BRANCH), np.float32)
        for begin in range(0, len(seen), _BLOCK):
            part = shares.reshape(-1, _BRANCH).take(seen[begin : begin + _BLOCK], axis=0)
            part.sum(axis=1, out=found[begin : begin + _BLOCK])
        found += self._weights.b1[number]
        np.maximum(found, 0, out=found)
        found += projected.take(around[:, REACH], axis=0)
        return found

    def _second_layer(self, number: int, seen: Rows, places: Places, out: Rows) -> None:
        """A branch's second look at *places*, into *out*."""
        wide, before = BRANCHES[number]
        for begin in range(0, len(places), _BLOCK):
            at = places[begin : begin + _BLOCK]
            around = (at[:, None] + np.arange(-before, wide - before)).ravel()
            found = seen.take(around, axis=0).reshape(len(at), wide * _BRANCH) @ self._weights.w2[number]
            found += self._weights.b2[number]
            np.maximum(found, 0, out=found)
            np.add(found, seen.take(at, axis=0), out=out[begin : begin + _BLOCK])

    def _pooled(self, texts: list[tuple[Rows, Rows]]) -> Rows:
        """The vectors of texts from their features, each row with its scale."""
        weights = self._weights
        sizes = np.array([[len(scale)] for scale, _ in texts], np.float32)
        # Gain and offset of the normalization are the same for all places: after the sum they are applied once.
        total = np.stack([scale @ features for scale, features in texts])
        total *= weights.ln_g
        total += sizes * weights.ln_b
        mean = total @ weights.cnn_W
        mean += sizes * weights.cnn_b
        mean /= np.sqrt(sizes)
        low = np.maximum(mean @ weights.d0, 0)
        middle = np.maximum(mean @ weights.p1 + low @ weights.d1, 0)
        high = np.maximum(middle @ weights.d2, 0)
        found: Rows = np.tanh(middle @ weights.p3 + high @ weights.d3)
        found /= np.sqrt(np.maximum(np.einsum("ij,ij->i", found, found), weights.eps))[:, None]
        return found


def _groups(texts: Sequence[Pieces]) -> Iterator[Sequence[Pieces]]:
    """*texts* in their order, as many at a time as are worked out together; a longer one by itself."""
    begin = held = 0
    for place, text in enumerate(texts):
        if place > begin and held + len(text) > _TOGETHER:
            yield texts[begin:place]
            begin, held = place, 0
        held += len(text)
    yield texts[begin:]


def _laid_out(which: Places, texts: Sequence[Pieces], nothing: int) -> tuple[Places, Places]:
    """The texts in one row with gaps so wide that none sees another, *nothing* in them; and where each piece stands."""
    gaps = np.repeat(np.arange(1, len(texts) + 1), [len(text) for text in texts])
    places = np.arange(len(which)) + REACH * gaps
    row = np.full(len(which) + REACH * (len(texts) + 1), nothing)
    row[places] = which
    return places, row


def _in_fours(numbers: Numbers) -> Numbers:
    """*numbers* and up to three zeros, which stand for rows that nobody asks for.

    A product of eleven rows takes half as long again as one of twelve: of a question that is a fifth of its time.
    """
    return np.append(numbers, np.zeros(-len(numbers) % 4, numbers.dtype))


def _different(windows: Places) -> tuple[Places, Places]:
    """Where each different row of *windows* stands first, and of each row which of these it is."""
    rows = np.ascontiguousarray(windows, np.int32)
    whole = rows.view(f"V{rows.shape[1] * rows.itemsize}").ravel()  # a row as one thing of so many bytes
    _, first, kind = np.unique(whole, return_index=True, return_inverse=True)
    return first, kind


def _centred(rows: Rows, least: float) -> Rows:
    """Take its mean from each of *rows*, in place, and tell by what to multiply it for a variance of one."""
    rows -= rows.mean(axis=1, keepdims=True)
    found: Rows = 1 / np.sqrt(np.einsum("ij,ij->i", rows, rows) / rows.shape[1] + least)
    return found
