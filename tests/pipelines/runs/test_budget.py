"""Runs with a budget: they stop in good order, and the next goes on where they stopped."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo.database import Database

from crawler.sources import source
from pipelines.ingest.samples import SAMPLE_KEY
from tests.commands import PROJECT
from tests.pipelines.crawls import Crawl, crawl, samples_of

pytestmark = pytest.mark.slow

KEYS = sorted(path.stem for path in PROJECT.glob("tests/crawls/*.json"))
FEW = ("sia", "intel")
"""Every source is tried with SOAK=1."""

Facts = dict[str, Any]


@pytest.fixture
def samples(uri: str) -> Iterator[Database[Facts]]:
    """The database of the crawls of a sample web."""
    with (found := samples_of(uri)).client:
        yield found
        found.client.drop_database(found.name)


@pytest.fixture
def other(server: str) -> Iterator[str]:
    """Address of another database, for the crawls without a budget."""
    from store.connection import another_database, connect

    address = another_database(server, f"test_other_{os.getpid()}")
    yield address
    with (database := samples_of(address)).client:
        database.client.drop_database(database.name)
    with (database := connect(address)).client:
        database.client.drop_database(database.name)


def budget(folder: Path, text: str) -> Path:
    file = folder / "budgets.toml"
    file.write_text(text, "utf-8")
    return file


def stored(database: Database[Facts]) -> dict[str, Facts]:
    """The articles by id, without what depends on the moment."""
    moment = {"fetched": 0, "stored": 0, "revision": 0, "pending": 0, "unmatched": 0, "story": 0, "vector": 0,
              "page_vectors": 0}  # fmt: skip
    return {row["_id"]: row for row in database.articles.find({}, moment)}


@pytest.mark.parametrize("key", KEYS if os.environ.get("SOAK") else FEW)
def test_runs_of_four_pages_store_what_one_run_stores(
    key: str, tmp_path: Path, uri: str, other: str, samples: Database[Facts]
) -> None:
    given: Facts = {credential.variable.lower(): SAMPLE_KEY for credential in source(key).credentials}
    whole = crawl(PROJECT / "samples", key, other, tmp_path / "requests", **given)
    given["xinwen_budgets"] = budget(tmp_path, "each.pages_a_run = 4\n")
    runs: list[Crawl] = []
    while not runs or runs[-1].record["stopped"]:
        runs.append(crawl(PROJECT / "samples", key, uri, tmp_path / "requests", **given))
        assert runs[-1].status == 0, runs[-1].errors
    with (database := samples_of(other)).client:
        assert stored(samples) == stored(database)
    asked = [url for one in runs for url in one.urls("page")]
    print(
        key,
        whole.record["verdict"],
        whole.kinds,
        [(dict(one.kinds), one.record["verdict"], one.record["why"], one.record["left_over"]) for one in runs],
    )
    assert sorted(asked) == sorted(whole.urls("page"))
