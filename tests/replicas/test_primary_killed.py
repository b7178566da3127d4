"""The primary of three is killed with -9 during a crawl, a compaction and a delivery: writers wait and go on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from pymongo.database import Database

from alerts import watches
from alerts.runner import Runner
from alerts.targets import target_of
from alerts.watches import Watch, question_of
from similarity.index import SimilarityIndex
from store.connection import SAMPLES, Document, another_database, connect
from store.index import merge_policy, preparation
from store.index.compactor import STEPS, compact
from store.index.verify import verify
from tests.alerts.conftest import Writer, articles, tokenized
from tests.alerts.robots import HOOK_HOST, Robots, serving
from tests.alerts.test_kills import deliveries
from tests.commands import PROJECT, start
from tests.replicas.replica_set import ReplicaSet
from tests.store.index.test_compactor_killed import assert_settled, compact_in_time, leave_work, stored

pytestmark = pytest.mark.slow

SOURCE = "semi"
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def crawl(uri: str, replicas: ReplicaSet | None = None, articles_before: int = 0) -> Document:
    """The record of a crawl of the sample web; *replicas*: kill the primary when so many articles are stored."""
    crawling = start(
        "scrapy", "crawl", SOURCE, "-s", "DOWNLOAD_DELAY=0.2", "-s", "RANDOMIZE_DOWNLOAD_DELAY=0",
        mongodb_uri=uri, xinwen_sample_web=PROJECT / "samples",
    )  # fmt: skip
    address = another_database(uri, connect_name(uri) + SAMPLES)
    with connect(address).client as client:
        database = client.get_default_database()
        if replicas:
            while database.articles.estimated_document_count() < articles_before:
                assert crawling.poll() is None, crawling.communicate()[1]
                time.sleep(0.02)
            killed = replicas.kill_primary()
        _, log = crawling.communicate(timeout=120)
        if replicas:
            killed.start()
            replicas.wait_until_whole()
        assert crawling.returncode == 0, log
        assert "lost, not stored" not in log
        record = database.runs.find_one({"source": SOURCE})
        assert record, log
        record["ids"] = {row["_id"] for row in database.articles.find({}, {"_id": 1})}
        assert verify(database, preparation_version(database)) == []
        client.drop_database(database.name)
    return record


def connect_name(uri: str) -> str:
    """The name of the database in *uri*."""
    return uri.rpartition("/")[2].partition("?")[0]


def preparation_version(database: Database[Document]) -> str:
    """The analyzer of the index."""
    row = database.manifest.find_one({"_id": "index"})
    assert row
    return str(row["analyzer"])


def test_a_crawl_waits_for_the_next_primary_and_stores_what_it_would_have_stored(
    uri: str, replicas: ReplicaSet, rounds: int
) -> None:
    undisturbed = crawl(uri)
    assert undisturbed["new"] == len(undisturbed["ids"]) > 5
    for number in range(rounds):
        record = crawl(uri, replicas, articles_before=1 + 3 * number % (undisturbed["new"] - 2))
        assert record["ids"] == undisturbed["ids"]
        assert (record["verdict"], record["new"]) == ("ok", undisturbed["new"]), record


def test_a_compaction_waits_for_the_next_primary_and_goes_on(
    database: Database[Document], replicas: ReplicaSet, rounds: int, monkeypatch
) -> None:
    monkeypatch.setattr(merge_policy, "SEGMENTS_PER_TIER", 2)
    preparation.prepare(database, "test")
    steps = STEPS if rounds >= len(STEPS) else ("segment written", "committed")
    for step in steps:
        for name in ("articles", "deleted", "segments", "manifest"):
            database[name].delete_many({})
        preparation.prepare(database, "test")
        leave_work(database)
        expected = stored(database)
        killed = []

        def kill(name: str, step: str = step, killed: list = killed) -> None:
            if name == step and not killed:
                killed.append(replicas.kill_primary())

        report = compact(database, step=kill, grace=0)
        assert killed and not report.busy, step
        killed[0].start()
        replicas.wait_until_whole()
        compact_in_time(database, 60)
        assert_settled(database, expected)


@pytest.fixture
def robots() -> Iterator[Robots]:
    with serving() as opened:
        yield opened


def test_each_story_arrives_though_the_primary_is_killed(
    uri: str, database: Database[Document], replicas: ReplicaSet, rounds: int, robots: Robots
) -> None:
    items = [tokenized(article) for article in articles(2 * rounds + 2)]
    writer = Writer(database)
    with SimilarityIndex.open(uri) as index:
        question, _ = question_of(index, {"q": items[0].article.title})
        target = target_of(f"https://{HOOK_HOST}/x")
        watch = watches.add(database, Watch("w", question, 0.001, (target,), each_article=True))
        runner = Runner(index)
        runner.start()
        for number in range(rounds):
            # The first is matched or sent when the primary dies; the second is stored while there is none.
            writer.store([items[2 * number]])
            time.sleep(0.3 * (number % 4))
            killed = replicas.kill_primary()
            writer.store([items[2 * number + 1]])
            killed.start()
            replicas.wait_until_whole()
        end = time.monotonic() + 60
        while database.articles.count_documents({"unmatched": {"$exists": True}}) or is_waiting(database):
            # What failed while there was no primary is due in a minute.
            database.messages.update_many({"state": "waiting"}, {"$set": {"next": LONG_AGO}})
            assert time.monotonic() < end, runner.fault
            time.sleep(0.2)
        runner.stop()
    notified = {row["article"] for row in database.outbox.find({"watch": watch.id, "notified": True})}
    arrived = {article: ids for (_, article), ids in deliveries(robots).items()}
    assert notified == arrived.keys() != set()
    assert database.articles.count_documents({}) == 2 * rounds
    assert all(len(set(ids)) == 1 for ids in arrived.values()), "twice, but under one id"


def is_waiting(database: Database[Document]) -> bool:
    """Whether a match or a message has not been delivered yet."""
    return bool(
        database.outbox.count_documents({"waiting": {"$ne": []}})
        or database.messages.count_documents({"state": {"$ne": "delivered"}})
    )
