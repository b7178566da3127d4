"""One replica set for all tests of this folder, whole at the start of each, and rounds in which its primary is killed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from uuid import uuid4

import pytest
from pymongo.database import Database

from store.connection import Document, connect
from tests.replicas.replica_set import ReplicaSet


@pytest.fixture(scope="session")
def running_set(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReplicaSet]:
    """Three members that run for the whole session."""
    replicas = ReplicaSet(tmp_path_factory.mktemp("replicas"))
    try:
        replicas.start()
        yield replicas
    finally:
        replicas.stop()


@pytest.fixture
def replicas(running_set: ReplicaSet) -> ReplicaSet:
    """The set with all its members."""
    running_set.wait_until_whole()
    return running_set


@pytest.fixture
def uri(replicas: ReplicaSet) -> Iterator[str]:
    """Address of an empty database of the set, gone after the test."""
    address = replicas.uri(f"test_{uuid4().hex[:12]}")
    yield address
    replicas.wait_until_whole()
    with connect(address).client as client:
        client.drop_database(client.get_default_database().name)


@pytest.fixture
def database(uri: str) -> Iterator[Database[Document]]:
    """The empty database itself."""
    opened = connect(uri)
    yield opened
    opened.client.close()


@pytest.fixture(scope="session")
def rounds() -> int:
    """How often the primary is killed during each kind of work: twice, or ten times with SOAK."""
    return 10 if os.environ.get("SOAK") else 2
