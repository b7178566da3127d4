"""The condition of what runs beside the sources, one fault after the other."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from similarity.condition import Check, StoreState, checks, read_state
from similarity.health import health_of
from store.connection import Document
from store.disk import DiskSpace
from store.index import compactor, manifest, preparation
from store.index.manifest import Manifest
from store.layout import LAYOUT
from store.leases import NumberedLease
from tests.commands import run
from text.analysis.analyzer import VERSION

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def prepared(database):
    preparation.prepare(database, VERSION)
    return database


def state_of(database, now: datetime) -> StoreState:
    return read_state(database, now, Path("/"))


def found(database, now: datetime) -> dict[str, Check]:
    """The checks by name, with a disk that has room."""
    state = replace(state_of(database, now), disks={"data": DiskSpace("data", 900 * 2**30, 1000 * 2**30)})
    return {check.name: check for check in checks(state, health_of(database, now, []), now)}


def faults(database, now: datetime) -> dict[str, str]:
    return {name: check.fault for name, check in found(database, now).items() if check.fault}


def test_nothing_is_wrong_with_an_empty_store(database, prepared, now: datetime) -> None:
    assert faults(prepared, now) == {}
    assert state_of(prepared, now).index_version == 1
    assert set(state_of(prepared, now).disks) == {"data", "mongodb"}


def test_articles_that_wait_to_be_packed(prepared, store_texts, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    store_texts(["chips", "wafers", "fabs"])
    first = prepared.articles.find_one(sort=[("revision", 1)])
    prepared.articles.update_many({"revision": first["revision"]}, {"$set": {"stored": now - 20 * MINUTE}})
    assert faults(prepared, now) == {}, "so few need not be packed"
    monkeypatch.setattr("similarity.condition.MIN_PENDING", 3)
    assert state_of(prepared, now).unpacked_since == now - 20 * MINUTE
    assert faults(prepared, now) == {"index": "3 articles wait to be packed, the oldest for 20 min"}
    assert found(prepared, now)["index"].helps == "xinwen compact"
    compactor.compact(prepared)
    assert faults(prepared, now) == {}
    assert "3 articles, the newest stored" in found(prepared, now)["index"].says


def test_an_index_of_another_program(prepared, now: datetime) -> None:
    known = prepared.manifest.find_one({"_id": "index"})
    prepared.manifest.update_one({"_id": "index"}, {"$set": {"analyzer": "0"}})
    assert faults(prepared, now) == {"layout": "the index's manifest is damaged (its checksum is wrong)"}
    assert found(prepared, now)["layout"].helps == "xinwen rebuild"
    prepared.manifest.delete_one({"_id": "index"})
    preparation.prepare(prepared, "0")
    assert faults(prepared, now) == {"layout": f"the index was made by analyzer 0, this program has {VERSION}"}
    assert found(prepared, now)["layout"].helps == "xinwen retokenize"
    old = manifest.document(Manifest(VERSION, 1, format=LAYOUT - 1))
    prepared.manifest.replace_one({"_id": "index"}, old)
    prepared.articles.drop_indexes()  # an old layout has not all of them
    said = f"the store has layout {LAYOUT - 1}, this program writes {LAYOUT}"
    assert faults(prepared, now) == {"layout": said}
    assert found(prepared, now)["layout"].helps == "xinwen upgrade"
    prepared.manifest.replace_one({"_id": "index"}, known | {manifest.RESTORING: {"folder": "/backups/one"}})
    assert faults(prepared, now) == {"layout": "this database has half of a backup"}
    assert found(prepared, now)["layout"].helps == "xinwen restore /backups/one goes on"
    prepared.manifest.replace_one({"_id": "index"}, known)
    assert faults(prepared, now) == {}


def test_a_message_that_nobody_sends(prepared, now: datetime) -> None:
    def row(key: str, watch: str, due: datetime) -> Document:
        waiting = [{"target": "t", "due": due}, {"target": "u", "due": now + HOUR}]
        return {"_id": key, "watch": watch, "article": key, "change": 0, "notified": True, "waiting": waiting}

    watch = {"question": {}, "min_score": 0.5, "made": now}
    prepared.watches.insert_many(
        [{"_id": "w", "name": "w", **watch}, {"_id": "p", "name": "p", "paused": True, **watch}]
    )
    prepared.outbox.insert_many([row("a", "w", now + HOUR), row("b", "p", now - 5 * HOUR), row("c", "w", now - MINUTE)])
    assert faults(prepared, now) == {}, "of a paused watch nothing is due"
    state = state_of(prepared, now)
    assert (state.watches, state.overdue_since) == ({"active": 1, "paused": 1}, now - MINUTE)
    assert state.outbox == {"held": 3, "waiting": 0, "delivered": 0, "failed": 0}
    message = {"watch": "w", "target": "t", "matches": ["a"], "next": now + HOUR}
    quiet = message | {"_id": "q", "state": "waiting", "attempts": 0, "matches": ["q"], "made": now - 3 * HOUR}
    prepared.messages.insert_one(quiet)
    assert faults(prepared, now) == {}, "a message that quiet hours hold is not due"
    prepared.messages.insert_many(
        [
            {"_id": "m", "state": "waiting", "made": now - 2 * HOUR, **message},
            {"_id": "n", "state": "delivered", "made": now - 9 * HOUR, **message | {"matches": ["x"]}},
        ]
    )
    assert faults(prepared, now) == {"outbox": "a message has been due for 2 h"}


def test_a_schedule_that_has_stopped(prepared, now: datetime) -> None:
    for source, next_by in (("sia", now - HOUR), ("wsts", now + HOUR), ("gartner", now - HOUR)):
        run = {"source": source, "verdict": "ok", "why": "", "started": now - 4 * HOUR, "ended": now - 4 * HOUR}
        prepared.runs.insert_one(run | {"next_by": next_by})
    # Gartner is off.
    assert faults(prepared, now) == {"schedule": "1 sources have not been crawled for two rhythms: sia"}
    assert "xinwen crawlall --due" in found(prepared, now)["schedule"].helps


def test_a_disk_that_is_nearly_full(prepared, now: datetime) -> None:
    state = replace(
        state_of(prepared, now),
        disks={"data": DiskSpace("data", 9 * 2**30, 100 * 2**30), "mongodb": DiskSpace("MongoDB", 2**29, 2**32)},
    )
    wrong = [(check.name, check.fault) for check in checks(state, [], now) if check.fault]
    assert wrong == [
        ("disk data", "only 9.0 GiB (9%) is free"),
        ("disk mongodb", "only 0.5 GiB (12%) is free"),
    ]


def test_who_is_at_work(prepared, now: datetime) -> None:
    leases = [NumberedLease(prepared, name) for name in ("index", "sender 0123", "crawl sia")]
    assert all(lease.hold() for lease in leases)
    says = found(prepared, now)["leases"].says
    assert says.startswith("crawl sia by ") and "; index by " in says and "sender" not in says
    for lease in leases:
        lease.release()
    assert found(prepared, now)["leases"].says == "nobody is at work"


def test_how_old_the_last_backup_is(prepared, uri: str, now: datetime, tmp_path: Path) -> None:
    assert "backup" not in found(prepared, now)
    assert run("similarity", "backup", tmp_path / "all", mongodb_uri=uri).returncode == 0
    says = found(prepared, now + 50 * HOUR)["backup"].says
    assert says.startswith("the last 2 d ago, ") and f"{tmp_path}/all/" in says


def test_the_command_tells_monitors(prepared, uri: str, now: datetime) -> None:
    done = run("similarity", "health", "--json", mongodb_uri=uri)
    answer = json.loads(done.stdout)
    names = [check["name"] for check in answer["checks"]]
    assert names == ["schedule", "leases", "index", "layout", "outbox", "disk data", "disk mongodb"]
    assert (done.returncode, answer["status"]) == (1, "failed")  # the sources have never run
