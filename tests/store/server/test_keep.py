"""``xinwen keep``: the embedded server as a service of its own, and a data folder that is not ours."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from store.server import embedded
from tests.commands import PROJECT, assert_one_line_error, environment, run_fresh, start

pytestmark = pytest.mark.slow


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "data"
    assert embedded.stop(tmp_path / "data")


def test_it_says_when_the_server_runs_and_when_it_has_ended(data: Path, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(120)
        variables = {"notify_socket": tmp_path / "notify", "xinwen_data": data}
        keeper = start("store", "keep", **variables)
        assert manager.recv(100) == b"READY=1"
        assert embedded.running_port(data / "mongod")
        os.kill(embedded.read_state(data / "mongod")["supervisor"], signal.SIGKILL)
        _, errors = keeper.communicate(timeout=60)
        assert keeper.returncode == 1
        assert errors.splitlines()[-1].startswith("error: the embedded MongoDB has ended (log: ")


def test_a_server_of_ones_own_needs_no_keeping(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(30)
        variables = {"notify_socket": tmp_path / "notify", "xinwen_data": tmp_path / "data"}
        done = run_fresh("store", "keep", mongodb_uri="mongodb://reader:secret@127.0.0.1:9/news", **variables)
        assert manager.recv(100) == b"READY=1"
    assert (done.returncode, done.stderr, (tmp_path / "data").exists()) == (0, "", False)
    assert "secret" not in done.stdout


@pytest.mark.parametrize("command", ["store keep", "service --port=0"])
def test_a_data_folder_of_another_user(command: str, tmp_path: Path) -> None:
    if os.geteuid() != 0 or not (setpriv := shutil.which("setpriv")):
        pytest.skip("not run: a command on a folder of another user, which only root can make")
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    os.chown(folder, 65534, 65534)
    done = subprocess.run(
        [setpriv, "--bounding-set=-all", sys.executable, "-m", *command.split()],  # root as any other user
        cwd=PROJECT,
        env=environment(xinwen_data=folder),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert_one_line_error(done, str(folder), "belongs to the user", "XINWEN_DATA")
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("inner", [False, True])
def test_root_makes_nothing_in_the_data_folder_of_another_user(inner: bool, tmp_path: Path) -> None:
    """The first command of a new machine is easily one of root: after it the user would be refused for good."""
    if os.geteuid() != 0:
        pytest.skip("not run: a command of root on a folder of another user")
    folder = tmp_path / "data"
    (folder / "mongod").mkdir(parents=True) if inner else folder.mkdir()
    os.chown(folder, 65534, 65534)
    before = sorted(folder.rglob("*"))
    for command in (["scrapy", "crawl", "sia"], ["store", "keep"], ["similarity", "stats"]):
        done = run_fresh(*command, xinwen_data=folder)
        assert done.returncode == 1, command
        assert_one_line_error(done, str(folder), "belongs to the user", "sudo -u", "XINWEN_DATA")
    assert sorted(folder.rglob("*")) == before
