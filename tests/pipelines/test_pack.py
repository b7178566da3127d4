"""Packing at the end of a crawl or an ingest."""

from __future__ import annotations

import json
from pathlib import Path

from pipelines.pack import pack_if_many
from store import compactor, manifest, schema, snapshot
from tests.commands import run
from tests.store.index import content, store, stored
from text.analyzer import VERSION


def test_little_is_left_pending_and_much_is_packed(database, monkeypatch) -> None:
    schema.prepare(database, "test")
    monkeypatch.setattr(compactor, "MANY", 3)
    store(database, {"a": "one", "b": "two"})
    assert pack_if_many(database) is None
    assert len(snapshot.read(database).pending) == 2
    store(database, {"c": "three"})
    report = pack_if_many(database)
    assert report is not None
    assert report.packed == 3
    assert content(database) == stored(database)


def test_an_ingest_of_many_is_packed_and_one_that_cannot_be_is_no_failure(tmp_path: Path, uri: str, database) -> None:
    rows = [
        {"url": f"https://a.example/{n}", "title": f"Wafer {n}", "body": f"Lot {n}."} for n in range(compactor.MANY)
    ]
    (tmp_path / "many.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = run("pipelines", "ingest", tmp_path / "many.jsonl", mongodb_uri=uri)
    assert (done.returncode, done.stderr) == (0, "")
    assert sum(entry.documents for entry in manifest.read(database).segments) == compactor.MANY
    assert snapshot.read(database).pending == ()
    assert database.manifest.find_one({"_id": "lease"}) is None

    database.articles.update_many({}, {"$set": {"pending": True}})
    database.manifest.update_one({"_id": "index"}, {"$set": {"checksum": "wrong"}})
    (tmp_path / "one.jsonl").write_text(json.dumps(rows[0] | {"url": "https://a.example/new", "title": "New"}) + "\n")
    done = run("pipelines", "ingest", tmp_path / "one.jsonl", mongodb_uri=uri)
    assert done.returncode == 0
    assert "1 new" in done.stdout
    schema.check(database, VERSION)
