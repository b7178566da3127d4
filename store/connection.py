"""Connects to MongoDB, that of MONGODB_URI or the embedded server, with majority writes and time limits."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bson.errors import BSONError
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import (
    BulkWriteError,
    ConfigurationError,
    InvalidURI,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
)

from store import logs
from store.disk import space_of
from store.server import embedded
from store.settings import settings

Document = dict[str, Any]

DEFAULT_DATABASE = "xinwen"

SAMPLES = "_samples"
"""Suffix of the database's name while the sample web is crawled: its invented articles never mix with real ones."""

DISK_FULL = "disk full"
"""How the message of a StoreError begins where there is no room to write."""

_SCHEMES = ("mongodb://", "mongodb+srv://")
_UNAUTHORIZED, _AUTHENTICATION_FAILED, _NOT_WRITABLE = 13, 18, 10107  # MongoDB's error codes
_WRITES_BLOCKED, _OUT_OF_DISK_SPACE = 371, 14031  # likewise


if not (_driver := logging.getLogger("pymongo")).level:  # else a level was asked for
    # At DEBUG the driver logs every command, some with whole articles, and drowns what the program has to say.
    _driver.setLevel(logging.WARNING)


class StoreError(RuntimeError):
    """MongoDB cannot be used; the message is one line and gives the address without its password.

    ``status`` is the exit status of a command that it ends.
    """

    status = 1


def database_address(uri: str | None = None) -> str:
    """*uri*, else MONGODB_URI, else the embedded server's address; starts it if necessary. Raises StoreError."""
    if uri:
        return uri
    suffix = SAMPLES if settings().sample_web else ""
    if settings().mongodb_uri:
        return _with_suffix(settings().mongodb_uri, suffix) if suffix else settings().mongodb_uri
    try:
        return embedded.ensure_running(settings().data, DEFAULT_DATABASE + suffix)
    except (embedded.EmbeddedServerError, OSError) as error:
        raise StoreError(str(error)) from None


def connect(uri: str | None = None) -> Database[Document]:
    """The database at *uri* (see ``database_address``), after a successful ping. Raises StoreError."""
    address = str(database_address(uri))
    if not address.startswith(_SCHEMES):
        # pymongo would take a text without a scheme for the name of a host, and look for that for ten seconds.
        raise StoreError(f"{without_password(address)!r} is no address of MongoDB; mongodb://HOST:PORT/DATABASE is one")
    try:
        client: MongoClient[Document] = MongoClient(address, **_options(address))
        with ExitStack() as on_failure:
            on_failure.callback(client.close)
            database = client.get_default_database(DEFAULT_DATABASE)
            database.command("ping")
            on_failure.pop_all()
    except (PyMongoError, ValueError) as error:
        raise store_error(error, address) from error
    return database


@contextmanager
def opened(uri: str | None = None) -> Iterator[Database[Document]]:
    """The database at *uri*, see ``connect``, closed in the end. What MongoDB fails at meanwhile is a StoreError."""
    address = database_address(uri)
    database = connect(address)
    with database.client, store_errors(address):
        yield database


@contextmanager
def store_errors(address: str) -> Iterator[None]:
    """Converts exceptions of pymongo into a StoreError with a message of one line.

    No other ValueError: what is wrong with a value of ours is not the address.
    """
    try:
        yield
    except (PyMongoError, BSONError) as error:  # such as a document that is too large
        raise store_error(error, address) from error


def store_error(error: Exception, address: str) -> StoreError:
    """The StoreError for *error*, an exception of pymongo: one line, without its list of hosts and a password."""
    shown = without_password(address)
    if is_disk_full(error):
        return StoreError(_disk_full(shown))
    if isinstance(error, (ConfigurationError, InvalidURI, ValueError)) and not isinstance(error, BSONError):
        return StoreError(f"MONGODB_URI {shown} is wrong: {first_line(error)}")
    if isinstance(error, BulkWriteError):
        faults = error.details.get("writeErrors") or error.details.get("writeConcernErrors") or [{}]
        return StoreError(f"MongoDB at {shown} failed: {faults[0].get('errmsg', 'some writes did not succeed')}")
    if isinstance(error, OperationFailure) and error.code in (_UNAUTHORIZED, _NOT_WRITABLE):
        return StoreError(f"MongoDB at {shown} is read-only for us: {first_line(error)}")
    if isinstance(error, OperationFailure) and error.code == _AUTHENTICATION_FAILED:
        return StoreError(f"MongoDB at {shown} refuses the user or password")
    if isinstance(error, ServerSelectionTimeoutError):
        return StoreError(f"MongoDB at {shown} cannot be reached: {first_line(error)}")
    return StoreError(f"MongoDB at {shown} failed: {first_line(error)}")


def is_disk_full(error: Exception) -> bool:
    """Whether *error*, an exception of pymongo, says that nothing is written as the disk is full."""
    faults = error.details.get("writeErrors") or [] if isinstance(error, BulkWriteError) else []
    codes = [fault.get("code") for fault in faults] or [getattr(error, "code", None)]
    return any(code in (_WRITES_BLOCKED, _OUT_OF_DISK_SPACE) for code in codes)


def _disk_full(address: str) -> str:
    if settings().mongodb_uri:
        return f"{DISK_FULL}: MongoDB at {address} writes nothing until there is room; searches go on"
    return f"{DISK_FULL}: {space_of(settings().data)}; nothing is written until there is room, searches go on"


def without_password(address: str) -> str:
    """*address* without its passwords, for messages and logs."""
    scheme, separator, rest = logs.SECRET_OPTION.sub(r"\1***", address).partition("://")
    credentials, at, host = rest.rpartition("@")
    if not at:
        return f"{scheme}{separator}{rest}"
    return f"{scheme}{separator}{credentials.split(':', 1)[0]}:***@{host}"


def another_database(address: str, name: str) -> str:
    """*address* with the database *name*; users are still authenticated by the database that it had before."""
    parts = urlsplit(address)
    query = parts.query
    if "@" in parts.netloc and "authsource" not in query.lower():
        query = "&".join(filter(None, [query, f"authSource={parts.path.strip('/') or 'admin'}"]))
    return parts._replace(path=f"/{name}", query=query).geturl()


def _with_suffix(address: str, suffix: str) -> str:
    parts = urlsplit(address)
    name = parts.path.strip("/") or DEFAULT_DATABASE
    return parts._replace(path=f"/{name}{suffix}").geturl()


def _options(address: str) -> Document:
    """Client options: time limits in milliseconds and majority writes, except those that the address itself gives."""
    milliseconds = int(settings().timeout * 1000)
    options: Document = {
        "tz_aware": True,
        "appname": "xinwen",
        "serverSelectionTimeoutMS": milliseconds,
        "connectTimeoutMS": milliseconds,
        "socketTimeoutMS": 6 * milliseconds,
        "w": "majority",
        "wTimeoutMS": 3 * milliseconds,
    }
    given = {name.lower() for name in parse_qs(urlsplit(address).query)}
    return {name: value for name, value in options.items() if name.lower() not in given}


def first_line(error: Exception) -> str:
    """The message of *error* in one line, without pymongo's view of the topology, which lists every host."""
    text = str(error).split(", Timeout:")[0].split(", full error:")[0]
    return text.splitlines()[0] if text else type(error).__name__
