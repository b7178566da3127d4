"""A small store, opened once for all tests of the HTTP API, and a client of the application."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from service.access import AccessRules
from service.app import create_app
from service.capacity import SearchThreads
from similarity.index import SimilarityIndex
from similarity.maintenance import lsi_training
from similarity.maintenance.executor import Executor
from store.connection import another_database, connect
from tests.similarity.conftest import storing_in

URL = "http://127.0.0.1"
NEWEST = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)

SAMPLE = "https://www.semiconductors.org/global-chip-sales-in-may-gains-in-every-region/"
DAYS = timedelta(days=9)
WAFERS = 200

TEXTS = [
    ("HBM4 supply stays short as SK hynix sells out its output for next year.", "en", "reuters"),
    ("SK海力士HBM4供应紧张，明年产能已经售罄。", "zh", "datayes"),
    ("台积电上调资本开支，先进封装CoWoS产能仍然紧张。", "zh", "semiinsights"),
    ("TSMC raises its capital budget; CoWoS packaging remains tight.", "en", "tsmc"),
    ("Global semiconductor sales rose in May, the association said.", "en", "sia"),
    ("全球半导体销售额五月增长，协会表示。", "zh", "semi"),
    ("Intel reports third quarter results and a new foundry customer.", "en", "intel"),
    ("三星电子第三季度存储芯片价格上涨。", "zh", "samsung"),
]


@pytest.fixture(scope="session")
def news_uri(server: str) -> Iterator[str]:
    """A database with ``TEXTS`` and ``WAFERS`` articles on wafers, one an hour."""
    address = another_database(server, f"test_{uuid4().hex[:12]}")
    database = connect(address)
    store = storing_in(database)
    for number, (text, language, source) in enumerate(TEXTS):
        published = NEWEST - timedelta(hours=number)
        store([text], language=language, source=source, published=published)
    for number in range(WAFERS):
        published = NEWEST - timedelta(days=1, minutes=number)
        kind = "report" if number % 4 == 0 else "news"
        store([f"Wafer prices rise again, part {number}."], language="en", published=published, kind=kind)
    sample = "Global chip sales in May: gains in every region."
    store([sample], url=SAMPLE, language="en", published=NEWEST - DAYS)
    store(
        ["gallium in short"],
        title="Only an abstract",
        body="",
        summary="In short: gallium.",
        access="abstract",
    )
    run = {"source": "sia", "verdict": "ok", "why": "", "started": NEWEST, "ended": NEWEST, "found": 3, "new": 1}
    database.runs.insert_one(run)
    with ThreadPoolExecutor(1) as here:  # related terms need topics
        lsi_training.train_topics(database, address, Executor(here, 1), 20)
    yield address
    database.client.drop_database(database.name)
    database.client.close()


def application(address: str, rules: AccessRules | None = None) -> FastAPI:
    """The application over the database at ``address``, with time for a busy machine; it counts no requests."""
    return create_app(
        rules or AccessRules(rate=0), lambda: SimilarityIndex.open(address), lambda: SearchThreads(seconds=120)
    )


@pytest.fixture(scope="session")
def client(news_uri: str) -> Iterator[TestClient]:
    """A client of the application, which counts no requests."""
    with TestClient(application(news_uri), base_url=URL, raise_server_exceptions=False) as opened:
        yield opened
