"""Keeps one mongod running while any process uses it. Started by ``store.server.embedded``, not by hand."""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from store.server.embedded import REPLICA_SET, STOP, running_port
from store.server.endurance import LogFile, Restarts, keep_port, kept_port
from store.server.mongod import environment, find_mongod
from store.server.write_block import WriteBlock
from store.settings import settings

if TYPE_CHECKING:
    from pymongo import MongoClient

READY_TIMEOUT = 55.0  # seconds
POLL = 0.2  # seconds between two checks of the users' lock and of mongod
LEFT_TIMEOUT = 30.0  # seconds
PORT_TIMEOUT = 3.0  # seconds; a connection of a moment, or a mongod that is ending, may have the port

_NOT_INITIATED = 94  # MongoDB's error code


def main(folder: Path) -> None:
    """Run mongod on *folder* until it is idle, see ``Idle``; exits with a message of one line if it cannot."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    own = (folder / "supervisor.lock").open("a")
    if not _becomes_the_only_one(folder, own):
        return
    idle = Idle(folder, settings().embedded_idle)
    (folder / "db").mkdir(exist_ok=True)
    (folder / STOP).unlink(missing_ok=True)  # of a process that was killed while it waited for the server before
    _wait_for_left_mongod(folder)
    port = _free_port(kept_port(folder))  # only now: the mongod that was left had it
    mongod = _launch(folder, port)
    try:
        _make_ready(mongod, port)
        _write_state(folder, port, mongod.pid)
        restarts, log = Restarts(), LogFile(folder)
        block = WriteBlock(folder)
        while not idle.has_passed():
            if mongod.poll() is not None:
                if restarts.is_one_too_many():
                    sys.exit(f"mongod ended {restarts}, last with status {mongod.returncode}")
                mongod = _launch(folder, port)
                _make_ready(mongod, port)
                _write_state(folder, port, mongod.pid)
            block.update(port)
            log.limit(mongod.pid)
            time.sleep(POLL)
    finally:
        _shut_down(mongod)
        # The users' lock is released only after this: a new user finds either a running server or none.
        (folder / "server.json").unlink(missing_ok=True)


def _becomes_the_only_one(folder: Path, own: IO[str]) -> bool:
    """Whether this process is the supervisor of *folder* from now on; not while another one's server runs.

    The process that started the other one may have been killed before that wrote where its server is. Exits where the
    other neither ends nor serves.
    """
    deadline = time.monotonic() + READY_TIMEOUT
    while not _take_lock(own):
        if running_port(folder):
            return False
        if time.monotonic() > deadline:
            sys.exit(f"another supervisor holds {folder} and serves nothing")
        time.sleep(POLL)
    return True


def _wait_for_left_mongod(folder: Path) -> None:
    """Wait while a mongod ends that a killed supervisor has left; two on one folder are refused.

    Its lock on the folder says that it lives. Its name in ``/proc`` does not: the kernel takes that from a process that
    was killed before it closes the files and the sockets.
    """
    deadline = time.monotonic() + LEFT_TIMEOUT
    try:
        with (folder / "db" / "mongod.lock").open() as lock:
            while not _take_lock(lock) and time.monotonic() < deadline:
                time.sleep(POLL / 4)
    except FileNotFoundError:
        return  # no mongod was ever here


class Idle:
    """How long nobody has used the server of *folder*; after *seconds*, or once asked to stop, it is to end."""

    def __init__(self, folder: Path, seconds: float) -> None:
        self._users, self._stop, self._seconds = (folder / "users.lock").open("a"), folder / STOP, seconds
        self._since: float | None = None
        self._last_user = 0.0

    def has_passed(self) -> bool:
        """Whether the server is to end. The users' lock is then kept, so that new users wait until this process ends.

        To be asked again and again.
        """
        if not _take_lock(self._users):
            self._since = None
            return False
        now, last_user = time.monotonic(), os.fstat(self._users.fileno()).st_mtime
        if self._since is None or last_user != self._last_user:
            self._since, self._last_user = now, last_user
        if now - self._since >= self._seconds or self._stop.exists():
            return True
        fcntl.flock(self._users, fcntl.LOCK_UN)
        return False


def _launch(folder: Path, port: int) -> subprocess.Popen[bytes]:
    binary = find_mongod()
    command: list[str] = [str(binary), "--replSet", REPLICA_SET, "--bind_ip", "127.0.0.1", "--port", str(port)]
    command += ["--dbpath", str(folder / "db"), "--logpath", str(folder / "mongod.log"), "--nounixsocket"]
    command += ["--quiet", "--logappend", "--logRotate", "reopen"]  # see LogFile
    command += ["--wiredTigerCacheSizeGB", str(settings().embedded_cache_mb / 1024), "--oplogSize", "256"]
    command += ["--setParameter", "diagnosticDataCollectionEnabled=false"]
    # No snapshot history: nothing reads the past, and for five minutes after a million articles were packed the query
    # for pending articles would have to skip a million index entries that are gone.
    command += ["--setParameter", "minSnapshotHistoryWindowInSeconds=0"]
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=sys.stderr,
        env=environment(folder),
        preexec_fn=_die_with_parent,
    )


def _die_with_parent() -> None:
    # kill -9 of the supervisor must not leave a server that no process will ever stop.
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


def _make_ready(mongod: subprocess.Popen[bytes], port: int) -> None:
    """Wait until mongod answers and is the primary of its one-member replica set."""
    from pymongo import MongoClient  # while mongod starts: loading it takes as long as that
    from pymongo.errors import PyMongoError

    client: MongoClient[dict[str, Any]] = MongoClient(
        "127.0.0.1", port, directConnection=True, serverSelectionTimeoutMS=200, connectTimeoutMS=2000
    )
    member = {"_id": 0, "host": f"127.0.0.1:{port}"}
    deadline = time.monotonic() + READY_TIMEOUT
    with client:
        while time.monotonic() < deadline:
            if mongod.poll() is not None:
                sys.exit(_why_it_ended(mongod.returncode))
            try:
                if client.admin.command("hello")["isWritablePrimary"]:
                    return
                _configure(client, member)
            except PyMongoError:
                pass  # not listening yet, or changing its state; the deadline ends the wait
            time.sleep(0.05)
    sys.exit(f"mongod on port {port} is not primary after {READY_TIMEOUT:.0f} s")


def _configure(client: MongoClient[dict[str, Any]], member: dict[str, Any]) -> None:
    from pymongo.errors import OperationFailure

    try:
        config = client.admin.command("replSetGetConfig")["config"]
    except OperationFailure as error:
        if error.code == _NOT_INITIATED:
            client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": [member]})
        return
    if config["members"][0]["host"] != member["host"]:
        # The port has changed, and a member that is not in the set's configuration stays read-only.
        config["members"], config["version"] = [member], config["version"] + 1
        client.admin.command("replSetReconfig", config, force=True)


def _why_it_ended(status: int) -> str:
    if status == 127:
        return "mongod lacks a system library: apt-get install libcurl4 (Debian, Ubuntu), or set MONGODB_URI"
    if status == 100:
        return "mongod cannot use its data folder: another server holds it, or the disk is full or read-only"
    return f"mongod ended with status {status}"


def _shut_down(mongod: subprocess.Popen[bytes]) -> None:
    if mongod.poll() is None:
        mongod.terminate()
        try:
            mongod.wait(30)
        except subprocess.TimeoutExpired:
            mongod.kill()
            mongod.wait()


def _take_lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _free_port(preferred: int, timeout: float = PORT_TIMEOUT) -> int:
    """*preferred* if it is free, or becomes free within *timeout* seconds; else any other."""
    deadline = time.monotonic() + timeout
    while preferred:
        if _can_be_bound(preferred):
            return preferred
        if time.monotonic() > deadline:
            break
        time.sleep(POLL / 4)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _can_be_bound(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _write_state(folder: Path, port: int, mongod: int) -> None:
    partial = folder / "server.json.partial"
    partial.write_text(json.dumps({"port": port, "supervisor": os.getpid(), "mongod": mongod}))
    partial.replace(folder / "server.json")
    keep_port(folder, port)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
