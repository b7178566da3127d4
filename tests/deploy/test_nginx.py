"""deploy/nginx/xinwen.conf: nginx accepts it, and runs with it in front of a real server."""

from __future__ import annotations

import gzip
import random
import re
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from uuid import uuid4

import pytest

from service.command import KEEP_ALIVE
from store.connection import another_database, connect
from store.documents import tokens
from tests.commands import PROJECT, environment
from tests.deploy.serving import besides_a_slow_start
from tests.deploy.tools import tool

CONF = PROJECT / "deploy" / "nginx" / "xinwen.conf"
NAME = "news.example.org"
LIMIT = 1.0
"""Seconds for which nginx keeps a connection to the server in these tests, in place of 60; the server in proportion."""

MAIN = """\
daemon off;
{user}
worker_processes 2;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include xinwen.conf;
}}
"""


def configuration(folder: Path, *changes: tuple[str, str]) -> list[str]:
    """Write the configuration into *folder*, with ports and places of its own and *changes*; the command for nginx."""
    folder.mkdir(exist_ok=True)
    text = CONF.read_text("utf-8")
    places = [("/run/xinwen/api.socket", f"{folder.parent}/api.socket"), ("/etc/xinwen/tls", str(folder.parent))]
    ports = [(f"listen [::]:{port}", f"# {port}") for port in (80, 443)]
    for old, new in [*places, *ports, ("listen 80", f"listen 127.0.0.1:{free_port()}"), *changes]:
        assert old in text, old
        text = text.replace(old, new)
    text = text.replace("listen 443", f"listen 127.0.0.1:{free_port()}")
    (folder / "xinwen.conf").write_text(text)
    user = "user root;" if Path("/root").owner() == Path(folder).owner() else ""  # or the workers may not enter
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder, user=user))
    if not (folder.parent / "privkey.pem").exists():
        make = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -keyout privkey.pem -out fullchain.pem"
        asked = [tool("openssl"), *make.split(), "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"]
        subprocess.run(asked, cwd=folder.parent, capture_output=True, check=True)
    return [tool("nginx"), "-p", str(folder), "-c", str(folder / "nginx.conf")]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Proxy:
    """A running nginx."""

    folder: Path

    def port(self, number: int = 1) -> int:
        return int(re.findall(r"listen 127\.0\.0\.1:(\d+)", (self.folder / "xinwen.conf").read_text())[number])

    def connection(self, source: str = "127.0.0.1") -> HTTPSConnection:
        context = ssl.create_default_context(cafile=str(self.folder.parent / "fullchain.pem"))
        context.check_hostname = False
        return HTTPSConnection("127.0.0.1", self.port(), timeout=60, source_address=(source, 0), context=context)

    def ask(self, method: str, path: str, source: str = "127.0.0.1", **more) -> tuple[int, dict[str, str], bytes]:
        connection = self.connection(source)
        try:
            headers = {"Host": NAME, **more.pop("headers", {})}
            connection.request(method, path, headers=headers, **more)
            reply = connection.getresponse()
            return reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read()
        finally:
            connection.close()


@contextmanager
def proxied(folder: Path, *changes: tuple[str, str]) -> Iterator[Proxy]:
    """nginx with the configuration and *changes*, as a child of this process."""
    command = configuration(folder, *changes)
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        found = Proxy(folder)
        until(lambda: process.poll() is not None or answers(found.port()), "nginx does not start")
        yield found
    finally:
        process.terminate()
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until(condition: Callable[[], object], complaint: str, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, complaint
        time.sleep(0.05)


@contextmanager
def served(path: Path, uri: str, keep_alive: float) -> Iterator[None]:
    """The server on the socket *path*; its keep-alive limit alone is another, so that no test waits for a minute."""
    code = f"import service.command as main, typer; main.KEEP_ALIVE = {keep_alive}; typer.run(main.serve)"
    command = [sys.executable, "-c", code, f"--uds={path}", f"--name={NAME}", "--needs-token", "--rate=5"]
    process = subprocess.Popen(
        command,
        cwd=PROJECT,
        env=environment(mongodb_uri=uri),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert str(path) in process.stdout.readline(), process.stderr.read()
        with socket.socket(socket.AF_UNIX) as connected:
            connected.connect(str(path))
            connection = HTTPConnection("localhost")
            connection.sock = connected
            connection.request("GET", "/healthz")
            assert connection.getresponse().status == 200  # the index is open
        yield
    finally:
        process.terminate()
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, besides_a_slow_start(errors)) == (0, [])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("nginx")


@pytest.fixture(scope="module")
def token(server: str, folder: Path) -> Iterator[str]:
    """A token for the server that runs on ``folder / "api.socket"`` during this module."""
    address = another_database(server, f"test_{uuid4().hex[:12]}")
    database = connect(address)
    text = tokens.add(database, "reader")
    with served(folder / "api.socket", address, LIMIT * KEEP_ALIVE / 60):
        yield text
    database.client.drop_database(database.name)
    database.client.close()


def test_nginx_accepts_the_file_and_no_broken_one(folder: Path) -> None:
    def tested(*changes: tuple[str, str]) -> subprocess.CompletedProcess[str]:
        command = [*configuration(folder / "tested", *changes), "-t"]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    assert (done := tested()).returncode == 0, done.stderr
    assert "warn" not in done.stderr
    for change in [
        ("proxy_pass http://xinwen", "proxy_pass http://xinwem"),
        ("gzip_vary", "gzip_very"),
        ("10s;", "10s"),
    ]:
        assert tested(change).returncode != 0, change


def test_nginx_gives_up_idle_connections_before_the_server_does() -> None:
    (seconds,) = re.findall(r"(?ms)^upstream.*?keepalive_timeout (\d+)s;", CONF.read_text("utf-8"))
    assert int(seconds) + 10 <= KEEP_ALIVE


@pytest.mark.slow
def test_limits_compression_and_the_address_of_the_client(token: str, folder: Path) -> None:
    bearer = {"Authorization": f"Bearer {token}"}
    hurried = [
        ("client_header_timeout 10s", "client_header_timeout 1s"),
        ("client_body_timeout 10s", "client_body_timeout 1s"),
    ]
    with proxied(folder / "run", *hurried) as nginx:
        plain = HTTPConnection("127.0.0.1", nginx.port(0), timeout=60)
        plain.request("GET", "/news?q=1", headers={"Host": NAME})
        assert plain.getresponse().getheader("Location") == f"https://{NAME}/news?q=1"
        plain.close()

        status, headers, body = nginx.ask("GET", "/api/v1/openapi.json", headers=bearer | {"Accept-Encoding": "gzip"})
        assert (status, headers["content-encoding"], headers["vary"]) == (200, "gzip", "Accept-Encoding")
        assert b'"openapi"' in gzip.decompress(body) and len(body) < 50_000
        assert "max-age" in headers["strict-transport-security"]
        assert nginx.ask("GET", "/api/v1/openapi.json")[0] == 401  # whoever comes through a proxy needs a token
        assert nginx.ask("POST", "/api/v1/similar", headers=bearer, body=b"x" * 1_300_001)[0] == 413

        # The server counts five requests a second for each client, and takes the client from nginx alone.
        def wrong(source: str, said: str) -> int:
            return nginx.ask("POST", "/sign-in", source, headers={"X-Forwarded-For": said})[0]

        with ThreadPoolExecutor(12) as people:
            one = [*people.map(lambda number: wrong("127.0.0.2", f"10.0.0.{number}"), range(24))]
            assert 429 in one
            assert 429 not in [*people.map(lambda number: wrong(f"127.0.1.{number}", "10.0.0.1"), range(1, 25))]
        # nginx itself: 20 a second and 60 at once.
        with ThreadPoolExecutor(12) as people:
            many = [*people.map(lambda _: nginx.ask("GET", "/healthz", "127.0.0.3")[0], range(150))]
        assert set(many) == {200, 429}

        for text in (b"GET / HTTP/1.1\r\nHost: ", b"POST /sign-in HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx"):
            slow = nginx.connection()
            slow.connect()
            slow.sock.sendall(text)
            began = time.monotonic()
            assert slow.sock.recv(9) in (b"", b"HTTP/1.1 ")  # closed, or 408
            assert time.monotonic() - began < 30
            slow.close()


@pytest.mark.slow
@pytest.mark.parametrize("is_broken", [False, True], ids=["as it is", "with files"])
def test_a_long_reply_to_a_slow_reader_is_not_written_to_disk(token: str, folder: Path, is_broken: bool) -> None:
    slow = [("gzip on;", "gzip off; limit_rate 20k;")]
    broken = [("proxy_max_temp_file_size 0;", "")] if is_broken else []
    with proxied(folder / f"slow{is_broken}", *slow, *broken) as nginx:
        connection = nginx.connection()
        connection.request("GET", "/api/v1/openapi.json", headers={"Host": NAME, "Authorization": f"Bearer {token}"})
        reply = connection.getresponse()
        assert reply.status == 200
        reply.read(40_000)
        connection.close()
        log = (nginx.folder / "error.log").read_text()
    assert ("buffered to a temporary file" in log) == is_broken


def pauses(nginx: Proxy, around: float, requests: int, clients: int = 200) -> list[int]:
    """The statuses of *requests* by *clients*, each with pauses of about *around* seconds between its requests.

    They POST, which nginx never sends a second time: a GET that fails would be repeated, and nobody would see it.
    """

    def one_client(seed: int) -> list[int]:
        chance, found = random.Random(seed), []
        connection = nginx.connection()
        for _ in range(requests // clients):
            connection.request("POST", "/healthz", headers={"Host": NAME})
            reply = connection.getresponse()
            reply.read()
            found.append(reply.status)
            time.sleep(
                around * chance.uniform(0.99, 1.01) if chance.random() < 0.5 else around * chance.uniform(0.5, 1.5)
            )
        connection.close()
        return found

    with ThreadPoolExecutor(clients) as pool:
        return [status for statuses in pool.map(one_client, range(clients)) for status in statuses]


SHORT = [
    ("keepalive_timeout 60s;  # shorter", f"keepalive_timeout {round(LIMIT * 1000)}ms;  # shorter"),
    ("keepalive 32;", "keepalive 200;"),  # one for each client of the test
    ("rate=20r/s", "rate=9000r/s"),
    ("limit_conn xinwen_connections 40", "limit_conn xinwen_connections 4000"),
]


@pytest.mark.slow
def test_no_request_fails_around_the_limits_of_idle_connections(token: str, folder: Path) -> None:
    with proxied(folder / "idle", *SHORT) as nginx:
        assert set(pauses(nginx, LIMIT, 2_000)) == {405}
