"""After ``kill -9`` at any step of matching and sending each story arrives, and twice only under one id."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import cycle, islice
from pathlib import Path

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from alerts import watches
from alerts.runner import Runner
from alerts.targets import target_of
from alerts.watches import Watch, question_of
from similarity.index import SimilarityIndex
from store.connection import connect
from store.server.mongod import find_mongod
from tests.alerts.conftest import Writer
from tests.alerts.killed import STEPS
from tests.alerts.robots import HOOK_HOST, Robots, serving
from tests.commands import run, start

pytestmark = pytest.mark.slow

ROUNDS = int(os.environ.get("SOAK", "8"))
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def robots() -> Iterator[Robots]:
    with serving() as opened:
        yield opened


def deliveries(robots: Robots) -> dict[tuple[str, str], list[str]]:
    """For each watch and article the ids of the messages in which it arrived."""
    found = defaultdict(list)
    for one in robots.received:
        data = json.loads(one.body)["data"]
        for match in data["matches"]:
            found[data["watch"], match["article"]].append(one.headers["webhook-id"])
    return found


class Scores:
    """What a search for *text* has scored articles with, at each moment of ``note``.

    Scores move a little with the statistics of a corpus so small: near the threshold the moment decides.
    """

    def __init__(self, index: SimilarityIndex, text: str) -> None:
        self._index, self._text = index, text
        self._scores: dict[str, list[float]] = defaultdict(list)

    def note(self) -> None:
        """Search now."""
        self._index.refresh()
        for hit in self._index.search(self._text, k=100):
            self._scores[hit.article.id].append(hit.score)

    def reaching(self, threshold: float) -> tuple[set[str], set[str]]:
        """The articles that always had that score, and those that had it once."""
        always, once = ({key for key, found in self._scores.items() if of(found) >= threshold} for of in (min, max))
        return always, once


def test_each_story_arrives_whatever_is_killed(index: SimilarityIndex, writer: Writer, forty, uri, robots) -> None:
    database = index.database
    names = ("first", "second")
    for number, name in enumerate(names):
        question, _ = question_of(index, {"q": forty[number].article.title})
        target = target_of(f"https://{HOOK_HOST}/{name}")
        watches.add(database, Watch(name, question, 0.01, (target,), each_article=number == 1))
    killed = caught = 0
    scores = Scores(index, forty[1].article.title)
    rounds = 0
    # Some rounds end before their step: one article makes no second call of it.
    for number, step in enumerate(islice(cycle(STEPS), 4 * ROUNDS)):
        if killed == ROUNDS:
            break
        rounds += 1
        writer.store([forty[number % len(forty)]])
        if number >= len(forty):  # each article is new once; from then on as if it had never been seen
            database.outbox.delete_many({"article": forty[number % len(forty)].article.id})
            database.articles.update_one(
                {"_id": forty[number % len(forty)].article.id}, {"$set": {"unmatched": "ready"}}
            )
        scores.note()
        before = len(robots.received)
        done = run("tests.alerts.killed", uri, robots.host[1], step, 1 + number // len(STEPS) % 2, mongodb_uri=uri)
        assert done.returncode in (0, -9), done.stderr
        killed += done.returncode == -9
        # A kill catches the senders of both targets; what arrived and is not noted comes again.
        arrived_now = {one.headers["webhook-id"] for one in robots.received[before:]}
        caught += database.messages.count_documents({"_id": {"$in": list(arrived_now)}, "state": "waiting"})
        database.leases.update_many({}, {"$set": {"until": LONG_AGO}})
    assert killed == ROUNDS
    done = run("tests.alerts.killed", uri, robots.host[1], "none", 1, mongodb_uri=uri)
    assert done.returncode == 0, done.stderr

    arrived = deliveries(robots)
    notified = {(row["watch"], row["article"]) for row in database.outbox.find({"notified": True})}
    by_id = {watch.id: watch.name for watch in watches.all_watches(database)}
    assert {(by_id[watch], article) for watch, article in notified} <= arrived.keys()
    surely, perhaps = scores.reaching(0.01)
    assert surely <= {article for name, article in arrived if name == "second"} <= perhaps and surely
    assert database.outbox.count_documents({"waiting": {"$ne": []}}) == 0
    assert database.messages.count_documents({"state": {"$ne": "delivered"}}) == 0
    if len(forty) >= rounds:  # else articles were notified again on purpose
        assert all(len(set(ids)) == 1 for ids in arrived.values()), "twice, but under one id"
    times = Counter(one.headers["webhook-id"] for one in robots.received)
    assert sum(times.values()) - len(times) == caught
    stories = defaultdict(list)
    for row in database.outbox.find({"notified": True, "watch": watches.find(database, "first").id}):
        stories[row["story"]].append(row["article"])
    assert all(len(articles) == 1 for articles in stories.values())


@pytest.fixture
def mongod(tmp_path: Path) -> Iterator[Callable[[], str]]:
    """A function that kills the server of this test, starts it again over the same files, and says its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--bind_ip", "127.0.0.1", "--port", str(port), "--dbpath", str(tmp_path), "--nounixsocket"]
    running: list[subprocess.Popen[bytes]] = []

    def again() -> str:
        if running:
            running[-1].send_signal(signal.SIGKILL)
            running[-1].wait(30)
        running.append(subprocess.Popen([find_mongod(), *options], stdout=subprocess.DEVNULL))
        with MongoClient("127.0.0.1", port, serverSelectionTimeoutMS=20_000) as client:
            client.admin.command("ping")
        return f"mongodb://127.0.0.1:{port}/news?serverSelectionTimeoutMS=2000"

    yield again
    running[-1].send_signal(signal.SIGKILL)
    running[-1].wait(30)


def test_each_story_arrives_though_the_database_is_killed(mongod: Callable[[], str], forty, robots: Robots) -> None:
    uri = mongod()
    database = connect(uri)
    writer = Writer(database)
    with SimilarityIndex.open(uri, live=False) as index:
        question, _ = question_of(index, {"q": forty[0].article.title})
        target = target_of(f"https://{HOOK_HOST}/x")
        watch = watches.add(index.database, Watch("w", question, 0.01, (target,), each_article=True))
        runner = Runner(index)
        runner.start()
        for number in range(min(ROUNDS // 2, len(forty))):
            writer.store([forty[number]])
            time.sleep(random.Random(number).uniform(0.3, 1.2))  # somewhere between matching and the note
            mongod()
        wait_until_sent(index.database, lambda: runner.fault)
        runner.stop()
        arrived = deliveries(robots)
        assert (
            {row["article"] for row in database.outbox.find({"watch": watch.id, "notified": True})}
            == {article for _, article in arrived}
            != set()
        )
        assert all(len(set(ids)) == 1 for ids in arrived.values())
    database.client.close()


@pytest.fixture
def serve(uri: str, robots: Robots) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """A function that starts a server, which matches and sends, and waits until it answers."""
    running: list[subprocess.Popen[str]] = []

    def started() -> subprocess.Popen[str]:
        server = start("tests.alerts.served", robots.host[1], mongodb_uri=uri)
        running.append(server)
        assert server.stdout is not None and "http://" in server.stdout.readline()
        return server

    yield started
    for server in running:
        server.kill()
        server.communicate()


def test_each_story_arrives_though_servers_are_killed(index, writer: Writer, forty, robots: Robots, serve) -> None:
    database = index.database
    question, _ = question_of(index, {"q": forty[0].article.title})
    target = target_of(f"https://{HOOK_HOST}/x")
    watch = watches.add(database, Watch("w", question, 0.01, (target,), each_article=True))
    server, scores = serve(), Scores(index, forty[0].article.title)
    for number, item in enumerate(forty[: ROUNDS // 4]):
        writer.store([item])
        scores.note()
        time.sleep(random.Random(number).uniform(0.2, 1.5))  # somewhere between matching and the note
        server.kill()
        database.leases.update_many({}, {"$set": {"until": LONG_AGO}})
        server = serve()
    wait_until_sent(database, lambda: server.poll())
    surely, perhaps = scores.reaching(0.01)
    arrived = deliveries(robots)
    assert surely <= {article for _, article in arrived} <= perhaps and surely
    assert all(len(set(ids)) == 1 for ids in arrived.values()), "twice, but under one id"
    notified = {row["article"] for row in database.outbox.find({"notified": True, "watch": watch.id})}
    assert notified == {article for _, article in arrived}


def wait_until_sent(database: Database, fault: Callable[[], object]) -> None:
    """Wait until all is matched and delivered."""
    end = time.monotonic() + 120
    while True:
        left = database.articles.count_documents({"unmatched": {"$exists": True}})
        left += database.messages.count_documents({"state": {"$ne": "delivered"}})
        if not left and not database.outbox.count_documents({"waiting": {"$ne": []}}):
            return
        # What failed while the database was away is due in a minute.
        database.messages.update_many({"state": "waiting"}, {"$set": {"next": LONG_AGO}})
        assert time.monotonic() < end, (fault(), left, list(database.messages.find()), list(database.leases.find()))
        time.sleep(0.2)
