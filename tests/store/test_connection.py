from __future__ import annotations

import socket
import time

import pytest

from store.connection import StoreError, connect, database_address, without_password
from store.settings import settings


@pytest.fixture(autouse=True)
def fresh():
    settings.cache_clear()
    yield
    settings.cache_clear()


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_an_unreachable_server_is_one_line_without_the_password(monkeypatch) -> None:
    monkeypatch.setenv("XINWEN_TIMEOUT", "1")
    port = unused_port()
    monkeypatch.setenv("MONGODB_URI", f"mongodb://me:secret@127.0.0.1:{port}/news")
    before = time.monotonic()
    with pytest.raises(StoreError) as caught:
        connect()
    assert time.monotonic() - before < 5
    message = str(caught.value)
    assert f"mongodb://me:***@127.0.0.1:{port}/news cannot be reached" in message
    assert "secret" not in message
    assert "\n" not in message


@pytest.mark.parametrize("address", ["mongodb://", "localhost:1", "mongodb://u:p@ss@h/x", "mongodb://h/?w=maybe&bad"])
def test_a_wrong_address_is_one_line(address: str, monkeypatch) -> None:
    monkeypatch.setenv("XINWEN_TIMEOUT", "1")
    with pytest.raises(StoreError) as caught:
        connect(address)
    assert "\n" not in str(caught.value)


def test_passwords_are_not_shown() -> None:
    assert without_password("mongodb://u:p%40@h1,h2/db") == "mongodb://u:***@h1,h2/db"
    assert without_password("mongodb://h/db") == "mongodb://h/db"
    options = "tls=true&tlsCertificateKeyFilePassword=a%40b&x=1&authMechanismProperties=AWS_SESSION_TOKEN:t"
    shown = "tls=true&tlsCertificateKeyFilePassword=***&x=1&authMechanismProperties=***"
    assert without_password(f"mongodb://h/db?{options}") == f"mongodb://h/db?{shown}"
    assert without_password(f"mongodb://u:p@h/db?{options}") == f"mongodb://u:***@h/db?{shown}"


def test_writes_are_acknowledged_by_the_majority(uri: str) -> None:
    with connect(uri).client as client:
        assert client.write_concern.document["w"] == "majority"


def test_samples_have_a_database_of_their_own(monkeypatch) -> None:
    monkeypatch.setenv("MONGODB_URI", "mongodb://h:27017/news?replicaSet=r")
    assert database_address() == "mongodb://h:27017/news?replicaSet=r"
    monkeypatch.setenv("XINWEN_SAMPLE_WEB", "samples")
    settings.cache_clear()
    assert database_address() == "mongodb://h:27017/news_samples?replicaSet=r"
    assert database_address("mongodb://h/given") == "mongodb://h/given"
