"""A replica set of three ``mongod`` with key file and user, whose members tests kill, pause and start again."""

from __future__ import annotations

import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from store.server.mongod import environment, find_mongod

NAME = "news"
USER, PASSWORD = "xinwen", "p%40ss-word"
"""As the address has them: the password has a character that is escaped."""

ROOT = "root"
"""Name and password of the user that sets the members up and locks them."""

MEMBERS = 3
ELECTION = 2000
"""Milliseconds without a primary after which the others elect one; by default ten seconds, which only takes longer."""

KEY_NOT_FOUND = 211
"""MongoDB's error code of a member that has no keys for the time of the set yet."""

_READY = 60.0  # seconds
_ALREADY_INITIATED = 23  # MongoDB's error code


@dataclass
class Member:
    """One ``mongod`` of the set; ``process`` is the one that runs, or the last one."""

    folder: Path
    port: int
    key_file: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it over its files, and do not wait."""
        self.folder.mkdir(exist_ok=True)
        command: list[str | Path] = [find_mongod(), "--replSet", NAME, "--keyFile", self.key_file]
        command += ["--bind_ip", "127.0.0.1", "--port", str(self.port), "--nounixsocket"]
        command += ["--dbpath", self.folder, "--logpath", self.folder / "mongod.log", "--logappend"]
        command += ["--wiredTigerCacheSizeGB", "0.25", "--oplogSize", "128"]
        command += ["--setParameter", "diagnosticDataCollectionEnabled=false"]
        command += ["--setParameter", "enableTestCommands=1"]  # failCommand, see ``without_keys``
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment(self.folder))

    def send(self, number: signal.Signals) -> None:
        """Send a signal to its process; one that kills it is waited for."""
        assert self.process
        self.process.send_signal(number)
        if number == signal.SIGKILL:
            self.process.wait(30)

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"


@dataclass
class ReplicaSet:
    """The set, in *folder*; *election*: its election timeout in milliseconds."""

    folder: Path
    election: int = ELECTION
    members: list[Member] = field(default_factory=list)

    def uri(self, database: str, **options: object) -> str:
        """The address of *database*, whose user is in ``admin``."""
        hosts = ",".join(member.address for member in self.members)
        given = {"replicaSet": NAME, "authSource": "admin", **options}
        query = "&".join(f"{name}={value}" for name, value in given.items())
        return f"mongodb://{USER}:{PASSWORD}@{hosts}/{database}?{query}"

    def start(self) -> None:
        """Start the members, make them a set and give it a user. Returns when there are a primary and secondaries."""
        key_file = self.folder / "key"
        key_file.write_text(secrets.token_hex(48))
        key_file.chmod(0o400)
        for number in range(MEMBERS):
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                port = probe.getsockname()[1]
            self.members.append(Member(self.folder / f"member{number}", port, key_file))
            self.members[-1].start()
        rows = [{"_id": number, "host": member.address} for number, member in enumerate(self.members)]
        settings = {
            "electionTimeoutMillis": self.election,
            "heartbeatIntervalMillis": min(self.election // 4, 2000),
            # Or a secondary may read from the other one, and no write reaches a majority while a test holds that one up.
            "chainingAllowed": False,
        }
        with self.client(self.members[0], user=False) as client:
            _until(lambda: _is_initiated(client, {"_id": NAME, "members": rows, "settings": settings}), "initiated")
            _until(lambda: bool(client.admin.command("hello")["isWritablePrimary"]), "primary")
            client.admin.command("createUser", ROOT, pwd=ROOT, roles=["root"])
        roles = ["readWriteAnyDatabase", "dbAdminAnyDatabase"]
        with self.client(self.members[0]) as client:
            client.admin.command("createUser", USER, pwd="p@ss-word", roles=roles)
        self.wait_until_whole()

    def stop(self) -> None:
        """End all members."""
        for member in self.members:
            if member.process and member.process.poll() is None:
                member.send(signal.SIGCONT)
                member.send(signal.SIGKILL)

    def client(self, member: Member, user: bool = True) -> MongoClient[dict[str, Any]]:
        """A client of *member* alone."""
        credentials = f"{ROOT}:{ROOT}@" if user else ""
        address = f"mongodb://{credentials}{member.address}/admin?directConnection=true"
        return MongoClient(address, serverSelectionTimeoutMS=5000, socketTimeoutMS=5000)

    def states(self) -> dict[int, str]:
        """The state of each member that runs, by port, by what it says of itself."""
        found = {}
        for member in self.members:
            try:
                with self.client(member, user=False) as client:
                    hello = client.admin.command("hello")
            except PyMongoError:
                continue
            is_primary, is_secondary = hello.get("isWritablePrimary"), hello.get("secondary")
            found[member.port] = "primary" if is_primary else "secondary" if is_secondary else "other"
        return found

    def primary(self) -> Member:
        """The member that is primary; waits for it."""
        found: list[int] = []

        def look() -> bool:
            found[:] = [port for port, state in self.states().items() if state == "primary"]
            return bool(found)

        _until(look, "primary")
        return next(member for member in self.members if member.port == found[0])

    def secondaries(self) -> list[Member]:
        """The members that are not primary."""
        primary = self.primary()
        return [member for member in self.members if member is not primary]

    def wait_until_whole(self) -> None:
        """Wait until every member is primary or secondary."""
        _until(lambda: sorted(self.states().values()) == ["primary", "secondary", "secondary"], "whole")
        _until(self._take_the_time, "of one time")

    def _take_the_time(self) -> bool:
        """Whether each member takes the time of the primary, for which it needs keys that a new one has yet to read."""
        with self.client(self.primary()) as client, client.start_session() as session:
            client.admin.command("ping", session=session)
            now = session.cluster_time
        for member in self.secondaries():
            with self.client(member) as client, client.start_session() as session:
                session.advance_cluster_time(now)
                try:
                    client.admin.command("ping", session=session)
                except OperationFailure:
                    return False
        return True

    @contextmanager
    def without_majority(self) -> Iterator[None]:
        """Stop both secondaries (SIGSTOP) while the block runs, which begins when the primary has given up."""
        primary = self.primary()
        with self.paused(*self.secondaries()), self.client(primary, user=False) as client:
            _until(lambda: not client.admin.command("hello")["isWritablePrimary"], "without primary")
            yield

    def kill_primary(self) -> Member:
        """Kill the primary with -9; returns the member, which ``start`` brings back."""
        member = self.primary()
        member.send(signal.SIGKILL)
        return member

    @contextmanager
    def without_keys(self) -> Iterator[None]:
        """Let each member refuse what our clients read while the block runs, as one that has just started does."""
        data = {"failCommands": ["find", "aggregate", "count"], "errorCode": KEY_NOT_FOUND, "appName": "xinwen"}
        with ExitStack() as stack:
            for member in self.members:
                admin = stack.enter_context(self.client(member)).admin
                stack.callback(admin.command, "configureFailPoint", "failCommand", mode="off")
                admin.command("configureFailPoint", "failCommand", mode="alwaysOn", data=data)
            yield

    @contextmanager
    def paused(self, *members: Member) -> Iterator[None]:
        """Stop *members* (SIGSTOP) while the block runs: they neither answer nor fail."""
        with ExitStack() as stack:
            for member in members:
                member.send(signal.SIGSTOP)
                stack.callback(member.send, signal.SIGCONT)
            yield


def _is_initiated(client: MongoClient[dict[str, Any]], config: dict[str, Any]) -> bool:
    try:
        client.admin.command("replSetInitiate", config)
    except OperationFailure as error:
        return error.code == _ALREADY_INITIATED
    except PyMongoError:
        return False
    return True


def _until(is_so: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + _READY
    while time.monotonic() < end:
        try:
            if is_so():
                return
        except PyMongoError:
            pass  # not yet; the deadline ends the wait
        time.sleep(0.1)
    raise TimeoutError(f"the set is not {what} after {_READY:g} s")
