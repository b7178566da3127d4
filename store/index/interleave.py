"""Interleaves vectors into the order in which they compress best. The order is specified in ``FORMAT.md``.

The gaps between token ids grow along a vector, as rare tokens have high ids. Pieces from the same position of many
vectors are therefore alike, and deflate packs them into a tenth less than whole vectors one after another.

It has a file of its own because it is a pure function of bytes, tested as such; ``segments`` reads and writes MongoDB.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from store.vectors import Ints

PIECE = 16
"""Bytes of each vector in one round."""


def interleave(vectors: NDArray[np.uint8], start: NDArray[np.uint32]) -> bytes:
    """*vectors* in rounds: in each round the next ``PIECE`` bytes of every row that has so many left, by row number.

    Row i is ``vectors[start[i]:start[i + 1]]``; *start* has rows + 1 numbers. After the last round comes the rest of
    each row, fewer than ``PIECE`` bytes, by row number.
    """
    rounds, rests = _order(start)
    windows = sliding_window_view(vectors, PIECE) if len(vectors) >= PIECE else None
    pieces = [windows[places].tobytes() for places in rounds if windows is not None]
    return b"".join(pieces) + vectors[rests].tobytes()


def restore(interleaved: NDArray[np.uint8], start: NDArray[np.uint32]) -> bytes:
    """The vectors from which ``interleave`` made *interleaved*, with the same *start*."""
    rounds, rests = _order(start)
    vectors = np.empty(len(interleaved), np.uint8)
    done = 0
    for places in rounds:
        end = done + PIECE * len(places)
        sliding_window_view(vectors, PIECE, writeable=True)[places] = interleaved[done:end].reshape(-1, PIECE)
        done = end
    vectors[rests] = interleaved[done:]
    return vectors.tobytes()


def _order(start: NDArray[np.uint32]) -> tuple[list[Ints], Ints]:
    """For each round the positions at which its pieces begin; and the position of every byte that is left."""
    begin, end = start[:-1].astype(np.int64), start[1:].astype(np.int64)
    rest = (end - begin) % PIECE
    return list(_rounds(begin, end)), np.repeat(end - np.cumsum(rest), rest) + np.arange(rest.sum())


def _rounds(begin: Ints, end: Ints) -> Iterator[Ints]:
    places, ends = begin, end
    while True:
        has_piece = places + PIECE <= ends
        places, ends = places[has_piece], ends[has_piece]
        if not len(places):
            return
        yield places
        places = places + PIECE
