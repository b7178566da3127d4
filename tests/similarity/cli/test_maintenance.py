"""The maintenance commands, as a user calls them."""

from __future__ import annotations

import json

import pytest

from store.index import manifest, preparation
from tests.commands import assert_one_line_error, run
from tests.store.index_content import content, delete, key, store, stored
from text.analysis.analyzer import VERSION

pytestmark = pytest.mark.slow


def test_compact_verify_and_rebuild(uri: str, database) -> None:
    preparation.prepare(database, VERSION)
    store(database, {"a": "one two", "b": "two", "c": "three"})
    done = run("similarity", "compact", mongodb_uri=uri)
    assert (done.returncode, done.stderr) == (0, "")
    assert "3 articles in 1 segments: 3 packed, 0 rows deleted" in done.stdout
    done = run("similarity", "verify", mongodb_uri=uri)
    assert (done.returncode, done.stderr) == (0, "")
    assert "索引与 3 篇文章一致 · the index agrees with the 3 articles" in done.stdout

    database.articles.delete_one({"_id": key("b")})
    done = run("similarity", "verify", "--json", mongodb_uri=uri)
    assert done.returncode == 1
    (difference,) = json.loads(done.stdout)["differences"]
    assert difference == {
        "what": f"segments hold 1 article ({key('b')}), which are not stored",
        "command": "xinwen compact",
    }
    assert "xinwen compact" in run("similarity", "verify", mongodb_uri=uri).stdout
    delete(database, ["a"])
    report = json.loads(run("similarity", "rebuild", "--json", mongodb_uri=uri).stdout)
    assert (report["packed"], report["documents"], report["busy"]) == (1, 1, False)
    assert run("similarity", "verify", mongodb_uri=uri).returncode == 0
    assert content(database) == stored(database)


def test_an_empty_database_and_a_damaged_manifest(uri: str, database) -> None:
    assert "0 articles in 0 segments" in run("similarity", "compact", mongodb_uri=uri).stdout
    assert run("similarity", "verify", mongodb_uri=uri).returncode == 0
    assert manifest.read(database).analyzer == VERSION
    database.manifest.update_one({"_id": "index"}, {"$set": {"terms": 7}})
    damaged = run("similarity", "compact", mongodb_uri=uri)
    assert_one_line_error(damaged, "error: the index's manifest is damaged", "xinwen rebuild")
    assert run("similarity", "rebuild", mongodb_uri=uri).returncode == 0
    assert run("similarity", "verify", mongodb_uri=uri).returncode == 0
