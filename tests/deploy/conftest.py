"""What the tests of deploy/ share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pymongo.database import Database
from pymongo.uri_parser import parse_uri

from store.connection import SAMPLES, Document, another_database, connect
from tests.commands import PROJECT


@pytest.fixture(scope="session")
def deploy() -> Path:
    """The folder of deployment files."""
    return PROJECT / "deploy"


@pytest.fixture
def samples(uri: str) -> Iterator[Database[Document]]:
    """The database that crawls of the sample web use where ``MONGODB_URI`` is *uri*."""
    database = connect(another_database(uri, f"{parse_uri(uri)['database']}{SAMPLES}"))
    yield database
    database.client.drop_database(database.name)
    database.client.close()
