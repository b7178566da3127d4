"""The embedded server, a real mongod for when MONGODB_URI is not set: one for all processes that share a data folder.

Every process that uses the server holds a shared lock on ``users.lock`` as long as it lives; the kernel releases it
however the process ends. A supervisor (``python -m store.server.supervisor``) starts mongod, starts it again if it
dies, and stops it cleanly once no process has held the lock for ``XINWEN_EMBEDDED_IDLE`` seconds: the next command
finds it running. So no server is left behind for longer, even after a ``kill -9``. It holds the lock for itself while
it stops: a process that wants the server then waits, and starts another one.

Files in ``<data>/mongod``: ``db/`` (data), ``mongod.log``, ``server.json`` (port and process ids of the
running server), ``port`` (its last one, which it takes again), ``users.lock``, ``start.lock`` (held while one process
looks for a server or starts it), ``supervisor.lock`` (held by the supervisor while it lives), ``stop`` (the server is
to end as soon as nobody uses it).
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from pwd import getpwuid
from threading import Lock
from typing import IO

REPLICA_SET = "xinwen"
STOP = "stop"
"""The name of the file that asks the supervisor to end as soon as nobody uses the server."""

_LOG = "supervisor.log"
START_TIMEOUT = 60.0  # seconds; a recovery after kill -9 with a large journal takes longer than a clean start
_PATIENT = 5.0  # seconds; after that a log line says what it waits for

logger = logging.getLogger(__name__)

_locks: dict[Path, IO[str]] = {}
"""The shared locks of this process, by folder. The kernel releases them when the process ends."""

_locking = Lock()

_begun: dict[Path, tuple[subprocess.Popen[bytes], IO[str]]] = {}
"""Supervisors that ``begin`` started, with the lock under which they were, by folder."""

_started: list[subprocess.Popen[bytes]] = []
"""Supervisors that this process started: a dead child exists for ``os.kill`` until it is polled."""


class EmbeddedServerError(RuntimeError):
    """The embedded MongoDB cannot be started; the message is one line and gives the path of the log."""


def ensure_running(data: Path, database: str) -> str:
    """The address of *database* on the server of the folder *data*.

    Starts the server if necessary and keeps it running until this process ends. Raises EmbeddedServerError.
    """
    folder = data / "mongod"
    try:
        if place := _place_of_another(folder):
            owner = another_owner(place)
            raise EmbeddedServerError(
                f"the data folder {place} belongs to the user {owner}: call the command as that user"
                f" (sudo -u {owner} …), or name a folder of your own in XINWEN_DATA"
            )
        folder.mkdir(parents=True, exist_ok=True)
        with _locking:
            if folder not in _locks:
                _use(folder, fcntl.LOCK_SH)  # waits while a supervisor shuts its server down
            begun = _begun.pop(folder, None)
    except OSError as error:
        raise EmbeddedServerError(
            f"the data folder {data} cannot be written: {error.strerror} ({error.filename});"
            " name a folder of your own in XINWEN_DATA"
        ) from None
    if begun:
        process, lock = begun
        with lock:
            port = _ready_port(folder, process)
    else:
        with _exclusive(folder / "start.lock"):
            port = running_port(folder) or _ready_port(folder, _launch(folder))
    # Not directConnection: a restarted server answers "not primary" for a moment, and only a client that knows it as a
    # replica set waits for that moment instead of failing.
    return f"mongodb://127.0.0.1:{port}/{database}?replicaSet={REPLICA_SET}"


def start_again() -> list[Path]:
    """Start each server again that this process uses and that has ended with its supervisor; their folders.

    At the same port, unless another program has that now. Does not wait until it is ready. For processes that live
    long, and wait for the server: a command starts it by ``ensure_running``.
    """
    with _locking:
        ended = [folder for folder in _locks if folder.exists() and not _is_supervised(folder)]
    for folder in ended:
        _launch(folder)  # another process may do the same: one supervisor stays
    return ended


def another_owner(folder: Path) -> str:
    """The user whom *folder* belongs to; "" for this process's own.

    Also root stays out of the folder of another user, who could no longer read what it wrote there.
    """
    owner = folder.stat().st_uid
    if owner == os.geteuid():
        return ""
    try:
        return getpwuid(owner).pw_name
    except KeyError:
        return str(owner)


def _place_of_another(folder: Path) -> Path | None:
    """*folder* where it belongs to another user; for root also the folder around it; None where all is ours.

    What root makes in the folder of another user is of no use to that user. For others its mode decides.
    """
    places = (folder.parent, folder) if os.geteuid() == 0 else (folder,)
    return next((place for place in places if place.exists() and another_owner(place)), None)


def begin(data: Path) -> None:
    """Start the server of the folder *data* if none runs, and do not wait for it: ``ensure_running`` does.

    Does nothing where another process is at it, or where it fails, which ``ensure_running`` will report.
    """
    folder = data / "mongod"
    with suppress(OSError), _locking, ExitStack() as unless_begun:
        if _place_of_another(folder):
            return
        folder.mkdir(parents=True, exist_ok=True)
        if folder not in _locks:
            _use(folder, fcntl.LOCK_SH | fcntl.LOCK_NB)
        lock = unless_begun.enter_context((folder / "start.lock").open("a"))
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not _is_supervised(folder):
            _begun[folder] = _launch(folder), lock
            unless_begun.pop_all()


def running_port(folder: Path) -> int:
    """The port of the server that runs on *folder*; 0 if none answers."""
    state = read_state(folder)
    if not state or not _is_alive(state["supervisor"]) or not _listens(state["port"]):
        return 0
    from pymongo import MongoClient  # only now: a server that has to start does so while the caller loads it
    from pymongo.errors import PyMongoError

    client: MongoClient[dict[str, object]] = MongoClient(
        "127.0.0.1", state["port"], directConnection=True, serverSelectionTimeoutMS=5000
    )
    try:
        # Another program may have the port of a server that has ended: the data folder identifies ours.
        options = client.admin.command("getCmdLineOpts")["parsed"]
        ours: bool = options["storage"]["dbPath"] == str(folder / "db")
    except PyMongoError:
        return 0
    finally:
        client.close()
    return state["port"] if ours else 0


def read_state(folder: Path) -> dict[str, int]:
    """The content of ``server.json`` (``port``, ``supervisor``, ``mongod``); empty if there is none."""
    try:
        state: dict[str, int] = json.loads((folder / "server.json").read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return state


def stop(data: Path, timeout: float = 30.0) -> bool:
    """Release this process's lock and have the server of *data* end as soon as no process uses it.

    Waits for that; False if it is not within *timeout* seconds.
    """
    folder = data / "mongod"
    lock = _locks.pop(folder, None)
    if lock:
        lock.close()
    if not folder.exists():
        return True
    request = folder / STOP
    request.touch()
    try:
        return _has_ended(folder, timeout)
    finally:
        request.unlink(missing_ok=True)


def wait_for_end(data: Path) -> None:
    """Wait as long as the server of *data* runs. Raises EmbeddedServerError when it has ended."""
    folder = data / "mongod"
    while (state := read_state(folder)) and _is_alive(state["supervisor"]):
        time.sleep(1)
    raise EmbeddedServerError(f"the embedded MongoDB has ended (log: {folder / 'mongod.log'})")


def _is_supervised(folder: Path) -> bool:
    state = read_state(folder)
    return bool(state) and _is_alive(state["supervisor"])


def _has_ended(folder: Path, timeout: float) -> bool:
    deadline = time.monotonic() + timeout
    while state := read_state(folder):
        # The process itself, not its file, which it removes a moment before it ends.
        while _is_alive(state["supervisor"]):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        if read_state(folder) == state:
            break  # the supervisor was killed and left its file behind
    return True


def _use(folder: Path, how: int) -> None:
    """Take the users' lock for this process. Raises BlockingIOError if *how* says not to wait."""
    with ExitStack() as unless_locked:
        users = unless_locked.enter_context((folder / "users.lock").open("a"))
        fcntl.flock(users, how)
        os.utime(users.fileno())  # tells the supervisor of users that come and go between two of its looks
        _locks[folder] = users
        unless_locked.pop_all()


def _launch(folder: Path) -> subprocess.Popen[bytes]:
    with (folder / _LOG).open("w") as out:
        # A session of its own: Ctrl-C in the terminal of one process must not stop the server of the others.
        process = subprocess.Popen(
            [sys.executable, "-m", "store.server.supervisor", str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
            cwd=Path(__file__).parents[2],
        )
    _started.append(process)
    return process


def _ready_port(folder: Path, process: subprocess.Popen[bytes]) -> int:
    """The port of the server that the supervisor *process* starts. Raises EmbeddedServerError."""
    log = folder / _LOG
    deadline = time.monotonic() + START_TIMEOUT
    begun, logged = time.monotonic(), False
    while time.monotonic() < deadline:
        state = read_state(folder)
        if state.get("supervisor") == process.pid:
            return state["port"]
        if process.poll() == 0:
            # A supervisor that a killed process had started was there before: its server is as good.
            if port := running_port(folder):
                return port
            process = _launch(folder)
        elif process.poll() is not None:
            reason = log.read_text().strip().splitlines() or [f"it ended with status {process.returncode}"]
            why = _hanging_mongod(folder) or reason[-1]
            raise EmbeddedServerError(f"embedded MongoDB does not start: {why} (log: {folder / 'mongod.log'})")
        if not logged and time.monotonic() - begun > _PATIENT:
            logger.warning("waiting for the embedded MongoDB in %s to start, or for one that was left to end", folder)
            logged = True
        time.sleep(0.05)
    process.terminate()
    why = _hanging_mongod(folder)
    raise EmbeddedServerError(
        f"embedded MongoDB not ready in {START_TIMEOUT:.0f} s{why and ': '}{why} (log: {folder / 'mongod.log'})"
    )


def _hanging_mongod(folder: Path) -> str:
    """Which mongod of *folder* takes connections and does not answer, as one that is stopped, and what helps.

    "" where none is.
    """
    state = read_state(folder)
    if not state or not _is_alive(state["supervisor"]) or not _is_alive(state["mongod"]):
        return ""
    if not _listens(state["port"]) or running_port(folder):
        return ""
    pid = state["mongod"]
    return f"its process {pid} is there and does not answer; kill -CONT {pid} if it is stopped, else kill -9 {pid}"


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def _exclusive(path: Path) -> Iterator[None]:
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _is_alive(pid: int) -> bool:
    for process in _started:
        if process.pid == pid:
            return process.poll() is None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
