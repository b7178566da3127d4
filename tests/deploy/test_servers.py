"""The page and the API behind systemd's socket, uvicorn's command, gunicorn, supervisor and circus: started, asked, ended."""

from __future__ import annotations

import os
import re
import signal
import socket
import ssl
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPSConnection
from pathlib import Path
from uuid import uuid4

import pytest

from store.connection import another_database, connect
from store.documents import tokens
from store.server import embedded
from store.settings import settings
from tests.deploy import serving
from tests.deploy.serving import ARTICLES, PATIENCE, Site, started
from tests.deploy.tools import tool
from tests.service.certificates import certificate
from tests.similarity.conftest import storing_in
from text.analysis.analyzer import Analyzer

pytestmark = pytest.mark.slow

BIN = Path(sys.executable).parent


@pytest.fixture(scope="module")
def news(server: str) -> Iterator[tuple[str, list[str]]]:
    """The address of a database with articles, and tokens for its API."""
    address = another_database(server, f"test_{uuid4().hex[:12]}")
    database = connect(address)
    storing_in(database)([f"Wafer prices rise again, part {number}." for number in range(ARTICLES)], Analyzer())
    yield address, [tokens.add(database, f"test{number}") for number in range(50)]
    database.client.drop_database(database.name)
    database.client.close()


@pytest.fixture
def uri(news: tuple[str, list[str]]) -> str:
    return news[0]


@pytest.fixture
def site(news: tuple[str, list[str]]) -> Iterator[Site]:
    with serving.run_folder() as folder:
        yield Site(folder / "api.socket", news[1])


@contextmanager
def database_away() -> Iterator[None]:
    """Stop MongoDB (SIGSTOP) while the block runs: it neither answers nor fails."""
    mongod = embedded.read_state(settings().data / "mongod")["mongod"]
    os.kill(mongod, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(mongod, signal.SIGCONT)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_socket_of_systemd_and_its_watchdog(uri: str, site: Site, deploy: Path) -> None:
    unit = serving.settled(deploy / "systemd" / "xinwen-api.service", site.path.parent)
    (command,) = re.findall(r"^ExecStart=(.+)$", unit, re.M)
    given = {
        "MONGODB_URI": uri,
        "XINWEN_DATA": settings().data,
        "NOTIFY_SOCKET": f"@xinwen-{uuid4().hex}",
        "WATCHDOG_USEC": 1_000_000,
    }
    options = [part for name, value in given.items() for part in ("-E", f"{name}={value}")]
    activate = tool("systemd-socket-activate", "systemd")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind("\0" + str(given["NOTIFY_SOCKET"])[1:])
        manager.settimeout(PATIENCE)
        with started(activate, "-l", site.path, *options, *command.split()) as process:
            serving.wait_until(lambda: not site.refuses())
            assert (site.get(), site.get(is_known=False)) == (200, 401)
            assert [manager.recv(100) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]
            with database_away():
                manager.settimeout(2)
                with pytest.raises(TimeoutError):  # the index does not answer
                    for _ in range(20):
                        manager.recv(100)
            manager.settimeout(PATIENCE)
            assert manager.recv(100) == b"WATCHDOG=1"
            serving.wait_until(lambda: site.get() == 200)
            serving.ended(process, site)
            manager.setblocking(False)
            last = b""
            while last != b"STOPPING=1":
                last = manager.recv(100)


def test_https(uri: str, news: tuple[str, list[str]], tmp_path: Path) -> None:
    crt, key = certificate(tmp_path)
    options = ["--port=0", f"--ssl-certfile={crt}", f"--ssl-keyfile={key}"]
    with started(sys.executable, "-m", "service", *options, mongodb_uri=uri) as process:
        address = process.stdout.readline().split()[-1]
        port = int(re.fullmatch(r"https://127\.0\.0\.1:(\d+)/", address)[1])
        trusting = ssl.create_default_context(cafile=crt)
        connection = HTTPSConnection("127.0.0.1", port, timeout=PATIENCE, context=trusting)
        connection.request("GET", "/readyz")
        assert connection.getresponse().read() == b'{"status": "ok"}'
        connection.close()
        process.terminate()
        assert serving.besides_a_slow_start(process.communicate(timeout=PATIENCE)[0]) == []
        assert process.returncode == 0


def test_uvicorn_with_two_processes(uri: str, site: Site) -> None:
    options = ["--factory", "service.asgi:application", "--uds", site.path, "--workers", "2"]
    with started(BIN / "uvicorn", *options, mongodb_uri=uri) as process:
        serving.wait_until(lambda: not site.refuses())
        assert (site.get(), site.get(is_known=False)) == (200, 401)
        # Why the folder must have mode 0750: everybody on the machine could connect.
        assert (mode(site.path), mode(site.path.parent)) == (0o666, 0o750)
        serving.ended(process, site)


@pytest.mark.parametrize("worker", ["asgi", "uvicorn_worker.UvicornWorker"])
def test_gunicorn(worker: str, uri: str, site: Site, deploy: Path) -> None:
    config = site.path.with_name("gunicorn.conf.py")
    config.write_text(serving.settled(deploy / "gunicorn.conf.py", site.path.parent))
    with started(BIN / "gunicorn", "-c", config, "-k", worker, mongodb_uri=uri, xinwen_timeout=3) as process:
        killed, other = serving.two_answer(site, process.pid)
        with database_away():
            os.kill(killed, signal.SIGKILL)
            serving.wait_until(lambda: killed not in (now := serving.workers(process.pid)) and len(now) == 2)
            (first,) = set(serving.workers(process.pid)) - {other}
            serving.wait_until(lambda: first not in serving.workers(process.pid))  # it has found no database
            serving.wait_until(lambda: len(serving.workers(process.pid)) == 2)  # and the next one tries
            assert site.get("/healthz") == 200
        serving.two_answer(site, process.pid)
        assert site.get(is_known=False) == 401
        assert mode(site.path) == 0o660
        written = serving.ended(process, site)
    assert "Traceback" not in written
    assert not site.path.exists()


@pytest.mark.parametrize("program", ["gunicorn", "uvicorn"])
def test_what_is_wrong_is_told_without_the_password(program: str, site: Site, deploy: Path) -> None:
    config = site.path.with_name("gunicorn.conf.py")
    config.write_text(serving.settled(deploy / "gunicorn.conf.py", site.path.parent))
    options = ["-c", config] if program == "gunicorn" else ["--factory", "service.asgi:application", "--uds", site.path]
    nobody = {"mongodb_uri": "mongodb://reader:secret@127.0.0.1:9/news", "xinwen_timeout": 1}
    with started(BIN / program, *options, **nobody) as process:
        written, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 3
    assert written.count("error: MongoDB at mongodb://reader:***@127.0.0.1:9/news cannot be reached") == 1
    assert "secret" not in written and "Traceback" not in written


def test_supervisor(uri: str, site: Site, deploy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = site.path.parent
    (folder / "xinwen.conf").write_text(serving.settled(deploy / "supervisor.conf", folder))
    (folder / "supervisord.conf").write_text(
        f"[supervisord]\nnodaemon=true\nlogfile={folder}/log\npidfile={folder}/pid\nchildlogdir={folder}\n"
        f"user={Path(folder).owner()}\n[include]\nfiles={folder}/xinwen.conf\n"
    )
    with started(BIN / "supervisord", "-c", folder / "supervisord.conf", mongodb_uri=uri) as process:
        seconds = serving.killed_under_load(site, process.pid)
        assert site.searches_counted() >= 196  # by all processes together
        assert mode(site.path) == 0o660
        serving.ended(process, site)
    with capsys.disabled():
        sys.stdout.write(f" supervisor: two processes again after {seconds:.1f} s ")


def test_circus(uri: str, site: Site, deploy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = site.path.with_name("circus.ini")
    config.write_text(serving.settled(deploy / "circus.ini", site.path.parent))
    with started(BIN / "circusd", config, mongodb_uri=uri) as process:
        seconds = serving.killed_under_load(site, process.pid)
        assert site.searches_counted() >= 196  # by all processes together
        assert mode(site.path) == 0o770
        serving.ended(process, site)
    with capsys.disabled():
        sys.stdout.write(f" circus: two processes again after {seconds:.1f} s ")
