"""A disk that is full, a real small one: writers stop with one line, readers are answered, and room lets both go on."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pymongo.errors import BulkWriteError, OperationFailure

from store import connection
from store.connection import opened, store_error
from store.disk import RESERVE, space_of
from store.documents import request_counts
from store.server import embedded
from store.settings import settings
from tests.commands import assert_one_line_error, run
from tests.store.backup.conftest import fill

pytestmark = pytest.mark.slow

SAMPLE_WEB = Path("samples").resolve()


@pytest.fixture(scope="module")
def small_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file system of its own, in memory."""
    folder = tmp_path_factory.mktemp("disk")
    command = ["mount", "-t", "tmpfs", "-o", f"size={RESERVE + 500 * 2**20}", "none", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("only root may mount the small file system that this test fills")
    yield folder
    embedded.stop(folder / "data")
    subprocess.run(["umount", str(folder)], check=True)


def occupy(folder: Path) -> Path:
    """A file that leaves less than the reserve."""
    file = folder / "something large"
    with file.open("wb") as opened_file:
        os.posix_fallocate(opened_file.fileno(), 0, space_of(folder).free - RESERVE + 2**20)
    return file


def until(condition, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.1)


def test_a_full_disk_stops_writers_and_no_reader(small_disk: Path, tmp_path: Path) -> None:
    data = small_disk / "data"
    of_disk = {"xinwen_data": data, "xinwen_sample_web": SAMPLE_WEB}
    assert run("scrapy", "crawl", "sia", **of_disk).returncode == 0
    large = occupy(small_disk)
    address = embedded.ensure_running(data, "xinwen_samples")
    with opened(address) as database:

        def is_refused() -> bool:
            try:
                database.client.scratch.probe.insert_one({})
            except Exception as error:
                assert "User writes blocked" in str(error)
                return True
            return False

        until(is_refused)
        for command in (["similarity", "compact"], ["pipelines", "ingest", sample_file(tmp_path)]):
            done = run(*command, **of_disk)
            assert done.returncode == 1 and "Traceback" not in done.stderr
            assert "disk full: " in done.stderr and f"free on the disk of {data}" in done.stderr
        assert_one_line_error(run("scrapy", "crawl", "semi", **of_disk), "disk full: ", "searches go on")
        found = run("similarity", "search", "semiconductor", **of_disk)
        assert found.returncode == 0 and found.stdout and not found.stderr
        assert request_counts.count(database, "a client of the API") == 0  # which is no reason to refuse it
        done = run("similarity", "backup", small_disk / "backups", **of_disk)
        assert_one_line_error(done, "disk full: ", "which the database needs")
        large.unlink()
        until(lambda: not is_refused())
    embedded.stop(data)


def sample_file(folder: Path) -> Path:
    path = folder / "rows.jsonl"
    path.write_text('{"url": "https://a.example/1", "title": "Wafers", "body": "More wafers."}\n')
    return path


def test_a_backup_that_fills_its_disk_goes_on_when_there_is_room(database, uri: str, small_disk: Path) -> None:
    fill(database)
    parent = small_disk / "full"
    large = small_disk / "large"
    with large.open("wb") as opened_file:
        os.posix_fallocate(opened_file.fileno(), 0, space_of(small_disk).free - 2**16)
    done = run("similarity", "backup", parent, mongodb_uri=uri)
    assert_one_line_error(done, "disk full: ", "the same command goes on with the finished files")
    assert not [*parent.glob("2*")]
    large.unlink()
    done = run("similarity", "backup", parent, mongodb_uri=uri)
    assert done.returncode == 0, done.stderr
    assert "went on with" in done.stdout
    assert len([*parent.glob("2*")]) == 1


def test_the_message_of_a_server_elsewhere_names_it_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    address = "mongodb://me:secret@db.example/news"
    elsewhere = settings().model_copy(update={"mongodb_uri": address})
    monkeypatch.setattr(connection, "settings", lambda: elsewhere)
    expected = (
        "disk full: MongoDB at mongodb://me:***@db.example/news writes nothing until there is room; searches go on"
    )
    assert str(store_error(OperationFailure("No space", 14031), address)) == expected
    fault = BulkWriteError({"writeErrors": [{"code": 371, "errmsg": "User writes blocked"}]})
    assert str(store_error(fault, address)) == expected
