"""A store that is exported with everything and imported elsewhere answers as before; nothing else is imported."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from similarity.answers.answer import answer
from similarity.answers.question import read
from similarity.index import SimilarityIndex
from store.connection import another_database, connect
from store.documents.sources import note_source
from store.index import preparation
from store.index.verify import verify
from store.transfer.dump import ArticleGone, dump
from store.transfer.load import NotLoaded, load
from tests.commands import PROJECT, assert_one_line_error, run
from tests.service.test_interfaces import QUESTIONS
from tests.similarity.conftest import storing_in
from text.analysis.analyzer import VERSION


@pytest.fixture(scope="module")
def file(news_uri: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("everything") / "store.jsonl"
    done = run("similarity", "export", "--everything", "--out", path, "--json", mongodb_uri=news_uri)
    assert done.returncode == 0, done.stderr
    return path


@pytest.fixture(scope="module")
def copy(news_uri: str, file: Path) -> Iterator[str]:
    """Address of the database into which the file was imported."""
    address = another_database(news_uri, "test_imported")
    done = run("similarity", "import", file, "--json", mongodb_uri=address)
    assert json.loads(done.stdout)["articles"] == len(ids_in(news_uri)), done.stderr
    yield address
    with connect(address).client as client:
        client.drop_database("test_imported")


def ids_in(address: str) -> list[str]:
    database = connect(address)
    with database.client:
        return [row["_id"] for row in database.articles.find({}, {"_id": 1}).sort("_id", 1)]


def test_the_copy_answers_as_the_original(client: TestClient, copy: str) -> None:
    index: SimilarityIndex = client.app.state.engine.index  # type: ignore[attr-defined]
    with SimilarityIndex.open(copy, live=False) as other:
        assert verify(other.database, VERSION) == []
        for values in QUESTIONS:
            expected, found = (answer(one, read(values)).hits for one in (index, other))
            assert [hit.article for hit in found] == [hit.article for hit in expected]
            assert [hit.score for hit in found] == pytest.approx([hit.score for hit in expected], abs=1e-9)
            assert [hit.more for hit in found] == [hit.more for hit in expected]


def test_a_second_import_changes_nothing(copy: str, file: Path) -> None:
    before = ids_in(copy)
    done = run("similarity", "import", file, mongodb_uri=copy)
    assert_one_line_error(done, f"the database has {len(before)} articles already: an import needs an empty one")
    assert ids_in(copy) == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda lines: lines[:-1], "is cut off"),
        (lambda lines: [*lines[:-1], lines[-1][:20]], "is cut off"),
        (lambda lines: lines[:5] + lines[6:], "is damaged"),
        (
            lambda lines: [lines[0].replace(VERSION.encode(), b"other"), *lines[1:]],
            "analyzer 'other'.* this program has",
        ),
        (
            lambda lines: [lines[0].replace(b'"file": 1', b'"file": 2'), *lines[1:]],
            "has format 2, this program reads 1",
        ),
        (lambda lines: [b"id,title\r\n"], "was not written by export --everything"),
        (lambda lines: [], "was not written by export --everything"),
    ],
    ids=["no end", "half a line", "a line lost", "another analyzer", "another format", "a table", "empty"],
)
def test_another_file_is_refused_before_anything_is_written(
    database, file: Path, tmp_path: Path, change, message: str
) -> None:
    changed = tmp_path / "changed.jsonl"
    changed.write_bytes(b"".join(change(file.read_bytes().splitlines(keepends=True))))
    with pytest.raises(NotLoaded, match=message):
        load(database, changed, VERSION)
    assert database.list_collection_names() == []


KILLED = """
import os, sys
from pathlib import Path
from store.connection import connect
from store.transfer import load as loading
from text.analysis.analyzer import VERSION

uri, file, where = sys.argv[1:]
database = connect(uri)
renamed = loading._renamed

def rename(found, old, new):
    if new == where:
        os._exit(9)
    return renamed(found, old, new)

loading._renamed = rename
loading.load(database, Path(file), VERSION, lambda number: os._exit(9) if where == "written" else None)
"""


@pytest.mark.parametrize("where", ["written", "terms", "articles"])
def test_an_import_that_was_killed_begins_again(database, uri: str, file: Path, where: str) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, uri, str(file), where], cwd=PROJECT, check=False)
    assert done.returncode == 9
    assert database.import_articles.find_one() and not database.articles.find_one()
    assert bool(database.terms.find_one()) == (where == "articles")
    with pytest.raises(NotLoaded, match="written to by another process"):
        load(database, file, VERSION)
    database.leases.delete_one({"_id": "index"})  # it lapses after half a minute
    loaded = load(database, file, VERSION)
    assert database.articles.count_documents({}) == loaded.articles > 200
    assert not [name for name in database.list_collection_names() if "import" in name]
    assert verify(database, VERSION) == []


def test_what_another_process_writes_meanwhile_stays(database, file: Path) -> None:
    def crawl(number: int) -> None:
        if not database.articles.find_one():
            storing_in(database)(["a crawl"])

    with pytest.raises(NotLoaded, match="another process writes to this database"):
        load(database, file, VERSION, crawl)
    assert [row["title"] for row in database.articles.find()] == ["a crawl"]
    preparation.check(database, VERSION)
    assert verify(database, VERSION) == []
    assert not [name for name in database.list_collection_names() if "import" in name]


def test_an_article_that_was_deleted_meanwhile_ends_the_export(database) -> None:
    row = {"key": "own", "number": 99, "name": "Own", "category": "x"}
    note_source(database, row)
    (stored,) = storing_in(database)(["wafers"])
    lines = [json.loads(line) for line in dump(database, VERSION, [[stored]])]
    assert [next(iter(line)) for line in lines] == ["xinwen", "sources", "articles", "terms", "end"]
    with pytest.raises(ArticleGone, match="1 articles were deleted during the export, 0 is one"):
        list(dump(database, VERSION, [[stored, "0"]]))
