"""Readers behind nginx on two ports while the primary is killed or hangs: no request fails, and none answers older."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pymongo.database import Database
from starlette.testclient import TestClient

from service.access import AccessRules
from service.app import create_app
from service.capacity import SearchThreads
from similarity.index import SimilarityIndex
from store.connection import Document
from store.documents import tokens
from tests.deploy.tools import tool
from tests.replicas.replica_set import ReplicaSet
from tests.service.live import live
from tests.similarity.conftest import storing_in

pytestmark = pytest.mark.slow

SEARCH = "/api/v1/search?q=wafer&fold=false&k=100"
CONFIGURATION = """
daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  upstream readers {{ {servers} }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://readers; proxy_set_header Host $host; add_header X-Reader $upstream_addr always;
      proxy_next_upstream error timeout http_503; proxy_read_timeout 30s;
    }}
  }}
}}
"""


@contextmanager
def proxied(folder: Path, readers: list[str]) -> Iterator[int]:
    """The port of an nginx in front of *readers*, which takes the other one where one fails."""
    program = tool("nginx")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    servers = " ".join(f"server {urlsplit(reader).netloc};" for reader in readers)
    configuration = folder / "nginx.conf"
    configuration.write_text(CONFIGURATION.format(folder=folder, servers=servers, port=port))
    command = [program, "-c", configuration, "-p", folder, "-e", folder / "error.log"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 30
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None and time.monotonic() < end, (folder / "error.log").read_text()
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(30)


@dataclass
class Clients:
    """Clients of the site, each of which asks one question after the other until ``stop``."""

    port: int
    failures: list[str] = field(default_factory=list)
    answers: int = 0
    longest: float = 0.0
    newest: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """The newest revision that each reader has answered with."""
    _stopping: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self, number: int) -> None:
        """Start *number* clients."""
        self._threads = [threading.Thread(target=self._ask) for _ in range(number)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let each have its last answer."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(60)

    def _ask(self) -> None:
        while not self._stopping.is_set():
            with self._lock:
                known = dict(self.newest)
            begin = time.monotonic()
            try:
                status, reader, body = self.get(SEARCH)
            except (OSError, HTTPException) as error:
                status, reader, body = 0, "", repr(error)
            with self._lock:
                self.answers += 1
                self.longest = max(self.longest, time.monotonic() - begin)
                if status != 200:
                    self.failures.append(f"{status} {body[:200]}")
                    continue
                newest = json.loads(body)["index"]["newest"]
                if newest < known.get(reader, 0):
                    self.failures.append(f"{reader} had {known[reader]}, and answers from {newest}")
                self.newest[reader] = max(self.newest[reader], newest)

    def get(self, path: str) -> tuple[int, str, str]:
        """Status, the reader that answered, and the body."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", path)
            reply = connection.getresponse()
            return reply.status, reply.headers["X-Reader"].rpartition(",")[2].strip(), reply.read().decode()
        finally:
            connection.close()


@contextmanager
def asked(uri: str, folder: Path) -> Iterator[Clients]:
    """Four clients of two readers of the index at *uri*."""
    apps = [create_app(AccessRules(rate=10_000), lambda: SimilarityIndex.open(uri)) for _ in range(2)]
    with live(apps[0]) as one, live(apps[1]) as other, proxied(folder, [one, other]) as port:
        clients = Clients(port)
        while {clients.get(SEARCH)[0] for _ in range(4)} != {200}:  # both are warm
            time.sleep(0.2)
        clients.start(4)
        try:
            yield clients
        finally:
            clients.stop()


def test_no_request_fails_while_the_primary_is_killed_or_hangs(
    uri: str, database: Database[Document], replicas: ReplicaSet, rounds: int, tmp_path: Path
) -> None:
    store = storing_in(database)
    acknowledged = set(store(["wafer one", "wafer two"]))
    with asked(uri, tmp_path) as clients:
        for number in range(rounds):
            acknowledged.update(store([f"wafer number {number}"]))
            killed = replicas.kill_primary()
            acknowledged.update(store([f"wafer during election {number}"]))
            killed.start()
            replicas.wait_until_whole()
        with replicas.paused(replicas.primary()):
            acknowledged.update(store(["wafer of a primary that hangs"]))
            time.sleep(2)
        replicas.wait_until_whole()
        end = time.monotonic() + 30
        while {hit["article"]["id"] for hit in json.loads(clients.get(SEARCH)[2])["hits"]} != acknowledged:
            assert time.monotonic() < end, "not all that was acknowledged is found"
            time.sleep(0.1)
    assert clients.failures == []
    assert len(clients.newest) == 2 and clients.answers > 100


def test_requests_wait_for_members_that_have_just_started(
    uri: str, database: Database[Document], replicas: ReplicaSet
) -> None:
    storing_in(database)(["wafer one", "wafer two"])
    token = tokens.add(database, "reader")
    app = create_app(AccessRules(rate=0), lambda: SimilarityIndex.open(uri), lambda: SearchThreads(seconds=4))
    with (
        TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as client,
        ThreadPoolExecutor(4) as people,
    ):
        paths = (SEARCH, "/api/v1/sources", "/api/v1/stats", "/")
        assert [client.get(path).status_code for path in paths] == [200] * len(paths)
        with replicas.without_keys():
            headers = {"Authorization": f"Bearer {token}"}  # which is looked for first
            asked = [people.submit(client.get, path, headers=headers) for path in paths]
            time.sleep(1)
            assert [one.result().status_code for one in asked if one.done()] == []
        assert [one.result().status_code for one in asked] == [200] * len(paths)
        with replicas.without_keys():
            refused = client.get(SEARCH)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        assert "database" in refused.json()["detail"]
    with ThreadPoolExecutor(1) as program:
        with replicas.without_keys():
            opening = program.submit(SimilarityIndex.open, uri)
            time.sleep(1)
            assert not opening.done()
        with opening.result() as index:
            assert len(index) == 2
