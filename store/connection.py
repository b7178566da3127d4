"""The way to MongoDB: MONGODB_URI or the embedded server, with majority writes and time limits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

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

from store import embedded
from store.settings import settings

Document = dict[str, Any]

DEFAULT_DATABASE = "xinwen"

SAMPLES = "_samples"
"""Ends the database's name while the sample web is crawled: invented articles never lie among real ones."""

_UNAUTHORIZED, _AUTHENTICATION_FAILED, _NOT_WRITABLE = 13, 18, 10107


class StoreError(RuntimeError):
    """MongoDB cannot be used; the message is one line and names the address without its password."""


def database_address(uri: str | None = None) -> str:
    """*uri*, else MONGODB_URI, else the embedded server, which is started if need be."""
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
    """The database at *uri* (see ``database_address``), seen to answer. Raises StoreError."""
    address = database_address(uri)
    with store_errors(address):
        client: MongoClient[Document] = MongoClient(address, **_options(address))
        with ExitStack() as unless_it_answers:
            unless_it_answers.callback(client.close)
            database = client.get_default_database(DEFAULT_DATABASE)
            database.command("ping")
            unless_it_answers.pop_all()
    return database


@contextmanager
def store_errors(address: str) -> Iterator[None]:
    """Turns what MongoDB raises into a StoreError of one line."""
    try:
        yield
    except (ConfigurationError, InvalidURI, ValueError) as error:
        raise StoreError(f"MONGODB_URI {without_password(address)} is wrong: {_first_line(error)}") from error
    except BulkWriteError as error:
        faults = error.details.get("writeErrors") or error.details.get("writeConcernErrors") or [{}]
        reason = faults[0].get("errmsg", "some writes did not succeed")
        raise StoreError(f"MongoDB at {without_password(address)} failed: {reason}") from error
    except OperationFailure as error:
        shown = without_password(address)
        if error.code in (_UNAUTHORIZED, _NOT_WRITABLE):
            raise StoreError(f"MongoDB at {shown} is read-only for us: {_first_line(error)}") from error
        if error.code == _AUTHENTICATION_FAILED:
            raise StoreError(f"MongoDB at {shown} refuses the user or password") from error
        raise StoreError(f"MongoDB at {shown} failed: {_first_line(error)}") from error
    except ServerSelectionTimeoutError as error:
        raise StoreError(f"MongoDB at {without_password(address)} cannot be reached: {_first_line(error)}") from error
    except PyMongoError as error:
        raise StoreError(f"MongoDB at {without_password(address)} failed: {_first_line(error)}") from error


def without_password(address: str) -> str:
    """*address* with the password left out, for people and logs."""
    scheme, separator, rest = address.partition("://")
    credentials, at, host = rest.rpartition("@")
    if not at:
        return address
    return f"{scheme}{separator}{credentials.split(':', 1)[0]}:***@{host}"


def another_database(address: str, name: str) -> str:
    """*address* with the database *name* in it; who we are is asked of the same database as before."""
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
    """Time limits and majority writes, except where the address itself says otherwise."""
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


def _first_line(error: Exception) -> str:
    # pymongo appends its whole view of the topology, which names every host and runs over many lines.
    text = str(error).split(", Timeout:")[0].split(", full error:")[0]
    return text.splitlines()[0] if text else type(error).__name__
