"""A small store with something in every collection, for tests of backups."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from pymongo.database import Database

from store.backup import files
from store.backup.reading import collections_of
from store.connection import another_database, opened
from store.documents import archive, tokens
from store.index import compactor, preparation
from tests.store.index_content import article, delete, store

NOW = datetime(2026, 7, 1, tzinfo=UTC)


def fill(database: Database[dict[str, Any]]) -> None:
    """Store articles, some packed, one deleted, some pending; raw pages, a token, a run, a watch with what it notified."""
    preparation.prepare(database, "test")
    store(database, {f"a{number}": f"word{number} chip wafer" for number in range(120)})
    compactor.compact(database)
    delete(database, ["a7"])
    store(database, {"a8": "other", "b": "new words"})
    archive.keep(database, [archive.Raw(f"<p>{n}</p>".encode() * 500, "https://a.example/", NOW) for n in range(60)])
    tokens.add(database, "reader")
    database.runs.insert_one({"source": "sia", "verdict": "ok", "started": NOW, "ended": NOW})
    database.watches.insert_one({"_id": "w", "name": "HBM", "question": {}, "min_score": 0.5, "made": NOW})
    row = {"_id": "o", "watch": "w", "article": article("b").id, "change": 0, "notified": True, "waiting": []}
    database.outbox.insert_one(row)
    database.rankings.insert_one({"_id": "r", "question": "q", "ids": b"", "scores": b"", "made": NOW})
    database.later.insert_many([{"_id": number if number % 2 else str(number), "n": number} for number in range(50)])
    database.later.create_index([("n", 1)], unique=True, name="later_n")


def everything(database: Database[dict[str, Any]]) -> dict[str, list[Any]]:
    """All documents by collection."""
    found = {
        name: sorted(database[name].find({}), key=lambda row: str(row["_id"])) for name in collections_of(database)
    }
    return {name: rows for name, rows in found.items() if rows}


@pytest.fixture(autouse=True)
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_BYTES", 20_000)


@pytest.fixture
def another(server: str) -> Iterator[Callable[[], str]]:
    """A function that gives the address of one more empty database."""
    made: list[str] = []

    def make() -> str:
        made.append(another_database(server, f"test_{uuid4().hex[:12]}"))
        return made[-1]

    yield make
    for address in made:
        with opened(address) as database:
            database.client.drop_database(database.name)
