"""``xinwen serve`` as a process: its workers, its signals, and a database that goes away and comes back."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from uuid import uuid4

import pytest
from pymongo.database import Database

from store.connection import Document, another_database, connect
from store.server import embedded
from store.settings import settings
from tests.commands import run_fresh, start
from tests.similarity.conftest import storing_in
from text.analysis.analyzer import Analyzer

pytestmark = pytest.mark.slow

SEARCH = "/api/v1/search?q=wafer"
PATIENCE = 120  # seconds for what takes a few


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Site:
    """A running server; each request comes from an address of its own, so that none is one too many."""

    process: subprocess.Popen[str]
    port: int
    database: Database[Document]
    addresses: Iterator[int] = field(default_factory=lambda: count(2))

    def get(self, path: str, source: str = "") -> Reply:
        number = next(self.addresses)
        source = source or f"127.1.{number // 250}.{number % 250 + 1}"
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE, source_address=(source, 0))
        try:
            connection.request("GET", path)
            reply = connection.getresponse()
            return Reply(reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read())
        finally:
            connection.close()

    def workers(self) -> list[int]:
        """The ids of the processes that answer, or will."""
        return [pid for pid in children(self.process.pid) if "spawn_main" in command_of(pid)]

    def each_answers(self) -> bool:
        """Whether there are two processes, each of which answers a search while the other is stopped."""
        both = self.workers()
        for stopped in both:
            os.kill(stopped, signal.SIGSTOP)
            try:
                if self.get(SEARCH).status != 200:
                    return False
            finally:
                os.kill(stopped, signal.SIGCONT)
        return len(both) == 2


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def command_of(pid: int) -> str:
    """The command line of the process *pid*; "" for one that has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def wait_until(condition, seconds: float = PATIENCE) -> float:
    """Waits for *condition* and returns how many seconds that took."""
    begin = time.monotonic()
    while not condition():
        assert time.monotonic() - begin < seconds, "waited too long"
        time.sleep(0.05)
    return time.monotonic() - begin


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """The status of *process* after SIGTERM, and what it wrote to stderr."""
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=PATIENCE)
    return process.returncode, errors


SLOW_START = ("not ready yet", "ready after")
"""In the log of a server on a busy machine."""

OF_DATABASE = (
    "the index is",
    "database",
    "requests are not counted",
    "watches wait",
    "does not start",
    "error: MongoDB",
)
"""In the log while the database hangs."""


@pytest.fixture(scope="module")
def news(server: str) -> Iterator[str]:
    address = another_database(server, f"test_{uuid4().hex[:12]}")
    database = connect(address)
    storing_in(database)([f"Wafer prices rise again, part {number}." for number in range(20)], Analyzer())
    yield address
    database.client.drop_database(database.name)
    database.client.close()


@pytest.fixture(scope="module")
def site(news: str) -> Iterator[Site]:
    """A server of two processes, which SIGTERM ends with nothing left behind."""
    process = start("similarity", "serve", "--port=0", "--workers=2", mongodb_uri=news, xinwen_timeout=5)
    address = process.stdout.readline()
    port = int(address.rpartition(":")[2].strip("/\n"))
    with connect(news).client as client:
        opened = Site(process, port, client.get_default_database())
        wait_until(lambda: len(opened.workers()) == 2)
        try:
            yield opened
        finally:
            left = children(process.pid)
            status, errors = ended(process)
        # While the test stopped it, the database was said to be away and to be back.
        said = [" ".join(entry.split()) for entry in re.split(r"(?m)^(?=\[)", errors) if entry.strip()]
        other = [entry for entry in said if not any(part in entry for part in OF_DATABASE + SLOW_START)]
        assert (status, other) == (0, [])
        wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in left))
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_each_of_two_processes_answers(site: Site) -> None:
    assert site.get(SEARCH).status == 200
    one, other = site.workers()
    for stopped in (one, other):
        os.kill(stopped, signal.SIGSTOP)
        try:
            assert site.get("/healthz").status == 200
        finally:
            os.kill(stopped, signal.SIGCONT)


def test_a_process_killed_while_it_is_asked_for_a_sign_of_life_is_replaced_at_once(site: Site) -> None:
    one, other = site.workers()
    os.kill(one, signal.SIGSTOP)
    time.sleep(2)  # by now the first process waits for it, for up to 30 seconds
    os.kill(one, signal.SIGKILL)
    wait_until(lambda: len(set(site.workers()) - {one, other}) == 1, 20)
    os.kill(other, signal.SIGSTOP)
    try:
        assert site.get(SEARCH).status == 200  # by the new one, once it is open
    finally:
        os.kill(other, signal.SIGCONT)


def test_requests_are_counted_over_both_processes(site: Site) -> None:
    begin = int(time.time())
    with ThreadPoolExecutor(20) as people:
        statuses = list(people.map(lambda _: site.get("/api/v1/nothing", "127.0.0.2").status, range(100)))
    seconds = int(time.time()) - begin + 1
    assert set(statuses) == {404, 429}
    assert statuses.count(404) <= 10 * seconds


def test_what_another_process_stores_is_found(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    def found() -> bool:
        return json.loads(site.get("/api/v1/search?q=molybdenum").body)["total"] == 1

    assert not found()
    storing_in(site.database)(["Molybdenum replaces tungsten."], Analyzer())
    seconds = wait_until(lambda: all(found() for _ in range(4)), 20)
    with capsys.disabled():
        sys.stdout.write(f" stored, and found over HTTP after {seconds:.2f} s ")


def test_two_hundred_requests_at_once(site: Site) -> None:
    with ThreadPoolExecutor(200) as people:
        asking = [people.submit(site.get, f"{SEARCH}&k={number % 20 + 1}") for number in range(200)]
        alive = 0
        while not all(one.done() for one in asking):
            assert site.get("/healthz").status == 200
            alive += 1
        replies = [one.result() for one in asking]
    assert alive
    assert {reply.status for reply in replies} <= {200, 503} and any(reply.status == 200 for reply in replies)
    assert all(reply.headers["retry-after"] for reply in replies if reply.status == 503)


def test_a_database_that_goes_away_and_comes_back(site: Site) -> None:
    wait_until(lambda: site.get(SEARCH).status == 200)
    mongod = embedded.read_state(settings().data / "mongod")["mongod"]
    os.kill(mongod, signal.SIGSTOP)
    try:
        away = site.get(SEARCH)
        assert site.get("/healthz").status == 200
        assert site.get("/readyz").status == 503
    finally:
        os.kill(mongod, signal.SIGCONT)
    assert (away.status, away.headers["content-type"]) == (503, "application/problem+json")
    assert away.headers["retry-after"] and "database" in json.loads(away.body)["detail"]
    wait_until(lambda: site.get(SEARCH).status == 200)


def test_a_process_that_begins_while_the_database_is_away_is_tried_again(site: Site) -> None:
    assert site.get(SEARCH).status == 200
    killed, other = site.workers()
    mongod = embedded.read_state(settings().data / "mongod")["mongod"]
    os.kill(mongod, signal.SIGSTOP)
    try:
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: killed not in site.workers() and len(site.workers()) == 2)
        (first,) = set(site.workers()) - {other}
        wait_until(lambda: first not in site.workers())  # it has found no database
        wait_until(lambda: len(site.workers()) == 2)  # and the next one tries
        assert other in site.workers() and site.process.poll() is None
        assert (site.get("/healthz").status, site.get("/readyz").status) == (200, 503)
    finally:
        os.kill(mongod, signal.SIGCONT)
    wait_until(site.each_answers)


def test_what_is_wrong_at_the_first_start_ends_the_server(news: str, tmp_path: Path) -> None:
    (file := tmp_path / "file").touch()
    of_workers = {"mongodb_uri": news, "prometheus_multiproc_dir": file / "metrics"}  # which only they look at
    done = run_fresh("similarity", "serve", "--port=0", "--workers=2", **of_workers)
    assert done.returncode == 1
    *reasons, last = done.stderr.splitlines()
    assert len(set(reasons)) == 1 and "Not a directory" in reasons[0]
    assert last == "error: the server does not start; the reason is above"


def test_a_unix_socket_and_a_log_of_objects(news: str, tmp_path: Path) -> None:
    path = tmp_path / "xinwen.socket"
    process = start("similarity", "serve", f"--uds={path}", mongodb_uri=news, xinwen_log="json")
    try:
        line = json.loads(process.stdout.readline())
        assert (line["level"], line["logger"], line["address"]) == ("INFO", "service", str(path))
        assert line["message"] == f"芯闻 · Xinwen: {path}"
        with socket.socket(socket.AF_UNIX) as connected:
            connected.connect(str(path))  # answered as soon as the index is open
            connection = HTTPConnection("localhost")
            connection.sock = connected
            connection.request("GET", "/readyz")
            assert connection.getresponse().read() == b'{"status": "ok"}'
    finally:
        status, errors = ended(process)
    assert status == 0
    told = [line for line in map(json.loads, errors.splitlines()) if line["level"] != "INFO"]
    assert [line for line in told if not line["message"].startswith(SLOW_START)] == []
    assert not path.exists()
