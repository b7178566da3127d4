"""Asks servers over UNIX sockets, and runs the programs that start them as the files of deploy/ say."""

from __future__ import annotations

import getpass
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from itertools import cycle
from pathlib import Path
from typing import IO

from crawler.runner.deployment import Installation, filled
from store.settings import settings
from tests.commands import PROJECT, environment

PATIENCE = 180  # seconds for what takes a few
SEARCH = "/api/v1/search"
ARTICLES = 20


@dataclass
class Site:
    """A server on the UNIX socket *path*, asked under *tokens* in turn: each may ask ten times a second."""

    path: Path
    tokens: Sequence[str]
    _turn: Iterator[str] = field(init=False)

    def __post_init__(self) -> None:
        self._turn = cycle(self.tokens)

    @contextmanager
    def connected(self) -> Iterator[HTTPConnection]:
        with socket.socket(socket.AF_UNIX) as connected:
            connected.settimeout(PATIENCE)
            connected.connect(str(self.path))
            connection = HTTPConnection("localhost")
            connection.sock = connected
            yield connection

    def get(self, path: str = f"{SEARCH}?q=wafer", is_known: bool = True) -> int:
        """The status of the answer to *path*, of which all has come."""
        headers = {"Authorization": f"Bearer {next(self._turn)}"} if is_known else {}
        with self.connected() as connection:
            connection.request("GET", path, headers=headers)
            reply = connection.getresponse()
            reply.read()
            return reply.status

    def searches_counted(self) -> float:
        """How many searches that were answered /metrics tells of."""
        with self.connected() as connection:
            connection.request("GET", "/metrics", headers={"Authorization": f"Bearer {next(self._turn)}"})
            reply = connection.getresponse()
            text = reply.read().decode()
        assert reply.status == 200, text
        wanted = f'xinwen_http_requests_total{{method="GET",route="{SEARCH}",status="200"}} '
        return sum(float(line.removeprefix(wanted)) for line in text.splitlines() if line.startswith(wanted))

    @contextmanager
    def half_asked(self) -> Iterator[Callable[[], int]]:
        """A search that the server waits to read; what this gives sends the rest, and gives the status of the answer."""
        body = json.dumps({"q": "wafer"}).encode()
        headers = {"Authorization": f"Bearer {next(self._turn)}", "Content-Type": "application/json"}
        with self.connected() as connection:
            connection.putrequest("POST", SEARCH)
            for name, value in (headers | {"Content-Length": str(len(body)), "Expect": "100-continue"}).items():
                connection.putheader(name, value)
            connection.endheaders()
            assert connection.sock.recv(200) == b"HTTP/1.1 100 Continue\r\n\r\n"  # now it is being answered

            def rest() -> int:
                connection.send(body)
                reply = connection.getresponse()
                assert json.loads(reply.read())["total"] == ARTICLES
                return reply.status

            yield rest

    def answers(self) -> bool:
        """Whether a search is answered; not while the processes begin."""
        try:
            return self.get() == 200
        except OSError:
            return False

    def refuses(self) -> bool:
        """Whether nobody listens any more."""
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(self.path))
            except (ConnectionRefusedError, FileNotFoundError):
                return True
        return False


@contextmanager
def started(
    *command: object, output: int | IO[str] = subprocess.PIPE, **variables: object
) -> Iterator[subprocess.Popen[str]]:
    """The process of *command* in the project's folder, ended in the end if it still runs.

    *output*: a file for one that prints a line a request: it would stand still once a pipe of 64 KiB is full.
    """
    process = subprocess.Popen(
        [*map(str, command)],
        cwd=PROJECT,
        env=environment(**variables),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise


def besides_a_slow_start(printed: str) -> list[str]:
    """The lines of what a server *printed*, but those of a start that takes long, as on a busy machine."""
    return [line for line in printed.splitlines() if not line.startswith(("not ready yet, ", "ready after "))]


def settled(file: Path, run: Path) -> str:
    """The text of *file* for this checkout, its user and the data of the tests, with its sockets in the folder *run*."""
    installation = Installation(str(PROJECT), sys.executable, str(settings().data))
    text = filled(file.read_text("utf-8"), installation, lambda _, path: path)
    for old, new in (
        ("/run/xinwen", str(run)),
        ("/etc/xinwen", str(run)),
        ("user=xinwen", f"user={getpass.getuser()}"),
    ):
        text = text.replace(old, new)
    return text.replace("socket_owner=xinwen", f"socket_owner={getpass.getuser()}")


@contextmanager
def run_folder() -> Iterator[Path]:
    """A folder like /run/xinwen; short, since the path of a socket has at most 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="xinwen-") as made:
        folder = Path(made)
        folder.chmod(0o750)
        yield folder


def wait_until(condition: Callable[[], bool]) -> float:
    """Waits for *condition* and returns how many seconds that took."""
    begin = time.monotonic()
    while not condition():
        assert time.monotonic() - begin < PATIENCE, "waited too long"
        time.sleep(0.05)
    return time.monotonic() - begin


def workers(pid: int) -> list[int]:
    """The living processes that *pid* has started, without the one by which Python cleans up."""
    found = []
    for child in map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()):
        try:
            state = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0]
            command = Path(f"/proc/{child}/cmdline").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if state != "Z" and "resource_tracker" not in command:
            found.append(child)
    return found


def two_answer(site: Site, parent: int) -> list[int]:
    """The two processes of *parent*, when each has answered while the other was stopped."""
    wait_until(lambda: site.answers() and len(workers(parent)) == 2)
    both = workers(parent)
    for stopped in both:
        os.kill(stopped, signal.SIGSTOP)
        try:
            assert site.get() == 200
        finally:
            os.kill(stopped, signal.SIGCONT)
    assert workers(parent) == both
    return both


def killed_under_load(site: Site, parent: int) -> float:
    """Kills one of the two processes of *parent* during 200 requests; how many seconds it takes until two answer again.

    Asserts that no request fails but those that were being answered at that moment.
    """
    victim = two_answer(site, parent)[0]
    failed: list[tuple[float, str]] = []

    def ask(_: int) -> None:
        begin = time.monotonic()
        try:
            if (status := site.get()) != 200:
                failed.append((begin, str(status)))
        except (OSError, HTTPException) as error:
            failed.append((begin, repr(error)))

    with ThreadPoolExecutor(4) as clients:
        asking: list[Future[None]] = [clients.submit(ask, number) for number in range(200)]
        wait_until(lambda: sum(one.done() for one in asking) > 50)
        os.kill(victim, signal.SIGKILL)
        killed = time.monotonic()
        assert not all(one.done() for one in asking)
    assert [one for one in failed if one[0] > killed or one[1].isdigit()] == []
    assert len(failed) <= 4
    assert victim not in two_answer(site, parent)
    return time.monotonic() - killed


def ended(process: subprocess.Popen[str], site: Site) -> str:
    """Ends *process* by SIGTERM while it answers, which it finishes; what it wrote."""
    with site.half_asked() as rest:
        process.terminate()
        # Of several processes, those that do not answer end at once.
        wait_until(lambda: site.refuses() or len(workers(process.pid)) == 1)
        assert rest() == 200
    written, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, written
    assert "secret" not in written
    return written
