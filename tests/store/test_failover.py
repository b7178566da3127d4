"""Steps that a change of primary interrupts are repeated; those that fail for another reason are not."""

from __future__ import annotations

import logging

import pymongo
import pytest
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    DuplicateKeyError,
    NotPrimaryError,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WriteConcernError,
)

from store.connection import StoreError
from store.failover import are_duplicates, is_interruption, repeat, repeat_reading, repeated
from store.index.dictionary import ids_of


def bulk(*codes: int, concern: int = 0) -> BulkWriteError:
    concerns = [{"code": concern, "errmsg": "stepped down"}] if concern else []
    return BulkWriteError({"writeErrors": [{"code": code} for code in codes], "writeConcernErrors": concerns})


@pytest.mark.parametrize(
    ("error", "is_so"),
    [
        (AutoReconnect("connection closed"), True),
        (NotPrimaryError("not primary"), True),
        (OperationFailure("operation was interrupted", 11602), True),
        (OperationFailure("cursor id 7 not found", 43), True),
        (WriteConcernError("primary stepped down", 189), True),
        (bulk(concern=11602), True),
        (bulk(11000, concern=189), True),
        (bulk(10107, 10107), True),
        (bulk(11000), False),
        (bulk(11000, 121), False),
        (bulk(121, concern=189), False),
        (OperationFailure("not authorized", 13), False),
        (DuplicateKeyError("again", 11000), False),
    ],
)
def test_what_is_repeated(error: PyMongoError, is_so: bool) -> None:
    assert is_interruption(error) == is_so


def test_duplicates_that_no_majority_has_are_an_error() -> None:
    assert are_duplicates(bulk(11000, 11000))
    assert not are_duplicates(bulk(11000, concern=189))
    assert not are_duplicates(bulk(11000, 121))


def test_a_step_is_repeated_until_it_succeeds(database, caplog) -> None:
    failures = [AutoReconnect("closed, full error: {'ok': 0}"), OperationFailure("interrupted", 11600)]

    @repeated
    def step(database, name: str) -> str:
        if failures:
            raise failures.pop(0)
        return f"{database.name} {name}"

    with caplog.at_level(logging.INFO):
        assert step(database, "done") == f"{database.name} done"
    assert [record.getMessage() for record in caplog.records] == ["interrupted by MongoDB, and repeated: closed"]


def test_another_error_is_raised_at_once(database) -> None:
    calls = []

    def step() -> None:
        calls.append(1)
        raise OperationFailure("not authorized", 13)

    with pytest.raises(OperationFailure):
        repeat(database, step)
    assert len(calls) == 1


def refused() -> None:
    raise OperationFailure("no keys for the time", 211)


def test_what_reads_is_repeated_whatever_becomes_of_the_error() -> None:
    failures = [AutoReconnect("closed"), OperationFailure("no keys for the time", 211)]

    def step() -> str:
        try:
            if failures:
                raise failures.pop(0)
        except PyMongoError as error:
            raise StoreError("MongoDB failed") from error
        return "read"

    assert repeat_reading(step, 30) == "read" and not failures


@pytest.mark.parametrize(
    "error",
    [ServerSelectionTimeoutError("nobody is there"), OperationFailure("not authorized", 13), ValueError("ours")],
)
def test_what_reads_is_not_repeated_after_a_wait_or_another_error(error: Exception) -> None:
    errors = [error, AssertionError("called again")]

    def step() -> None:
        raise errors.pop(0)

    with pytest.raises(type(error)):
        repeat_reading(step, 30)


def test_reading_ends_after_its_time(database) -> None:
    with pytest.raises(OperationFailure, match="no keys"):
        repeat_reading(refused, 0.3)

    def looked_for() -> None:
        database.articles.find_one()
        refused()

    with pytest.raises(PyMongoError) as raised, pymongo.timeout(0.3):
        repeat_reading(looked_for, 30)
    assert raised.value.timeout


def test_a_repetition_of_ids_gives_the_same_ids(database) -> None:
    first = ids_of(database, ["wafer", "memory"])
    assert ids_of(database, ["wafer", "memory", "fab"]).items() >= first.items()
