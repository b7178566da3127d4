"""The code writes and reads the example in ``store/index/FORMAT.md``, and its limits are those of the page."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

from store import vectors
from store.index import interleave, manifest, preparation, segment_format
from store.index.compactor import GRACE, compact
from store.index.segment_format import decode, encode, id_strings
from tests.store.index_content import store

PAGE = (Path(__file__).parents[3] / "store" / "index" / "FORMAT.md").read_text("utf-8")
VECTOR = bytes.fromhex("02 07 8a 03 05")


def example() -> bytes:
    """The bytes of the segment shown on the page."""
    first, *sections = re.findall(r"^    [0-9a-f]{4}  ((?:[0-9a-f]{2} )*[0-9a-f]{2})", PAGE, re.MULTILINE)
    header = re.search(r"^    (\{\"documents.*?\]\})$", PAGE, re.MULTILINE | re.DOTALL)
    spaces = int(re.search(r"and (\d+) spaces", PAGE)[1])
    text = header[1].replace("\n    ", "") + spaces * " "
    return bytes.fromhex(first) + text.encode() + bytes.fromhex(" ".join(sections))


def test_the_vector() -> None:
    assert "`02 07 8a 03 05`" in PAGE
    assert vectors.pack([(3, 1), (200, 5)]) == VECTOR
    assert manifest.pack_rows([1, 3]) == bytes.fromhex("02 03 05")


def test_the_segment() -> None:
    article = {
        "_id": "000102030405060708090a0b",
        "revision": 1,
        "length": 6,
        "published": None,
        "source": "sia",
        "language": "en",
        "vector": VECTOR,
    }
    assert encode([article]) == example()
    assert f"`{hashlib.sha256(example()).hexdigest()}`" in PAGE
    found = decode(example())
    assert id_strings(found.ids) == [article["_id"]]
    assert (found.source_names, found.language_names) == (("sia",), ("en",))
    assert found.vectors["words"].tobytes() == VECTOR


def test_the_checksum_of_a_manifest(database) -> None:
    preparation.prepare(database, "分析器 1")
    store(database, {"a": "one"})
    compact(database)
    row = database.manifest.find_one({"_id": "index"})
    said = {name: row[name] for name in ("analyzer", "format", "segments", "terms", "version")}
    said["segments"] = [entry | {"dead": entry["dead"].hex()} for entry in said["segments"]]
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    assert row["checksum"] == hashlib.sha256(text.encode()).hexdigest()


def test_limits_and_names() -> None:
    assert f"{segment_format.MAX_ROWS:,} articles" in PAGE
    assert f"format {segment_format.FORMAT}" in PAGE
    assert f"next {interleave.PIECE} bytes" in PAGE
    assert GRACE == 600, "ten minutes"
    for name in ("ids", "revisions", "lengths", "published", "sources", "languages", "vector_start:F", "vectors:F"):
        assert f"`{name}`" in PAGE
