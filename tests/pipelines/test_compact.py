"""Packing at the end of a crawl or an ingest."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from pipelines.pack import pack_if_many
from store import compactor, manifest, schema, snapshot
from tests.commands import PROJECT, environment
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


_SLOW = """
import sys, time
from pathlib import Path
import pipelines.store
from pipelines.files import Found
from pipelines.ingest import ingest
from store import compactor

def slow(*entries, write=pipelines.store.write):
    time.sleep(0.5)
    return write(*entries)

compactor.MANY = 3
pipelines.store.write = slow
report = ingest([Found(Path(sys.argv[1]))])
print(report.new, report.failed)
"""


def test_the_last_batch_is_packed_too_and_what_cannot_be_is_no_failure(tmp_path: Path, uri: str, database) -> None:
    def ingested(*titles: str) -> str:
        rows = [{"url": f"https://a.example/{title}", "title": title, "body": f"Lot {title}."} for title in titles]
        (tmp_path / "some.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        command = [sys.executable, "-c", _SLOW, str(tmp_path / "some.jsonl")]
        done = subprocess.run(
            command, cwd=PROJECT, env=environment(mongodb_uri=uri), capture_output=True, text=True, check=True
        )
        assert done.stderr == ""
        return done.stdout.strip()

    assert ingested("one", "two", "three") == "3"
    assert sum(entry.documents for entry in manifest.read(database).segments) == 3
    assert snapshot.read(database).pending == ()
    assert database.manifest.find_one({"_id": "lease"}) is None

    database.articles.update_many({}, {"$set": {"pending": True}})
    database.manifest.update_one({"_id": "index"}, {"$set": {"checksum": "wrong"}})
    assert ingested("four") == "1"
    schema.check(database, VERSION)
