from __future__ import annotations

import hashlib
import zlib
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from bson import Binary
from hypothesis import given
from hypothesis import strategies as st

from store.index import interleave, preparation, segments
from store.index.segment_format import (
    MAGIC,
    NO_DATE,
    DamagedSegment,
    columns,
    decode,
    encode,
    id_bytes,
    id_strings,
    seconds,
)
from store.index.segments import MissingSegment
from store.vectors import pack

pytestmark = pytest.mark.slow

moments = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
bags = st.dictionaries(st.integers(0, 2**20), st.integers(1, 300), max_size=8)
rows_of_articles = st.lists(
    st.fixed_dictionaries(
        {
            "_id": st.binary(min_size=12, max_size=12).map(bytes.hex),
            "revision": st.integers(1, 2**32 - 1),
            "length": st.integers(0, 2**32 - 1),
            "published": st.none() | moments,
            "source": st.sampled_from(["sia", "tsmc", "新闻"]),
            "language": st.sampled_from(["zh", "en", ""]),
            "vector": bags.map(lambda bag: pack(bag.items())),
        }
    ),
    max_size=12,
    unique_by=lambda row: row["_id"],
)


def facts(data: bytes) -> list[dict]:
    """The rows of a segment, as the documents that it was encoded from."""
    found = decode(data)
    start, vectors = found.vector_start["words"], found.vectors["words"]
    return [
        {
            "_id": key,
            "revision": int(found.revisions[row]),
            "length": int(found.lengths[row]),
            "published": int(found.published[row]),
            "source": found.source_names[found.sources[row]],
            "language": found.language_names[found.languages[row]],
            "vector": vectors[start[row] : start[row + 1]].tobytes(),
        }
        for row, key in enumerate(id_strings(found.ids))
    ]


@given(rows_of_articles)
def test_decoding_gives_the_encoded_rows_in_order_of_id(rows: list[dict]) -> None:
    expected = [row | {"published": seconds(row["published"])} for row in sorted(rows, key=lambda row: row["_id"])]
    assert facts(encode(rows)) == expected
    assert encode(rows[::-1]) == encode(rows), "the same rows are the same bytes"


@given(rows_of_articles, st.binary(min_size=12, max_size=12).map(bytes.hex))
def test_rows_are_found_by_id(rows: list[dict], other: str) -> None:
    found = decode(encode(rows))
    ids = sorted(row["_id"] for row in rows)
    wanted = [*ids[::-1], other]
    expected = [ids.index(key) if key in ids else -1 for key in wanted]
    assert found.rows_of(id_bytes(wanted)).tolist() == expected


def rows(number: int, size: int = 3) -> list[dict]:
    return [
        {
            "_id": hashlib.sha256(str(place).encode()).hexdigest()[:24],
            "revision": place + 1,
            "length": size,
            "published": None,
            "source": "sia",
            "language": "en",
            "vector": pack((place + 7 * token, 1) for token in range(size)),
        }
        for place in range(number)
    ]


def test_sections_are_aligned_and_not_copied() -> None:
    data = encode(rows(3))
    found = decode(memoryview(data))
    base = np.frombuffer(data, np.uint8)
    for values in (found.ids, found.revisions, found.published, found.vector_start["words"], found.vectors["words"]):
        assert np.shares_memory(values, base)
        assert (values.__array_interface__["data"][0] - base.__array_interface__["data"][0]) % 8 == 0
    assert found.published.tolist() == [NO_DATE] * 3


def test_two_rows_with_one_id_are_refused() -> None:
    with pytest.raises(ValueError, match="2 rows with 1 ids"):
        encode(rows(1) * 2)


@given(st.data())
def test_truncated_bytes_are_refused(data: st.DataObject) -> None:
    whole = encode(rows(2))
    with pytest.raises(DamagedSegment):
        decode(whole[: data.draw(st.integers(0, len(whole) - 8))])


@given(st.lists(st.binary(max_size=3 * interleave.PIECE), max_size=9))
def test_interleaved_vectors_are_restored(vectors: list[bytes]) -> None:
    start = np.cumsum([0, *map(len, vectors)]).astype(np.uint32)
    together = np.frombuffer(b"".join(vectors), np.uint8)
    interleaved = np.frombuffer(interleave.interleave(together, start), np.uint8)
    assert interleave.restore(interleaved, start) == together.tobytes()


def test_interleaving_is_as_documented() -> None:
    vectors = [b"a" * 16 + b"b" * 16 + b"c", b"d" * 15, b"e" * 16]
    start = np.cumsum([0, *map(len, vectors)]).astype(np.uint32)
    interleaved = interleave.interleave(np.frombuffer(b"".join(vectors), np.uint8), start)
    assert interleaved == b"a" * 16 + b"e" * 16 + b"b" * 16 + b"c" + b"d" * 15


def test_columns_are_shuffled_by_byte_as_documented() -> None:
    data = encode(rows(3))
    head, (begin, end, width), (first, last, _) = segments.split(data)[0], *columns(data)[:2]
    assert (end - begin, width) == (36, 12)
    assert head[begin : begin + 3] == bytes(data[place] for place in range(begin, end, 12))
    assert head[first:last] == data[first:last:4] + bytes(9), "the three high bytes of numbers below 256 are zero"


def test_three_hundred_tokens_of_a_large_vocabulary_take_at_most_420_bytes() -> None:
    chance = np.random.default_rng(1)
    cumulated = np.cumsum(1 / np.arange(1, 200_001))
    articles = rows(3000)
    for row in articles:
        drawn = np.searchsorted(cumulated, chance.random(600) * cumulated[-1])
        words, counts = np.unique(drawn, return_counts=True)
        chosen = np.sort(chance.choice(len(words), 300, replace=False))
        row["vector"] = pack(zip(words[chosen].tolist(), counts[chosen].tolist(), strict=True))
        row["length"], row["revision"] = int(counts[chosen].sum()), int(chance.integers(1, 10**6))
        row["published"] = datetime(2026, 1, 1, tzinfo=UTC) - timedelta(seconds=int(chance.integers(10**8)))
    stored = sum(len(segments._compress(part)) for part in segments.split(encode(articles)))
    assert stored / len(articles) <= 420


@pytest.fixture
def stored(database, monkeypatch) -> tuple[str, bytes]:
    preparation.prepare(database, "test")
    monkeypatch.setattr(segments, "PART_BYTES", 1000)
    data = encode(rows(60, 40))
    return segments.write(database, data), data


def test_reading_gives_what_was_written_and_the_name_is_the_checksum(database, stored: tuple[str, bytes]) -> None:
    name, data = stored
    parts = segments.split(data)
    assert name == hashlib.sha256(data).hexdigest()
    assert len(parts) == segments.number_of_parts(data) == 5
    assert segments.read(database, name, len(parts)) == data
    assert segments.write(database, data) == name, "writing the same segment twice is no error"
    assert database.segments.count_documents({}) == len(parts)


def test_a_head_is_the_segment_without_its_vectors(database, stored: tuple[str, bytes]) -> None:
    name, data = stored
    head, whole = segments.read_head(database, name), decode(data)
    assert head.ids.tobytes() == whole.ids.tobytes()
    assert head.vector_start["words"].tolist() == whole.vector_start["words"].tolist()
    assert head.vectors == {}


def test_a_flipped_byte_in_any_part_is_detected(database, stored: tuple[str, bytes]) -> None:
    name, data = stored
    for part, piece in enumerate(segments.split(data)):
        key = {"_id": f"{name}:{part}"}
        flipped = bytearray(piece)
        flipped[len(piece) // 2] ^= 4
        database.segments.update_one(key, {"$set": {"data": Binary(bytes(flipped))}})
        with pytest.raises(DamagedSegment, match=f"{name[:12]}…, part {part}"):
            segments.read(database, name, len(segments.split(data)))
        segments.write(database, data)
    assert segments.read(database, name, len(segments.split(data))) == data, "writing it again repairs it"


def test_a_missing_part_is_detected(database, stored: tuple[str, bytes]) -> None:
    name, data = stored
    parts = len(segments.split(data))
    database.segments.delete_one({"_id": f"{name}:1"})
    with pytest.raises(MissingSegment, match=f"{name[:12]}…: {parts - 1} of its {parts} parts"):
        segments.read(database, name, parts)
    with pytest.raises(MissingSegment):
        segments.read_head(database, "0" * 64)


def test_bytes_that_are_no_segment_are_refused_despite_right_checksums(database, stored: tuple[str, bytes]) -> None:
    name, _ = stored
    for other in (b"", b"XINWENSG", MAGIC + bytes([2, 0, 0, 0, 2, 0, 0, 0]) + b"{}"):
        packed = zlib.compress(other)
        changed = {"data": Binary(packed), "crc": zlib.crc32(packed)}
        database.segments.update_one({"_id": f"{name}:0"}, {"$set": changed})
        with pytest.raises(DamagedSegment, match=name[:12]):
            segments.read_head(database, name)
        with pytest.raises(DamagedSegment, match=name[:12]):
            segments.read(database, name, 4)


def test_a_part_of_another_segment_is_detected(database, stored: tuple[str, bytes]) -> None:
    name, data = stored
    other = segments.write(database, encode(rows(50, 40)))
    piece = database.segments.find_one({"_id": f"{other}:1"})
    database.segments.update_one({"_id": f"{name}:1"}, {"$set": {"data": piece["data"], "crc": piece["crc"]}})
    with pytest.raises(DamagedSegment, match="does not have the checksum that is its name"):
        segments.read(database, name, len(segments.split(data)))
