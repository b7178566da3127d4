"""A backup that is restored elsewhere answers forty questions as before; it is taken with the right to read alone."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from similarity.answers.answer import answer
from similarity.answers.question import read
from similarity.index import SimilarityIndex
from store.backup.taking import PARTIAL
from store.connection import another_database, opened
from store.index.verify import verify
from store.vectors import unpack
from tests.commands import assert_one_line_error, run, start
from tests.service.test_interfaces import QUESTIONS
from tests.store.backup.conftest import everything
from text.analysis.analyzer import VERSION

COPY = "test_restored_copy"


@pytest.fixture(scope="module")
def folder(news_uri: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with one backup."""
    parent = tmp_path_factory.mktemp("backups")
    done = run("similarity", "backup", parent, "--keep", "7d", "--json", mongodb_uri=news_uri)
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert facts["documents"]["articles"] > 200 and facts["resumed"] == 0 and facts["removed"] == []
    return parent


@pytest.fixture(scope="module")
def copy(news_uri: str, folder: Path) -> Iterator[str]:
    """Address of the database into which the backup was restored."""
    done = run("similarity", "restore", folder, "--database", COPY, mongodb_uri=news_uri)
    assert done.returncode == 0, done.stderr
    assert COPY in done.stdout
    address = another_database(news_uri, COPY)
    yield address
    with opened(address) as database:
        database.client.drop_database(COPY)


def test_the_copy_has_everything_and_answers_as_the_original(client: TestClient, news_uri: str, copy: str) -> None:
    index: SimilarityIndex = client.app.state.engine.index  # type: ignore[attr-defined]
    with opened(news_uri) as original, SimilarityIndex.open(copy, live=False) as other:
        found, expected = everything(other.database), everything(original)
        del expected["backups"]  # that there is a backup is noted once it is complete
        assert found.keys() == expected.keys()
        assert [name for name in found if found[name] != expected[name] and name not in ("manifest", "articles")] == []
        assert {row["_id"] for row in found["articles"]} == {row["_id"] for row in expected["articles"]}
        assert verify(other.database, VERSION) == []
        for values in QUESTIONS:
            before, after = (answer(one, read(values)).hits for one in (index, other))
            assert [(hit.article.id, hit.score) for hit in after] == [(hit.article.id, hit.score) for hit in before]


def test_wrong_input_is_one_line(news_uri: str, copy: str, folder: Path, tmp_path: Path) -> None:
    refused = run("similarity", "restore", folder, "--database", COPY, mongodb_uri=news_uri)
    assert_one_line_error(refused, f"database {COPY} is not empty", "--database names another")
    wrong = run("similarity", "restore", folder, "--database", "a/b", mongodb_uri=news_uri)
    assert_one_line_error(wrong, "--database 'a/b'")
    assert_one_line_error(
        run("similarity", "restore", tmp_path, mongodb_uri=news_uri), f"{tmp_path} is no whole backup"
    )
    assert_one_line_error(run("similarity", "restore", tmp_path / "x", mongodb_uri=news_uri), "no such folder")
    keep = run("similarity", "backup", tmp_path, "--keep", "all", mongodb_uri=news_uri)
    assert_one_line_error(keep, "--keep 'all': such as 7d,4w,12m")
    assert keep.returncode == 2 and [*tmp_path.iterdir()] == []
    secret = "mongodb://me:secret@127.0.0.1:9/news"
    unreachable = run("similarity", "backup", tmp_path, mongodb_uri=secret, xinwen_timeout=1)
    assert_one_line_error(unreachable, "mongodb://me:***@127.0.0.1:9/news", "cannot be reached")


def test_a_crawl_that_stores_meanwhile(tmp_path: Path) -> None:
    """The embedded server: whole processes, one of which is killed."""
    here = {"xinwen_data": tmp_path / "data", "xinwen_sample_web": Path("samples").resolve()}
    assert run("scrapy", "crawl", "sia", **here).returncode == 0
    crawl = start("scrapy", "crawl", "semi", **here)
    killed = start("similarity", "backup", tmp_path / "backups", **here)
    deadline = time.monotonic() + 60
    while not (tmp_path / "backups" / PARTIAL).exists() and killed.poll() is None:
        assert time.monotonic() < deadline, "the backup does not begin"
        time.sleep(0.01)
    killed.kill()
    killed.communicate(timeout=120)  # only then is its lock given up
    taken = run("similarity", "backup", tmp_path / "backups", "--json", **here)
    assert taken.returncode == 0, taken.stderr
    crawl.communicate(timeout=120)
    assert crawl.returncode == 0
    done = run("similarity", "restore", tmp_path / "backups", "--database", "elsewhere", **here)
    assert done.returncode == 0, done.stderr
    from store.server import embedded

    address = embedded.ensure_running(here["xinwen_data"], "elsewhere")
    with opened(address) as database:
        assert verify(database, VERSION) == []
        articles = list(database.articles.find())
        assert len(articles) == json.loads(taken.stdout)["documents"]["articles"] >= 8
        ids = {row["id"] for row in database.terms.find()}
        for article in articles:
            vector = unpack(article["vector"])
            assert sum(count for _, count in vector) == article["length"]
            assert {token for token, _ in vector} <= ids
    embedded.stop(here["xinwen_data"])
