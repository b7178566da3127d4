"""``xinwen doctor``: each fault is one line with its fix, and exit status 1; no password is shown."""

from __future__ import annotations

import importlib.metadata
import json
import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pymongo import WriteConcern

from alerts.targets import APPRISE, CALLBACK, FEISHU, WECOM, Target, address
from store import disk
from store.connection import StoreError, another_database, connect, opened
from store.index import manifest
from store.index.manifest import RESTORING, Manifest
from store.layout import LAYOUT
from store.settings import settings
from tests.commands import run
from xinwen.doctor import index, machine, mongodb, program, targets
from xinwen.doctor.__main__ import findings
from xinwen.doctor.finding import FAILED, NOTE, OK, Finding


@pytest.fixture
def stored(server: str) -> Iterator[str]:
    """Address of an empty database."""
    name = f"test_{uuid4().hex[:12]}"
    yield another_database(server, name)
    with connect(server).client as client:
        client.drop_database(name)


def doctor(**variables: object) -> tuple[int, dict[str, dict[str, Any]], str]:
    """Exit status, findings by name, and all that was printed."""
    done = run("xinwen", "doctor", "--json", **variables)
    facts = json.loads(done.stdout)
    assert facts["ok"] == (done.returncode == 0) and done.stderr == ""
    found = {check["name"]: check for check in facts["checks"]}
    assert len(found) == len(facts["checks"]), "names are unique"
    return done.returncode, found, done.stdout


def one(findings: Iterator[Finding]) -> Finding:
    """The only finding."""
    (found,) = findings
    return found


def test_a_machine_where_all_is_well(stored: str) -> None:
    status, found, _ = doctor(mongodb_uri=stored)
    failed = {name: check["said"] for name, check in found.items() if check["status"] == FAILED}
    assert failed.keys() <= {"disk 磁盘"} and status == len(failed), failed
    assert found["MongoDB"]["said"].startswith("6.0.5 at mongodb://127.0.0.1:")
    assert found["majority 多数"]["said"].startswith("members: 1 of the set xinwen; acknowledged in")
    assert found["index 索引"]["status"] == OK
    assert found["targets 接收方"]["said"] == "no watch sends to a host"
    database = connect(stored)
    with database.client:
        assert "doctor" not in database.list_collection_names()
    assert run("xinwen", "doctor", mongodb_uri=stored).stdout.endswith(("正常 · all well\n", "failed\n"))


def test_a_store_that_this_program_cannot_use_is_told_with_the_command(stored: str) -> None:
    first = manifest.document(Manifest("old", version=1))
    rows = {
        "xinwen upgrade": first | {"format": LAYOUT - 1},
        "xinwen retokenize": first,
        "xinwen restore /b goes on": {"_id": "index", RESTORING: {"folder": "/b", "backup": "x", "files": []}},
    }
    with opened(stored) as database:
        for fix, row in rows.items():
            database.manifest.replace_one({"_id": "index"}, row, upsert=True)
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("MONGODB_URI", stored)
                settings.cache_clear()
                found = one(index.index())
            assert (found.name, found.status, found.fix) == ("index 索引", FAILED, fix), found
    settings.cache_clear()


def test_the_password_of_mongodb_never_shows() -> None:
    uri = "mongodb://me:geheim@127.0.0.1:9/x"
    status, found, text = doctor(mongodb_uri=uri, xinwen_timeout=0.2)
    assert status == 1 and "geheim" not in text and found["MongoDB"]["fix"].startswith("start that server")
    plain = run("xinwen", "doctor", mongodb_uri=uri, xinwen_timeout=0.2)
    assert plain.returncode == 1 and "geheim" not in plain.stdout + plain.stderr
    assert "✗ MongoDB: MongoDB at mongodb://me:***@127.0.0.1:9/x cannot be reached" in plain.stdout


def test_a_database_that_does_not_answer_is_waited_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def refuse() -> str:
        asked.append(1)
        raise StoreError("it does not answer")

    for module in (mongodb, index, targets):
        monkeypatch.setattr(module, "opened", refuse)
    monkeypatch.setattr(mongodb, "database_address", refuse)
    found = [finding for finding in findings() if finding.name.startswith(("MongoDB", "index", "targets"))]
    assert [(finding.name, finding.said) for finding in found] == [("MongoDB", "it does not answer")]
    assert len(asked) == 1


def test_a_wrong_setting_is_told_and_what_needs_settings_is_left_out() -> None:
    status, found, _ = doctor(xinwen_zone="Asia/Nowhere")
    assert status == 1 and "'Asia/Nowhere' is unknown" in found["settings 设置"]["said"]
    assert "MongoDB" not in found and found["libraries 库"]["status"] == OK


@pytest.mark.slow
def test_targets_are_connected_to_and_nothing_is_sent(stored: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening, socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # and nobody listens there
        ports = listening.getsockname()[1], unused.getsockname()[1]
        database = connect(stored)
        with closing(database.client):
            for number, port in enumerate(ports):
                row = Target("webhook", f"http://127.0.0.1:{port}/hook").document()
                database.watches.insert_one({"_id": number, "targets": [row]})
        status, found, _ = doctor(mongodb_uri=stored)
        taken, _ = listening.accept()
        with taken:
            assert taken.recv(10) == b"", "nothing is sent"
    answers, refuses = (found[f"targets 接收方 127.0.0.1:{port}"] for port in ports)
    assert answers["status"] == OK
    assert status == 1 and f"127.0.0.1:{ports[1]} is not reached" in refuses["said"]


@pytest.mark.parametrize(
    ("target", "place"),
    [
        (Target(WECOM, "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=12345678"), ("qyapi.weixin.qq.com", 443)),
        (Target(FEISHU, "feishu://12345678/"), ("open.feishu.cn", 443)),
        (Target(APPRISE, "mailtos://a:b@mail.example.com:465?to=c@example.org"), ("mail.example.com", 465)),
        (Target(CALLBACK, "callback"), None),
    ],
    ids=lambda value: getattr(value, "kind", None),
)
def test_where_a_target_is(target: Target, place: tuple[str, int] | None) -> None:
    assert address(target) == place


def test_a_library_of_another_version_or_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.metadata.version

    def version(name: str) -> str:
        if name == "numba":
            raise importlib.metadata.PackageNotFoundError(name)
        return "1.0" if name == "pyarrow" else "2.0" if name == "scrapy" else real(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    found = {finding.name: finding for finding in program.libraries()}
    assert found["libraries 库"].status == FAILED
    assert found["libraries 库"].said == "not installed: numba; not as tested: scrapy 2.0 (==2.19.0)"
    assert found["[parquet]"].status == FAILED and found["[parquet]"].fix.endswith("requirements-parquet.txt")


def test_a_library_that_is_broken(tmp_path: Path, stored: str) -> None:
    (tmp_path / "numpy.py").write_text("raise OSError('libopenblas.so.0: cannot open shared object file')\n")
    status, found, _ = doctor(mongodb_uri=stored, pythonpath=tmp_path)
    broken = found["index 索引"]
    assert status and broken["said"] == "cannot be checked: OSError: libopenblas.so.0: cannot open shared object file"
    assert "--force-reinstall" in broken["fix"] and found["MongoDB"]["status"] == OK and "targets 接收方" in found


def test_an_extra_that_is_not_installed_is_a_note_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    found = {finding.name: finding for finding in program.libraries()}
    assert {name for name, finding in found.items() if finding.status == NOTE} == {
        "[semantic]", "[parquet]", "[mcp]", "[alerts]", "[dask]", "[browser]",
    }  # fmt: skip
    assert found["[mcp]"].fix == "pip install -r requirements-mcp.txt  (tools for AI assistants)"


def test_a_python_that_is_newer_than_the_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    assert one(program.interpreter()).status == OK
    monkeypatch.setattr(sys, "version_info", (3, 14, 0))
    assert one(program.interpreter()).status == FAILED


def test_a_full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "space_of", lambda folder: disk.DiskSpace(folder, 100 << 20, 100 << 30))
    found = one(machine.disk())
    assert found.status == FAILED and "low: 100 MiB (0%) free" in found.said and "XINWEN_DATA" in found.fix


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_for_data_that_is_partly_of_another_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    os.chown(tmp_path / "cache", 65534, -1)
    monkeypatch.setattr(machine, "settings", lambda: settings().model_copy(update={"data": tmp_path}))
    found = one(machine.data_folder())
    assert found.said == f"{tmp_path / 'cache'} belongs to the user nobody, and this is root"
    assert found.fix.startswith(f"sudo chown -R root {tmp_path}")


def test_a_folder_for_data_that_is_none_or_hidden(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(machine, "settings", lambda: settings().model_copy(update={"data": tmp_path / "file"}))
    found = one(machine.data_folder())
    assert (found.status, found.said) == (FAILED, f"{tmp_path / 'file'} cannot be read: Not a directory")


def test_a_folder_for_data_on_a_file_system_that_takes_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(machine, "settings", lambda: settings().model_copy(update={"data": tmp_path}))
    assert one(machine.data_folder()) == Finding("data 数据", OK, str(tmp_path))

    def refuse(**_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    found = one(machine.data_folder())
    assert found.said == f"{tmp_path} cannot be written: Read-only file system" and found.fix


def test_a_clock_that_differs(monkeypatch: pytest.MonkeyPatch, stored: str) -> None:
    monkeypatch.setenv("MONGODB_URI", stored)
    settings.cache_clear()
    try:
        assert {finding.name: finding.status for finding in mongodb.database()}["clock 时钟"] == OK
        monkeypatch.setattr(mongodb, "MOST_SECONDS", -1.0)
        found = {finding.name: finding for finding in mongodb.database()}["clock 时钟"]
        assert found.status == FAILED and "timedatectl" in found.fix
    finally:
        monkeypatch.undo()
        settings.cache_clear()


def test_a_majority_that_does_not_answer(monkeypatch: pytest.MonkeyPatch, stored: str) -> None:
    monkeypatch.setattr(mongodb, "WriteConcern", lambda *_, **options: WriteConcern(3, wtimeout=50))
    monkeypatch.setenv("MONGODB_URI", stored)
    settings.cache_clear()
    try:
        found = {finding.name: finding for finding in mongodb.database()}["majority 多数"]
        assert found.status == FAILED and "takes no write" in found.said and "rs.status()" in found.fix
    finally:
        monkeypatch.undo()
        settings.cache_clear()
