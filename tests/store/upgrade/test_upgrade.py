"""Stores of every layout that there was are brought up to date, also when the upgrade is killed at any step."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from bson import json_util
from pymongo.database import Database

from similarity.index import SimilarityIndex
from store import leases, schema
from store.connection import connect
from store.documents import articles
from store.index import compactor, manifest, preparation
from store.index.preparation import IndexMismatch, layout_of
from store.index.verify import verify
from store.layout import LAYOUT
from store.upgrade.run import UpgradeBusy, upgrade
from tests.commands import PROJECT, assert_one_line_error, run, run_fresh
from text.analysis.analyzer import VERSION

DUMPS = sorted((Path(__file__).parents[1] / "layouts").glob("*.jsonl"))


def rows_of(dump: Path) -> list[dict[str, Any]]:
    """The lines of *dump*, see ``tests/store/layouts/make.py``."""
    options = json_util.JSONOptions(tz_aware=True)
    return [json_util.loads(line, json_options=options) for line in dump.read_text("utf-8").splitlines()]


def layout_of_dump(dump: Path) -> int:
    return int(dump.stem.split("-")[0])


def fill(database: Database[dict[str, Any]], dump: Path) -> None:
    """Bring *dump* into the empty *database*, with its validators and MongoDB indexes."""
    for name in database.list_collection_names():
        database.drop_collection(name)
    for row in rows_of(dump):
        if "collection" in row:
            database.create_collection(row["collection"], **row["options"])
            for index in row["indexes"]:
                options = {name: value for name, value in index.items() if name not in ("v", "key")}
                database[row["collection"]].create_index([*index["key"].items()], **options)
        else:
            database[row["in"]].insert_one(row["document"])


def assert_up_to_date(database: Database[dict[str, Any]], dump: Path) -> None:
    """Layout, validators and MongoDB indexes are those of an empty store; the articles are the old ones."""
    assert layout_of(database) == LAYOUT
    found = {one["name"]: one["options"].get("validator") for one in database.list_collections()}
    assert {name: found[name] for name in schema.VALIDATORS} == {
        name: schema.validator_of(name) for name in schema.VALIDATORS
    }
    for name, indexes in schema.INDEXES.items():
        assert {index.document["name"] for index in indexes} <= database[name].index_information().keys()
    assert database.manifest.find_one({"_id": "lease"}) is None
    before = {row["document"]["_id"]: row["document"] for row in rows_of(dump) if row.get("in") == "articles"}
    now = {row["_id"]: row for row in database.articles.find()}
    assert now.keys() == before.keys() and len(now) == 3
    for key, row in before.items():
        assert {name: now[key][name] for name in row} == row
    assert set(articles.read(database, now)) == set(now)
    analyzer = manifest.read(database).analyzer
    preparation.prepare(database, analyzer)
    compactor.compact(database, thorough=True, grace=0)
    assert verify(database, analyzer) == []
    assert sum(entry.documents for entry in manifest.read(database).segments) == 3


@pytest.mark.parametrize("dump", DUMPS, ids=lambda dump: dump.stem)
def test_a_store_of_an_old_layout_is_brought_up_to_date(database, dump: Path) -> None:
    fill(database, dump)
    database.manifest.insert_one({"_id": "lease", "owner": "a:1:2"})  # of a compactor that was killed
    with pytest.raises(IndexMismatch, match=rf"the store has layout {layout_of_dump(dump)}, .*xinwen upgrade"):
        preparation.prepare(database, VERSION)
    heard = []
    assert upgrade(database, lambda *work: heard.append(work)) == [*range(layout_of_dump(dump) + 1, LAYOUT + 1)]
    assert heard[-1] == (LAYOUT, "manifest")
    assert upgrade(database) == []
    assert_up_to_date(database, dump)


def test_notifications_and_digests_get_the_names_of_today(database) -> None:
    (dump,) = (dump for dump in DUMPS if dump.stem == "2-unreleased")
    fill(database, dump)
    row = {"_id": "o", "watch": "w", "article": "a", "change": 0, "waiting": []}
    database.outbox.insert_one(row | {"told": True})
    sent = {"_id": "d", "sent": datetime(2026, 11, 30, tzinfo=UTC)}
    database.digests.insert_one(sent | {"told": ["s"]})
    upgrade(database)
    assert [*database.outbox.find()] == [row | {"notified": True}]
    assert [*database.digests.find()] == [sent | {"stories": ["s"]}]


@pytest.mark.slow
def test_an_upgrade_that_was_killed_at_any_step_goes_on(database, uri: str) -> None:
    dump = DUMPS[0]  # of layout 1, which takes every step
    fill(database, dump)
    heard: list[Any] = []
    upgrade(database, lambda *work: heard.append(work))
    assert {layout for layout, _ in heard} == {2, LAYOUT}
    for step in range(1, len(heard) + 1):
        fill(database, dump)
        killed = run("tests.store.upgrade.killed", uri, step)
        assert killed.returncode == -signal.SIGKILL, f"step {step}"
        assert layout_of(database) == heard[step - 1][0] - 1, "the number comes last"
        with pytest.raises(UpgradeBusy, match="is at work; try again"):
            upgrade(database)
        database.leases.update_many({}, {"$set": {"until": leases._NEVER}})
        upgrade(database)
        assert_up_to_date(database, dump)


@pytest.fixture
def current(database, uri: str) -> Iterator[SimilarityIndex]:
    """An index that was opened before the upgrade, over the store of the present analyzer."""
    fill(database, DUMPS[-1])
    assert layout_of(database) < LAYOUT
    with SimilarityIndex.open(uri, live=False) as index:
        yield index


def test_readers_answer_before_during_and_after(database, uri: str, current: SimilarityIndex) -> None:
    question = "packaging capacity HBM4"
    before = [(hit.article.id, hit.score) for hit in current.search(question)]
    assert before

    def ask(layout: int, work: str) -> None:
        current.refresh()
        assert [(hit.article.id, hit.score) for hit in current.search(question)] == before
        with SimilarityIndex.open(uri, live=False) as fresh:
            assert [(hit.article.id, hit.score) for hit in fresh.search(question)] == before

    assert upgrade(database, ask)
    ask(LAYOUT, "afterwards")


def test_the_command(database, uri: str) -> None:
    fill(database, DUMPS[0])
    done = run("similarity", "health", mongodb_uri=uri)
    assert "the store has layout 1, this program writes 3: xinwen upgrade" in done.stdout
    fill(database, DUMPS[1])
    assert_one_line_error(run("similarity", "compact", mongodb_uri=uri), "layout 2", "xinwen upgrade")
    with connect(uri).client:
        done = run("similarity", "upgrade", mongodb_uri=uri)
    assert (done.returncode, done.stderr) == (0, "")
    assert "upgraded from layout 2 to 3" in done.stdout and "xinwen retokenize" in done.stdout
    done = run("similarity", "retokenize", mongodb_uri=uri)
    assert done.returncode == 0, done.stderr
    done = run("similarity", "upgrade", "--json", mongodb_uri=uri)
    assert json.loads(done.stdout) == {"before": LAYOUT, "layout": LAYOUT, "steps": [], "retokenize": False}
    assert "先进封装产能" in run("similarity", "search", "先进封装产能", mongodb_uri=uri).stdout


def test_layout_1_is_not_searched_before_the_upgrade_and_nothing_says_so(database, uri: str) -> None:
    fill(database, DUMPS[0])
    for command in ("search chips", "verify", "prune"):
        refused = run("similarity", *command.split(), mongodb_uri=uri)
        assert_one_line_error(refused, "layout 1", "xinwen upgrade converts it; it is searched after that")


def test_a_newer_layout_is_refused_by_every_command_with_one_line(database, uri: str, tmp_path: Path) -> None:
    preparation.prepare(database, VERSION)
    database.manifest.update_one({"_id": "index"}, {"$set": {"format": LAYOUT + 1}})
    before = database.manifest.find_one({"_id": "index"})
    commands = ["search chips", "compact", "upgrade", "export --out x.csv", "verify", "prune", f"backup {tmp_path}"]
    commands += ["stats", "token add me", "delete x"]
    for command in commands:
        refused = run("similarity", *command.split(), mongodb_uri=uri)
        assert_one_line_error(refused, f"layout {LAYOUT + 1}", f"none later than {LAYOUT}", "newer version of Xinwen")
    refused = run_fresh("similarity", "watch", "remove", "w", mongodb_uri=uri)
    assert_one_line_error(refused, f"layout {LAYOUT + 1}", f"none later than {LAYOUT}")
    assert database.manifest.find_one({"_id": "index"}) == before
    assert database.leases.count_documents({}) == 0 and database.tokens.count_documents({}) == 0
    assert not [*tmp_path.iterdir()]
    assert not (PROJECT / "x.csv").exists()
