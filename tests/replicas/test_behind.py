"""Members that are behind or asleep: no reader goes back in time, and a lease has one holder."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from pymongo.database import Database
from pymongo.errors import PyMongoError

from similarity.index import SimilarityIndex
from store.connection import Document, connect
from store.index.compactor import compact
from store.leases import NumberedLease
from store.settings import settings
from tests.replicas.replica_set import Member, ReplicaSet
from tests.similarity.conftest import storing_in

pytestmark = pytest.mark.slow

SECONDS = 2.0
"""Of the lease."""


@pytest.fixture
def impatient(monkeypatch) -> Iterator[None]:
    """Two seconds for an operation in place of ten."""
    monkeypatch.setenv("XINWEN_TIMEOUT", "2")
    settings.cache_clear()
    yield
    settings.cache_clear()


@contextmanager
def locked(replicas: ReplicaSet, member: Member) -> Iterator[None]:
    """*member* answers, but takes nothing over from the primary."""
    with replicas.client(member) as client:
        client.admin.command("fsync", lock=True)
        try:
            yield
        finally:
            client.admin.command("fsyncUnlock")


def versions(index: SimilarityIndex, seconds: float) -> list[tuple[int, int, int]]:
    """Version, newest revision and number of articles of each refresh; those that fail leave what there was."""
    seen = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            index.refresh()
        except Exception as error:
            assert "MongoDB" in str(error)
        seen.append((index.status.version, index.newest, len(index)))
        time.sleep(0.02)
    return seen


@pytest.mark.usefixtures("impatient")
def test_a_reader_of_secondaries_does_not_go_back_when_it_meets_one_that_is_behind(
    replicas: ReplicaSet, uri: str, database: Database[Document]
) -> None:
    store = storing_in(database)
    store(["wafer one", "wafer two"])
    behind, _ = replicas.secondaries()
    with SimilarityIndex.open(f"{uri}&readPreference=secondary&localThresholdMS=1000", live=False) as index:
        with locked(replicas, behind):
            store(["wafer three"])
            compact(database)
            end = time.monotonic() + 30
            while len(index) < 3:  # it may ask the one that is behind first
                versions(index, 0.1)
                assert time.monotonic() < end
            seen = versions(index, 4)
        seen += versions(index, 1)
    assert seen == sorted(seen)
    assert seen[-1][2] == 3


def test_a_reader_does_not_go_back_when_the_primary_sleeps_and_wakes_up(
    replicas: ReplicaSet, uri: str, database: Database[Document]
) -> None:
    store = storing_in(database)
    store(["wafer one"])
    seen: list[tuple[int, int, int]] = []
    stopping = threading.Event()
    with SimilarityIndex.open(uri) as index:

        def look() -> None:
            while not stopping.is_set():
                seen.append((index.status.version, index.newest, len(index)))
                assert index.search("wafer", k=1) is not None
                time.sleep(0.01)

        looking = threading.Thread(target=look)
        looking.start()
        with replicas.paused(replicas.primary()):
            store(["wafer two"])
            compact(database)
        store(["wafer three"])
        replicas.wait_until_whole()
        end = time.monotonic() + 30
        while len(index) < 3:
            assert time.monotonic() < end, index.status.fault
            time.sleep(0.05)
        stopping.set()
        looking.join(30)
    assert seen == sorted(seen)


@dataclass
class Holder:
    """Asks for a lease again and again; ``held`` has the spans in which it took it for its own, with its number."""

    database: Database[Document]
    stopping: threading.Event
    held: list[tuple[float, float, int]] = field(default_factory=list)

    def run(self) -> None:
        """Until ``stopping``; an attempt that fails says nothing about the lease."""
        lease = NumberedLease(self.database, "one", SECONDS)
        while not self.stopping.is_set():
            begin = time.monotonic()
            try:
                if lease.hold():
                    # From the answer on, and as long as the lease lasts from the moment that it was asked for.
                    since, until = time.monotonic(), begin + SECONDS
                    if since < until:  # this thread may have had to wait for its turn
                        self.held.append((since, until, lease.number))
            except PyMongoError:
                continue
            time.sleep(SECONDS / 4)


def test_a_lease_has_one_holder_whichever_member_dies_or_sleeps(
    replicas: ReplicaSet, uri: str, database: Database[Document]
) -> None:
    stopping = threading.Event()
    holders = [Holder(connect(uri), stopping) for _ in range(3)]
    threads = [threading.Thread(target=holder.run) for holder in holders]
    for thread in threads:
        thread.start()
    time.sleep(1)
    killed = replicas.kill_primary()
    replicas.primary()
    time.sleep(1)
    killed.start()
    replicas.wait_until_whole()
    with replicas.paused(replicas.primary()):
        time.sleep(5)
    replicas.wait_until_whole()
    time.sleep(1)
    stopping.set()
    for thread, holder in zip(threads, holders, strict=True):
        thread.join(60)
        holder.database.client.close()
    spans = sorted((*span, number) for number, holder in enumerate(holders) for span in holder.held)
    for (_, until, number, holder), (since, _, next_number, next_holder) in pairwise(spans):
        assert next_number >= number
        if holder != next_holder:
            assert since >= until, "two had it at a time"
            assert next_number > number
    assert len(spans) > 5
