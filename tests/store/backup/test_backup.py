"""A backup holds everything, is checked before it is restored, and goes on after a kill at any step."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo.database import Database

from store.backup import contents, files, taking
from store.backup.files import BackupError
from store.backup.reading import CollectionReader
from store.backup.restoring import chosen, restore
from store.backup.taking import backups_in, take
from store.connection import another_database, opened
from store.index import preparation
from store.index.manifest import DamagedManifest
from store.index.preparation import IndexMismatch
from store.index.verify import verify
from tests.commands import PROJECT
from tests.store.backup.conftest import NOW, everything, fill
from tests.store.index_content import content, store, stored

KILLED = Path(__file__).with_name("killed.py")


def kill(what: str, uri: str, folder: Path, step: str) -> None:
    command = [sys.executable, str(KILLED), what, uri, str(folder), step]
    done = subprocess.run(command, cwd=PROJECT, env={"PYTHONPATH": str(PROJECT)}, check=False, capture_output=True)
    assert done.returncode == 9, done.stderr.decode()


@pytest.fixture(scope="module")
def source_uri(server: str) -> Iterator[str]:
    """Address of a store that no test changes."""
    address = another_database(server, "test_to_back_up")
    with opened(address) as database:
        fill(database)
        yield address
        database.client.drop_database(database.name)


@pytest.fixture
def source(source_uri: str) -> Iterator[Database[dict[str, Any]]]:
    with opened(source_uri) as found:
        yield found


@pytest.fixture(scope="module")
def backup_folder(source_uri: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup that no test changes."""
    with pytest.MonkeyPatch.context() as patch, opened(source_uri) as database:
        patch.setattr(files, "MAX_BYTES", 20_000)
        return take(database, tmp_path_factory.mktemp("backups"), "test").folder


def test_everything_comes_back(source, another, tmp_path: Path) -> None:
    database = source
    embedded = tmp_path / "data"
    embedded.mkdir()
    report = take(database, tmp_path / "backups", "test", embedded)  # else a slow machine may lose the moment
    assert report.contents.moment
    assert report.contents.counts["articles"] == 120 and len(report.contents.files) > 20
    assert "rankings" not in report.contents.counts
    assert stat.S_IMODE(report.folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in report.folder.iterdir()} == {0o600}
    with opened(another()) as copy:
        restored = restore(copy, report.folder)
        assert not restored.needs_packing
        assert everything(copy) == everything(database)
        assert verify(copy, "test") == []
        assert content(copy) == stored(copy)
        assert copy.later.index_information()["later_n"]["unique"]
        assert copy.articles.index_information() == database.articles.index_information()
        with pytest.raises(BackupError, match=r"is not empty \(.*\): --database names another"):
            restore(copy, report.folder)


def test_a_server_without_snapshots_is_read_in_an_order_that_misses_nothing(
    database, another, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(database)
    stored_later: list[str] = []

    def store_meanwhile(step: str) -> None:
        if step.startswith(("articles", "raw", "terms")) and len(stored_later) < 40:
            stored_later.append(f"later{len(stored_later)}")
            store(
                database, {stored_later[-1]: f"unseen{len(stored_later)} wafer", "a9": f"rewritten{len(stored_later)}"}
            )

    def ask(self: CollectionReader, command: dict) -> list:
        self.is_snapshot = False  # as of a server that is no replica set
        return asked(self, command)

    asked = CollectionReader._ask
    monkeypatch.setattr(CollectionReader, "_ask", ask)
    report = take(database, tmp_path, "test", step=store_meanwhile)
    assert report.contents.moment is None and len(stored_later) > 3
    with opened(another()) as copy:
        assert restore(copy, report.folder).needs_packing
        assert verify(copy, "test") == []
        assert content(copy) == stored(copy)
        assert copy.articles.count_documents({}) >= 120


@pytest.mark.parametrize("is_snapshot", [True, False])
def test_documents_of_which_a_reply_holds_only_one_are_all_read(database, is_snapshot: bool) -> None:
    sizes = [9, 9, 1, 15, 15, 9]  # MiB
    for number, size in enumerate(sizes):
        database.raw.insert_one({"_id": number, "data": bytes(size * 2**20)})
    reader = CollectionReader(database, is_snapshot=is_snapshot)
    assert [row["_id"] for batch in reader.batches("raw") for row in batch] == [*range(len(sizes))]


def test_a_snapshot_does_not_see_what_is_stored_meanwhile(database, another, tmp_path: Path) -> None:
    fill(database)
    before = everything(database)

    def store_meanwhile(step: str) -> None:
        if not step.startswith("watches"):  # the first query chooses the moment
            store(database, {f"during {step}": f"unseen{len(step)} wafer", "a9": f"rewritten {step}"})

    embedded = tmp_path / "data"
    embedded.mkdir()
    report = take(database, tmp_path / "backups", "test", embedded, step=store_meanwhile)
    assert report.contents.moment
    with opened(another()) as copy:
        restore(copy, report.folder)
        assert everything(copy) == before
        assert verify(copy, "test") == []


def test_a_moment_that_is_lost_in_the_middle(source, another, tmp_path: Path, monkeypatch) -> None:
    asked = CollectionReader._ask

    def ask(self: CollectionReader, command: dict) -> list:
        if command["find"] == "raw" and "min" in command and self.is_snapshot:
            self.is_snapshot, self.moment = False, None
            raise taking.SnapshotLost(239)
        return asked(self, command)

    monkeypatch.setattr(CollectionReader, "_ask", ask)
    report = take(source, tmp_path, "test")
    assert report.contents.moment is None
    with opened(another()) as copy:
        restore(copy, report.folder)
        assert verify(copy, "test") == []
        assert copy.raw.count_documents({}) == 60


BACKUP_STEPS = ["articles 3", "rename", "watches 1", "counters 1", "manifest"]
RESTORE_STEPS = ["restore articles-00003.bson.zst", "manifest", "indexes", "counters"]
NUMBER = 5 if "SOAK" in os.environ else 2


@pytest.mark.parametrize("step", BACKUP_STEPS[:NUMBER])
def test_a_backup_that_was_killed_goes_on(source, source_uri: str, another, tmp_path: Path, step: str) -> None:
    kill("take", source_uri, tmp_path, step)
    assert backups_in(tmp_path) == []
    finished = [*(tmp_path / taking.PARTIAL).glob("*.zst")]
    report = take(source, tmp_path, "test")
    assert report.resumed == (len(finished) if step != "rename" else 0)
    assert [folder.name for folder in tmp_path.iterdir() if folder.name != ".lock"] == [report.folder.name]
    with opened(another()) as copy:
        restore(copy, tmp_path)
        assert verify(copy, "test") == []
        assert content(copy) == content(source)


def test_what_does_not_belong_to_an_unfinished_backup_is_read_again(
    source, source_uri: str, another, tmp_path: Path
) -> None:
    kill("take", source_uri, tmp_path, "articles 4")
    elsewhere = tmp_path.with_name(f"{tmp_path.name}-elsewhere")
    shutil.copytree(tmp_path, elsewhere)
    assert take(source, elsewhere, "another").resumed == 0
    (tmp_path / taking.PARTIAL / "articles-00002.bson.zst").write_bytes(b"")
    assert take(source, tmp_path, "test").resumed == 2
    with opened(another()) as copy:
        restore(copy, tmp_path)
        assert everything(copy)["articles"] == everything(source)["articles"]


def test_what_was_read_before_an_upgrade_or_retokenize_is_read_again(
    source, source_uri: str, database, another, tmp_path: Path, monkeypatch
) -> None:
    kill("take", source_uri, tmp_path, "articles 4")
    fill(database)
    row = source.manifest.find_one({"_id": "index"})
    try:
        source.manifest.update_one({"_id": "index"}, {"$set": {"analyzer": "next"}})
        assert take(source, tmp_path, "test").resumed == 0
    finally:
        source.manifest.replace_one({"_id": "index"}, row)

    def retokenize(step: str) -> None:
        if step.startswith("raw "):
            database.manifest.update_one({"_id": "index"}, {"$set": {"analyzer": "next"}})

    asked = CollectionReader._ask

    def ask(self: CollectionReader, command: dict) -> list:
        self.is_snapshot = False  # as of a server that is no replica set
        return asked(self, command)

    monkeypatch.setattr(CollectionReader, "_ask", ask)
    with pytest.raises(BackupError, match="upgraded or retokenized meanwhile: run backup again"):
        take(database, tmp_path / "more", "test", step=retokenize)
    assert backups_in(tmp_path / "more") == []
    again = take(database, tmp_path / "more", "test")
    assert (again.resumed, again.contents.analyzer) == (0, "next")


def test_a_snapshot_has_layout_and_analyzer_of_its_moment(database, tmp_path: Path) -> None:
    fill(database)

    def retokenize(step: str) -> None:
        if step.startswith("raw "):
            database.manifest.update_one({"_id": "index"}, {"$set": {"analyzer": "next"}})

    embedded = tmp_path / "data"
    embedded.mkdir()
    report = take(database, tmp_path / "backups", "test", embedded, step=retokenize)
    assert report.contents.moment and report.contents.analyzer == "test"


def test_notes_that_lost_their_end_are_good_until_there(source, source_uri: str, tmp_path: Path) -> None:
    kill("take", source_uri, tmp_path, "articles 4")
    notes = tmp_path / taking.PARTIAL / "progress.jsonl"
    lines = notes.read_bytes().splitlines(keepends=True)
    notes.write_bytes(b"".join(lines[:-1]) + bytes(40) + b"\xff\n")
    assert take(source, tmp_path, "test").resumed == sum(b'"file"' in line for line in lines[:-1])


@pytest.mark.parametrize("step", RESTORE_STEPS[:NUMBER])
def test_a_restore_that_was_killed_passes_for_nothing_and_goes_on(
    source, backup_folder: Path, another: Callable[[], str], tmp_path: Path, step: str
) -> None:
    address = another()
    kill("restore", address, backup_folder, step)
    with opened(address) as copy:
        for use in (preparation.prepare, preparation.check):
            with pytest.raises(IndexMismatch, match=r"has half of a backup: xinwen restore .* goes on"):
                use(copy, "test")
        with pytest.raises(DamagedManifest, match="half of a backup"):
            content(copy)
        with pytest.raises(IndexMismatch, match="half of a backup"):
            take(copy, tmp_path / "more", "test")
        assert restore(copy, backup_folder).resumed > 0
        assert everything(copy) == everything(source)
        assert verify(copy, "test") == []


@pytest.mark.parametrize("late", ["restore terms-00001.bson.zst", "counters", "manifest"])
def test_a_restore_sets_nothing_back_after_another_one_has_ended(
    backup_folder: Path, another: Callable[[], str], late: str
) -> None:
    def restore_first(step: str) -> None:
        if step == late:
            restore(copy, backup_folder)
            store(copy, {"later": "words that nobody knew"})
            known.append((content(copy), [*copy.counters.find()], copy.manifest.find_one()))

    known: list[Any] = []
    with opened(another()) as copy:
        with pytest.raises(BackupError, match=r"another restore into the database .* was at work, and has ended"):
            restore(copy, backup_folder, restore_first)
        assert known == [(content(copy), [*copy.counters.find()], copy.manifest.find_one())]
        assert verify(copy, "test") == []


def test_what_another_process_writes_during_a_restore_is_told(backup_folder: Path, another: Callable[[], str]) -> None:
    def write(step: str) -> None:
        if step == "counters":
            copy.quarantine.insert_one({"_id": "x", "source": "sia", "url": "u", "reasons": [], "seen": NOW})
            copy.articles.delete_one({})

    message = "articles has 119 documents, the backup 120: another process"
    with opened(another()) as copy, pytest.raises(BackupError, match=message):
        restore(copy, backup_folder, write)


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def edit(folder: Path, **changes: object) -> None:
    path = folder / contents.NAME
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def rewrite(folder: Path, **changes: object) -> None:
    """As ``edit``, with the right checksum."""
    path = folder / contents.NAME
    fields = json.loads(path.read_text()) | changes
    fields.pop("sha256")
    path.write_text(json.dumps(fields | {"sha256": contents._checksum(fields)}))


STRAY = {"name": "../x", "collection": "articles", "documents": 1, "bytes": 1, "sha256": ""}
ARTICLES = "articles-00002.bson.zst"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda folder: flip(folder / ARTICLES), f"{ARTICLES} is damaged: it is not what was written"),
        (
            lambda folder: (folder / ARTICLES).write_bytes((folder / ARTICLES).read_bytes()[:-1]),
            f"{ARTICLES} is damaged",
        ),
        (lambda folder: (folder / ARTICLES).unlink(), f"{ARTICLES} is missing"),
        (lambda folder: edit(folder, database="another"), "manifest.json is damaged: it is not what was written"),
        (lambda folder: (folder / contents.NAME).write_text("{"), "manifest.json is damaged"),
        (lambda folder: (folder / contents.NAME).write_text("[]"), "manifest.json is damaged"),
        (lambda folder: (folder / contents.NAME).unlink(), "is no whole backup.*manifest.json is missing"),
        (lambda folder: rewrite(folder, layout=99), "has layout 99, this program knows"),
        (lambda folder: rewrite(folder, layout="3"), "manifest.json is damaged: '3' is no layout"),
        (lambda folder: rewrite(folder, files=[{"name": "x"}]), "manifest.json is damaged"),
        (lambda folder: rewrite(folder, files=[STRAY]), "manifest.json names '../x', which is no file of the backup"),
        (lambda folder: rewrite(folder, format=2), "has format 2, this program reads 1: use a newer one"),
    ],
    ids=["byte", "cut", "missing", "edited", "half", "list", "bare", "layout", "text", "fields", "stray", "format"],
)
def test_a_damaged_backup_is_refused_before_anything_is_written(
    backup_folder: Path, another: Callable[[], str], tmp_path: Path, change, message: str
) -> None:
    folder = tmp_path / backup_folder.name
    shutil.copytree(backup_folder, folder)
    change(folder)
    with opened(another()) as copy:
        with pytest.raises(BackupError, match=message) as caught:
            restore(copy, folder)
        assert str(folder) in str(caught.value)
        assert copy.list_collection_names() == []


def test_of_several_the_newest_is_restored_and_none_that_is_copied_in_part(backup_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(backup_folder, tmp_path / "2026-01-01T000000Z")
    shutil.copytree(backup_folder, tmp_path / "2026-01-02T000000Z")
    assert chosen(tmp_path).name == "2026-01-02T000000Z"
    (tmp_path / "2026-01-02T000000Z" / contents.NAME).unlink()
    with pytest.raises(BackupError, match=r"2026-01-02T000000Z is no whole backup: manifest.json is missing"):
        contents.read(chosen(tmp_path), 99)


def test_a_folder_with_other_things_and_an_empty_database_are_refused(database, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="is empty: there is nothing to back up"):
        take(database, tmp_path, "test")
    fill(database)
    (tmp_path / "letter.txt").write_text("x")
    with pytest.raises(BackupError, match=r"is not empty and holds no backups \(it has letter.txt\)"):
        take(database, tmp_path, "test")
    with pytest.raises(BackupError, match=r"letter\.txt is no folder"):
        take(database, tmp_path / "letter.txt", "test")
