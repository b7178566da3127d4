"""A disk that is full, a real small one: writers stop with one line, readers are answered, and room lets both go on."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo.database import Database
from pymongo.errors import BulkWriteError, OperationFailure

from store import connection
from store.connection import opened, store_error
from store.disk import RESERVE, space_of
from store.documents import request_counts
from store.server import embedded
from store.settings import settings
from tests.commands import assert_one_line_error, run, start
from tests.crawler.tiny_web import add
from tests.pipelines.crawls import API, SIA, page, post
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
        until(lambda: is_refused(database))
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
        until(lambda: not is_refused(database))
    embedded.stop(data)


def test_a_disk_that_fills_during_a_crawl(small_disk: Path, tmp_path: Path) -> None:
    """The crawl stops, nothing is half stored, readers are answered, and the next one goes on when there is room."""
    data, slugs = small_disk / "data", [f"a-{number}" for number in range(9)]
    add(tmp_path, "sia", API, json.dumps([post(slug) for slug in slugs]), type="application/json")
    for number, slug in enumerate(slugs):
        add(tmp_path, "sia", f"{SIA}/{slug}/", page(slug), hang=0 if number < 3 else 1.5)
    of_disk = {"xinwen_data": data, "xinwen_sample_web": tmp_path, "xinwen_lease": 4}
    with opened(embedded.ensure_running(data, "xinwen_samples")) as database:
        number_of_runs = database.runs.count_documents({})

        def stored() -> int:
            return database.articles.count_documents({"url": {"$regex": f"^{SIA}/a-"}})

        crawl = start("scrapy", "crawlall", "sia", "--json", **of_disk)
        until(lambda: stored() > 1)
        large = occupy(small_disk)
        out, told = crawl.communicate(timeout=120)
        (record,) = json.loads(out)["runs"]
        assert (crawl.returncode, record["verdict"]) == (1, "failed"), told
        assert record["why"].startswith("disk full: ") and "searches go on" in record["why"]
        log = (data / "logs" / "sia.log").read_text("utf-8")
        (line,) = [line for line in log.splitlines() if "crawl stops: " in line]
        assert "storage failed, crawl stops: disk full: " in line and f"free on the disk of {data}; " in line
        assert "sia: failed, " in log and log.endswith(": disk full\n") and "Traceback" not in log
        assert "User writes blocked" not in log and database.runs.count_documents({}) == number_of_runs
        before = stored()
        assert 1 < before < len(slugs)
        for command in (["verify"], ["search", "chips of kind"]):
            done = run("similarity", *command, **of_disk)
            assert (done.returncode, done.stderr) == (0, "") and done.stdout, done.stdout
        large.unlink()
        until(lambda: not is_refused(database))
        again = run("scrapy", "crawl", "sia", "--wait", "--json", **of_disk)
        (record,) = json.loads(again.stdout)["runs"]
        assert (again.returncode, record["verdict"]) == (0, "ok"), again.stderr
        assert (record["known"] + record["unchanged"], record["new"]) == (before, len(slugs) - before)
        assert record["requests"]["page"] == len(slugs) - record["known"]
        done = run("similarity", "verify", **of_disk)
        assert done.returncode == 0, done.stdout
    embedded.stop(data)


def is_refused(database: Database[dict[str, Any]]) -> bool:
    """Whether the server writes nothing."""
    try:
        database.client.scratch.probe.insert_one({})
    except OperationFailure as error:
        assert "User writes blocked" in str(error)
        return True
    return False


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
