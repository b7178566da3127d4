"""A wrong password, a wrong name of the set, and a set without majority: one line, and no password in it."""

from __future__ import annotations

import pytest
from pymongo.database import Database

from store.connection import Document
from tests.commands import assert_one_line_error, run
from tests.replicas.replica_set import NAME, PASSWORD, ReplicaSet
from tests.similarity.conftest import storing_in

pytestmark = pytest.mark.slow

HIDDEN = (PASSWORD, "p@ss-word", "ss-word", "wrong-one")


def assert_refused(done, *parts: str) -> None:
    assert_one_line_error(done, *parts)
    for password in HIDDEN:
        assert password not in done.stdout + done.stderr


@pytest.mark.parametrize("command", ["search", "compact"])
def test_a_wrong_password_is_not_shown(uri: str, command: str) -> None:
    text = ["wafer"] if command == "search" else []
    done = run("similarity", command, *text, mongodb_uri=uri.replace(PASSWORD, "wrong-one"))
    assert_refused(done, "xinwen:***@127.0.0.1", "refuses the user or password")


def test_a_wrong_name_of_the_set(uri: str) -> None:
    address = uri.replace(f"replicaSet={NAME}", "replicaSet=olds")
    done = run("similarity", "compact", mongodb_uri=address, xinwen_timeout=2)
    assert_refused(done, "its set is not called 'olds'")


def test_a_set_without_majority_refuses_writers_and_serves_readers(
    uri: str, database: Database[Document], replicas: ReplicaSet
) -> None:
    storing_in(database)(["wafer one"])
    with replicas.without_majority():
        done = run("similarity", "compact", mongodb_uri=uri, xinwen_timeout=2)
        assert_refused(done, "no primary", "start those that are down")
        done = run("similarity", "verify", mongodb_uri=uri, xinwen_timeout=2)
        assert_refused(done, "no primary")
        found = run("similarity", "search", "wafer", mongodb_uri=uri, xinwen_timeout=2)
        assert (found.returncode, "a.example/wafer" in found.stdout) == (0, True), found.stderr
        assert "p@ss" not in found.stderr + found.stdout
