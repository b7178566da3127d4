from __future__ import annotations

import socket
import time

import pytest
from pymongo import ReadPreference

from store.connection import (
    StoreError,
    _options,
    another_database,
    connect,
    database_address,
    for_readers,
    for_writers,
    without_password,
)
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
    assert message.endswith("Connection refused; start it, or correct MONGODB_URI")
    assert "secret" not in message
    assert "\n" not in message


@pytest.mark.parametrize(
    "address", ["mongodb://", "localhost:1", "mongodb://u:p@ss@h/x", "mongodb://h/?w=maybe&bad", "mongodb://u:p@[h/x"]
)
def test_a_wrong_address_is_one_line(address: str, monkeypatch) -> None:
    monkeypatch.setenv("XINWEN_TIMEOUT", "1")
    with pytest.raises(StoreError) as caught:
        connect(address)
    assert "\n" not in str(caught.value)


def test_an_option_that_does_not_exist_is_one_line() -> None:
    with pytest.raises(
        StoreError, match=r"^MONGODB_URI mongodb://h/x\?replicaset_=a is wrong: Unknown option: [^\n]*$"
    ):
        connect("mongodb://h/x?replicaset_=a")


def test_an_address_is_looked_at_before_another_is_made_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONGODB_URI", "mongodb://u:p@[h/x")
    with pytest.raises(StoreError, match=r"MONGODB_URI mongodb://u:\*\*\*@\[h/x is wrong"):
        database_address()


@pytest.mark.parametrize("name", ["admin", "config", "local"])
def test_a_database_of_mongodb_itself_is_refused(name: str, server: str) -> None:
    with pytest.raises(StoreError, match=f"the database {name} is MongoDB's own"):
        connect(another_database(server, name))


def test_passwords_are_not_shown() -> None:
    assert without_password("mongodb://u:p%40@h1,h2/db") == "mongodb://u:***@h1,h2/db"
    assert without_password("mongodb://h/db") == "mongodb://h/db"
    options = "tls=true&tlsCertificateKeyFilePassword=a%40b&x=1&authMechanismProperties=AWS_SESSION_TOKEN:t"
    shown = "tls=true&tlsCertificateKeyFilePassword=***&x=1&authMechanismProperties=***"
    assert without_password(f"mongodb://h/db?{options}") == f"mongodb://h/db?{shown}"
    assert without_password(f"mongodb://u:p@h/db?{options}") == f"mongodb://u:***@h/db?{shown}"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("mongodb://me:secret", "mongodb://me:***"),  # without @HOST
        ("mongodb://me:secret/news", "mongodb://me:***"),
        ("mongodb://me:1secret/2/news?w=1", "mongodb://me:***"),
        ("mongodb://h1:27017,me:se,cret/news", "mongodb://h1:27017,me:***"),
        ("me:secret", "me:***"),
        ("mongodb:/me:secret", "mongodb:/me:***"),
        *((address, address) for address in (
            "mongodb://h", "mongodb://h:27017", "mongodb://h1:1,[::1]:2/news?w=1", "h:27017/news", "mongodb://", "",
        )),
    ],
)  # fmt: skip
def test_what_may_be_a_password_in_place_of_a_port_is_not_shown(address: str, expected: str) -> None:
    assert without_password(address) == expected


@pytest.mark.parametrize(
    "address",
    [
        "me:secret@127.0.0.1:1/x",
        "mongodb:/me:secret@127.0.0.1:1/x",
        "mongo://me:secret@127.0.0.1:1/x",
        "mongodb://me:secret@[127.0.0.1:1/x",
        "mongodb://me:sec/ret@127.0.0.1:1/x",
        "mongodb://me:sec:ret@127.0.0.1:1/x",
        "mongodb://me:sec@ret@127.0.0.1:1/x",
        "mongodb://me:sec%ret@127.0.0.1:1/x",
        "mongodb://127.0.0.1:1/x?tls=true&tlsCertificateKeyFile=none.pem&tlsCertificateKeyFilePassword=secret",
    ],
)
def test_a_secret_is_in_no_message(address: str, monkeypatch) -> None:
    monkeypatch.setenv("XINWEN_TIMEOUT", "1")
    with pytest.raises(StoreError) as caught:
        connect(address)
    assert "sec" not in str(caught.value).replace("serverSelection", "").replace(" seconds", "")
    assert "ret" not in str(caught.value)


def test_writes_are_acknowledged_by_the_majority_and_its_journals(uri: str) -> None:
    with connect(uri).client as client:
        assert client.write_concern.document["w"] == "majority"
        assert client.write_concern.document["j"]


def test_an_address_of_several_hosts_waits_for_an_election() -> None:
    one, three = (_options(f"mongodb://{hosts}/x?replicaSet=r") for hosts in ("a", "a,b,c"))
    assert three["serverSelectionTimeoutMS"] == 3 * one["serverSelectionTimeoutMS"] == 30_000
    assert three["connectTimeoutMS"] + three["heartbeatFrequencyMS"] < 5_000
    assert "serverSelectionTimeoutMS" not in _options("mongodb://a,b/x?serverSelectionTimeoutMS=5")


def test_readers_take_another_member_and_writers_do_not(uri: str) -> None:
    with connect(uri).client as client:
        database = client.get_default_database()
        assert for_readers(database).read_preference == ReadPreference.PRIMARY_PREFERRED
    reading = connect(f"{uri}&readPreference=secondaryPreferred", for_reading=True)
    with reading.client:
        assert reading.read_preference == ReadPreference.SECONDARY_PREFERRED
        assert for_writers(reading).read_preference == ReadPreference.PRIMARY


def test_samples_have_a_database_of_their_own(monkeypatch) -> None:
    monkeypatch.setenv("MONGODB_URI", "mongodb://h:27017/news?replicaSet=r")
    assert database_address() == "mongodb://h:27017/news?replicaSet=r"
    monkeypatch.setenv("XINWEN_SAMPLE_WEB", "samples")
    settings.cache_clear()
    assert database_address() == "mongodb://h:27017/news_samples?replicaSet=r"
    assert database_address("mongodb://h/given") == "mongodb://h/given"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("mongodb://u:p@h/news", "mongodb://u:p@h/news_samples?authSource=news"),
        ("mongodb://u:p@h/?replicaSet=r", "mongodb://u:p@h/xinwen_samples?replicaSet=r&authSource=admin"),
        ("mongodb://u:p@h/news?authSource=admin", "mongodb://u:p@h/news_samples?authSource=admin"),
    ],
)
def test_users_of_the_samples_are_those_of_the_address(address: str, expected: str, monkeypatch) -> None:
    monkeypatch.setenv("MONGODB_URI", address)
    monkeypatch.setenv("XINWEN_SAMPLE_WEB", "samples")
    assert database_address() == expected


@pytest.mark.parametrize("mechanism", ["MONGODB-X509", "MONGODB-AWS", "GSSAPI", "gssapi"])
def test_users_that_no_database_has_are_in_none(mechanism: str) -> None:
    address = f"mongodb://me@h/news?authMechanism={mechanism}"
    assert another_database(address, "copy") == f"mongodb://me@h/copy?authMechanism={mechanism}"
