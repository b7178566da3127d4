"""A portrait as bytes and back: a JSON heading and plain arrays, nothing that could run code when it is read."""

from __future__ import annotations

import json
from datetime import datetime

import numpy as np

from text.portrait import PERMUTATIONS, Paragraph, Portrait

_HEADING = 4  # bytes that hold the length of the heading


def pack(portrait: Portrait) -> bytes:
    """*portrait* as bytes, about 8 kB with vectors."""
    heading = {
        "id": portrait.id,
        "source": portrait.source,
        "time": portrait.time.isoformat(),
        "paragraphs": [[part.key, part.size, part.numbers] for part in portrait.paragraphs],
        "names": sorted(portrait.names),
        "encoder": portrait.encoder,
        "shape": portrait.vectors.shape,
    }
    text = json.dumps(heading, separators=(",", ":")).encode()
    arrays = (
        portrait.signature.astype("<u4"),
        portrait.part_of.astype("<i2"),
        portrait.sizes.astype("<i2"),
        portrait.vectors,
    )
    return len(text).to_bytes(_HEADING, "little") + text + b"".join(array.tobytes() for array in arrays)


def unpack(data: bytes) -> Portrait:
    """The portrait that ``pack`` made *data* of."""
    start = _HEADING + int.from_bytes(data[:_HEADING], "little")
    heading = json.loads(data[_HEADING:start])
    rows, dimensions = heading["shape"]
    signature = np.frombuffer(data, "<u4", PERMUTATIONS, start)
    start += signature.nbytes
    part_of, sizes = np.frombuffer(data, "<i2", 2 * rows, start).reshape(2, rows)
    start += part_of.nbytes + sizes.nbytes
    return Portrait(
        heading["id"],
        heading["source"],
        datetime.fromisoformat(heading["time"]),
        tuple(
            Paragraph(key, size, tuple((value, percent) for value, percent in numbers))
            for key, size, numbers in heading["paragraphs"]
        ),
        frozenset(heading["names"]),
        signature,
        heading["encoder"],
        np.frombuffer(data, np.int8, rows * dimensions, start).reshape(rows, dimensions),
        part_of,
        sizes,
    )
