"""The embedded server with real processes: shared, stopped and killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from store.connection import connect
from store.server import embedded, mongod

pytestmark = pytest.mark.slow

USER = """
import sys, time
from pathlib import Path
from pymongo import MongoClient
from store.server.embedded import ensure_running
address = ensure_running(Path(sys.argv[1]), "db")
print(address, flush=True)
sys.stdin.read()
"""


class User:
    """A process that uses the server until ``end`` is called; the one that starts it sets how long it stays idle."""

    def __init__(self, data: Path, idle: float = 0) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", USER, str(data)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[3],
            env=os.environ | {"XINWEN_EMBEDDED_IDLE": str(idle)},
        )

    def address(self) -> str:
        return self.process.stdout.readline().strip()

    def end(self, with_signal: int | None = None) -> None:
        if with_signal:
            self.process.send_signal(with_signal)
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()


@pytest.fixture
def data(tmp_path: Path):
    yield tmp_path
    assert embedded.stop(tmp_path, timeout=30), "the server did not stop"


def state(data: Path) -> dict[str, int]:
    return embedded.read_state(data / "mongod")


def wait_until(condition, seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_two_users_share_one_server_which_stops_after_the_last(data: Path) -> None:
    users = [User(data), User(data)]
    addresses = {user.address() for user in users}
    assert len(addresses) == 1
    assert addresses.pop().startswith("mongodb://127.0.0.1:")
    running = state(data)
    users[0].end()
    time.sleep(1)
    assert is_running(running["mongod"]), "the server stopped although it is used"
    users[1].end()
    wait_until(lambda: not is_running(running["mongod"]) and not is_running(running["supervisor"]))
    assert state(data) == {}


def test_a_killed_user_leaves_no_server_behind(data: Path) -> None:
    user = User(data)
    assert user.address()
    running = state(data)
    user.end(signal.SIGKILL)
    wait_until(lambda: not is_running(running["mongod"]))


def test_an_idle_server_stays_for_the_next_user_and_ends_when_none_comes(data: Path) -> None:
    first = User(data, idle=8)
    address = first.address()
    running = state(data)
    first.end(signal.SIGKILL)
    time.sleep(1)
    second = User(data)
    assert second.address() == address
    second.end()
    time.sleep(6.5)
    assert is_running(running["mongod"]), "the time runs from the last user"
    wait_until(lambda: not is_running(running["mongod"]) and not is_running(running["supervisor"]))
    assert state(data) == {}


def test_an_idle_server_stops_when_it_is_asked_to_unless_it_is_used(data: Path) -> None:
    user = User(data, idle=600)
    assert user.address()
    assert not embedded.stop(data, timeout=1)
    running = state(data)
    assert is_running(running["mongod"])
    user.end()
    assert embedded.stop(data)
    assert not is_running(running["mongod"])


def test_who_comes_while_a_server_ends_gets_one(data: Path) -> None:
    for _ in range(3):
        user = User(data, idle=0.3)
        assert user.address()
        user.end()
        time.sleep(0.45)  # it is about to end, or ending
        user = User(data, idle=0.3)
        with connect(user.address()).client as client:
            client.db.kept.insert_one({})
        user.end()


def test_a_server_that_was_begun_is_the_one_that_is_used(data: Path) -> None:
    embedded.begin(data)
    with connect(embedded.ensure_running(data, "db")).client as client:
        assert client.admin.command("ping")
    running = state(data)
    embedded.begin(data)
    assert embedded.ensure_running(data, "db")
    assert state(data) == running


def test_a_killed_server_is_restarted_with_its_data_at_the_same_address(data: Path) -> None:
    from pymongo import MongoClient

    user = User(data)
    address = user.address()
    with MongoClient(address, serverSelectionTimeoutMS=20000) as client:
        client.db.kept.with_options(write_concern=None).insert_one({"_id": 1})
        client.admin.command("fsync")
        before = state(data)["mongod"]
        os.kill(before, signal.SIGKILL)
        wait_until(lambda: state(data).get("mongod") not in (None, before))
        assert client.db.kept.find_one() == {"_id": 1}
    user.end()


def test_a_write_waits_until_the_server_is_primary_again(data: Path) -> None:
    with connect(embedded.ensure_running(data, "db")).client as client:
        client.admin.command("replSetStepDown", 2, force=True)
        client.db.kept.insert_one({"_id": 1})
        assert client.db.kept.find_one() == {"_id": 1}


def test_a_killed_supervisor_is_replaced_by_the_next_user(data: Path) -> None:
    first = User(data)
    address = first.address()
    before = state(data)
    os.kill(before["supervisor"], signal.SIGKILL)
    wait_until(lambda: not is_running(before["mongod"]))
    second = User(data)
    assert second.address() == address, "a data folder keeps its port while that is free"
    assert state(data)["supervisor"] != before["supervisor"]
    first.end()
    second.end()


def test_a_server_that_cannot_start_is_an_error_of_one_line(data: Path) -> None:
    (data / "mongod").mkdir()
    (data / "mongod" / "db").write_text("not a folder")
    user = subprocess.run(
        [sys.executable, "-m", "similarity", "search", "x"],
        env=os.environ | {"XINWEN_DATA": str(data)},
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[3],
        check=False,
    )
    assert user.returncode == 1
    assert user.stderr.startswith("error: embedded MongoDB does not start")
    assert user.stderr.count("\n") == 1


def test_a_server_that_is_stopped_by_a_signal_is_named_with_what_helps(data: Path, monkeypatch) -> None:
    user = User(data)
    user.address()
    pid = state(data)["mongod"]
    monkeypatch.setattr(embedded, "START_TIMEOUT", 1.0)
    os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(
            embedded.EmbeddedServerError, match=f"its process {pid} is there and does not answer"
        ) as told:
            embedded.ensure_running(data, "db")
    finally:
        os.kill(pid, signal.SIGCONT)
    assert f"kill -CONT {pid}" in str(told.value) and str(told.value).endswith("mongod.log)")
    user.end()


def test_mongod_runs_where_the_system_has_no_libcurl(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(mongod, "_has_curl", lambda: False)
    environment = mongod.environment(tmp_path)
    linked = subprocess.run(
        ["ldd", mongod.find_mongod()], env=environment, capture_output=True, text=True, check=True
    ).stdout
    assert f"libcurl.so.4 => {tmp_path}/lib/libcurl.so.4" in linked
    assert "not found" not in linked
    assert (
        subprocess.run(
            [mongod.find_mongod(), "--version"], env=environment, capture_output=True, check=False
        ).returncode
        == 0
    )


def test_the_server_keeps_no_snapshot_history(database) -> None:
    """With a history of minutes each query for pending articles would skip all that were packed in these minutes."""
    name = "minSnapshotHistoryWindowInSeconds"
    assert database.client.admin.command("getParameter", **{name: 1})[name] == 0
