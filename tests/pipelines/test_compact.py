"""Compaction at the end of a crawl or an ingest."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.compact import compact_if_worth_while
from store.index import compactor, manifest, preparation, snapshot
from store.leases import INDEX, holder_of
from tests.commands import PROJECT, environment
from tests.store.index_content import content, store, stored
from text.analysis.analyzer import VERSION

pytestmark = pytest.mark.slow


def test_few_articles_stay_pending_and_many_are_compacted(database, monkeypatch) -> None:
    preparation.prepare(database, "test")
    monkeypatch.setattr(compactor, "MIN_PENDING", 3)
    store(database, {"a": "one", "b": "two"})
    assert compact_if_worth_while(database) is None
    assert len(snapshot.read(database).pending) == 2
    store(database, {"c": "three"})
    report = compact_if_worth_while(database)
    assert report is not None
    assert report.packed == 3
    assert content(database) == stored(database)


_SLOW = """
import sys, time
from pathlib import Path
import pipelines.store
from pipelines.ingest.files import InputFile
from pipelines.ingest.ingest import ingest
from store.index import compactor

def slow(*arguments, write=pipelines.store.write, **options):
    time.sleep(0.5)
    return write(*arguments, **options)

compactor.MIN_PENDING = 3
pipelines.store.write = slow
report = ingest([InputFile(Path(sys.argv[1]))])
print(report.new, report.failed)
"""


def test_the_last_batch_is_compacted_and_a_damaged_manifest_is_no_failure(tmp_path: Path, uri: str, database) -> None:
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
    assert holder_of(database, INDEX) is None

    database.articles.update_many({}, {"$set": {"pending": True}})
    database.manifest.update_one({"_id": "index"}, {"$set": {"checksum": "wrong"}})
    assert ingested("four") == "1"
    preparation.check(database, VERSION)
