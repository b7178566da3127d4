"""After ``kill -9`` at any moment, of any of the processes, the next command has a server; ``make soak`` kills more."""

from __future__ import annotations

import os
import random
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest

from store.connection import connect
from store.server import embedded
from tests.store.server.test_embedded import User

pytestmark = pytest.mark.slow

ROUNDS = int(os.environ.get("SOAK", "20"))


def supervisors(data: Path) -> list[int]:
    """The processes of supervisors of *data*, those too that have not written where their server is."""
    return [int(file.parent.name) for file in Path("/proc").glob("[0-9]*/cmdline")
            if b"store.server.supervisor\0" + str(data / "mongod").encode() in read(file)]  # fmt: skip


def mongods(data: Path) -> list[int]:
    return [int(file.parent.name) for file in Path("/proc").glob("[0-9]*/cmdline")
            if b"--dbpath\0" + str(data / "mongod" / "db").encode() in read(file)]  # fmt: skip


def read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:  # the process has ended
        return b""


def kill(pids: list[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def test_the_next_command_has_a_server(tmp_path: Path) -> None:
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    for number in range(ROUNDS):
        user = User(tmp_path)
        time.sleep(chance.choice([chance.uniform(0, 2.5), chance.uniform(0, 0.6)]))
        victims = chance.choice(["user", "supervisor", "mongod", "user and mongod", "all"])
        user.process.kill()
        if victims in ("supervisor", "all"):
            kill(supervisors(tmp_path))
        if victims in ("mongod", "user and mongod", "all"):
            kill(mongods(tmp_path))
        user.process.wait()
        following = User(tmp_path)
        address = following.address()
        assert address, f"round {number}: no server after a kill of {victims}, seed {seed}"
        database = connect(address)
        database.numbers.insert_one({"_id": number})
        assert database.numbers.count_documents({}) == number + 1
        database.client.close()
        following.end()
        user.process.stdin.close()
        user.process.stdout.close()
    assert embedded.stop(tmp_path, timeout=30)
    assert supervisors(tmp_path) == mongods(tmp_path) == []
