"""Connects to MongoDB, that of MONGODB_URI or the embedded server, with majority writes and time limits.

An address of several hosts is that of a replica set, in which a new primary takes about eleven seconds to be elected:
writers wait three times as long for a server there. Writers read what the primary has. Readers take another member
while there is no primary (``for_readers``), or the one that the address prefers.
"""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pymongo
from bson.errors import BSONError
from pymongo import MongoClient, ReadPreference
from pymongo.database import Database
from pymongo.errors import (
    BulkWriteError,
    ConfigurationError,
    InvalidURI,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WTimeoutError,
)
from pymongo.read_concern import ReadConcern

from store import logs
from store.disk import space_of
from store.failover import first_line as first_line
from store.failover import repeat, repeat_reading
from store.server import embedded
from store.settings import settings

Document = dict[str, Any]

DEFAULT_DATABASE = "xinwen"

SAMPLES = "_samples"
"""Suffix of the database's name while the sample web is crawled: its invented articles never mix with real ones."""

DISK_FULL = "disk full"
"""How the message of a StoreError begins where there is no room to write."""

_SCHEMES = ("mongodb://", "mongodb+srv://")
_OF_MONGODB = ("admin", "config", "local")
_EXTERNAL = ("MONGODB-X509", "MONGODB-AWS", "MONGODB-OIDC", "GSSAPI")  # the driver refuses an authSource
_UNAUTHORIZED, _AUTHENTICATION_FAILED, _NOT_WRITABLE, _TOO_FEW_ACKNOWLEDGED = 13, 18, 10107, 64  # MongoDB's error codes
_WRITES_BLOCKED, _OUT_OF_DISK_SPACE = 371, 14031  # likewise
_NO_PRIMARY = ("No primary available", "No replica set members match")
_WRONG_SET = "for replica set name"
_COMMAND = re.compile(r"(to execute command \{ \w+)\b.*", re.DOTALL)
_ESCAPED = re.compile("%[0-9A-Fa-f]{2}")
_PORT = r":\d*(?![^,/?#])"
_NO_PORT = re.compile(rf"^((?:[\w+]+:/+)?(?:\[[^\]]*\]|{_PORT}|[^\[:/?#])*:)(?!\d*(?![^,/?#])).*", re.DOTALL)


if not (_driver := logging.getLogger("pymongo")).level:  # else a level was asked for
    # At DEBUG the driver logs every command, some with whole articles, and drowns what the program has to say.
    _driver.setLevel(logging.WARNING)


def _in_one_line(record: logging.LogRecord) -> bool:
    """Take from *record* the traceback of what a thread of the driver failed at, mostly a server that is away."""
    if record.exc_info and isinstance(record.exc_info[1], Exception):
        record.msg, record.args = "%s %s", (record.getMessage(), first_line(record.exc_info[1]))
        record.exc_info = record.exc_text = None
    return True


logging.getLogger("pymongo.client").addFilter(_in_one_line)

# An option of the address that is misspelt has no effect: an error, as with our own settings.
warnings.filterwarnings("error", "Unknown option", UserWarning, "pymongo")


class StoreError(RuntimeError):
    """MongoDB cannot be used; the message is one line and gives the address without its password.

    ``status`` is the exit status of a command that it ends.
    """

    status = 1


def database_address(uri: str | None = None) -> str:
    """*uri*, else MONGODB_URI, else the embedded server's address; starts it if necessary. Raises StoreError."""
    if uri:
        return _checked(str(uri))
    suffix = SAMPLES if settings().sample_web else ""
    if settings().mongodb_uri:
        address = _checked(settings().mongodb_uri)
        return _with_suffix(address, suffix) if suffix else address
    try:
        return embedded.ensure_running(settings().data, DEFAULT_DATABASE + suffix)
    except (embedded.EmbeddedServerError, OSError) as error:
        raise StoreError(str(error)) from None


def _checked(address: str) -> str:
    """*address*, if it is one of MongoDB and names a database that may be ours. Raises StoreError."""
    if not address.startswith(_SCHEMES):
        # pymongo would take a text without a scheme for the name of a host, and look for that for ten seconds.
        raise StoreError(f"{without_password(address)!r} is no address of MongoDB; mongodb://HOST:PORT/DATABASE is one")
    try:
        name = urlsplit(address).path.strip("/")
    except ValueError as error:  # brackets without an address of IPv6 in them
        raise store_error(error, address) from None
    if name in _OF_MONGODB:
        raise StoreError(f"the database {name} is MongoDB's own: name another in MONGODB_URI, such as xinwen")
    return address


def connect(uri: str | None = None, *, for_reading: bool = False) -> Database[Document]:
    """The database at *uri* (see ``database_address``), after a successful ping. Raises StoreError.

    It is read at the primary, which has to be there. *for_reading*: any member will do, see ``for_readers``.
    """
    address = str(database_address(uri))
    try:
        client: MongoClient[Document] = MongoClient(address, **_options(address))
        with ExitStack() as on_failure:
            on_failure.callback(client.close)
            database = client.get_default_database(DEFAULT_DATABASE, read_preference=ReadPreference.PRIMARY)
            with pymongo.timeout(settings().timeout):  # an election is worth a longer wait, a wrong address is not
                ping = partial(database.command, "ping", read_preference=ReadPreference.PRIMARY_PREFERRED)
                repeat_reading(ping, settings().timeout)
            if not for_reading:
                repeat(database, lambda: database.command("ping"))
            on_failure.pop_all()
    except (PyMongoError, ValueError, OSError, UserWarning) as error:  # OSError: a certificate cannot be read
        raise store_error(error, address) from error
    return for_readers(database) if for_reading else database


def for_readers(database: Database[Document]) -> Database[Document]:
    """*database*, read where its address says, else at the primary, or at another member while there is none."""
    preferred = database.client.read_preference
    is_given = preferred != ReadPreference.PRIMARY
    return database.with_options(read_preference=preferred if is_given else ReadPreference.PRIMARY_PREFERRED)


def for_writers(database: Database[Document]) -> Database[Document]:
    """*database*, read at the primary: what is decided from an older state, a writer must not write."""
    return database.with_options(read_preference=ReadPreference.PRIMARY)


def committed(database: Database[Document]) -> Database[Document]:
    """*database* without what a majority does not have yet: that is gone if the primary dies now.

    A server that is in no set has no majority; it would answer with what its last checkpoint has.
    """
    servers = database.client.topology_description.server_descriptions().values()
    if any(server.server_type_name == "Standalone" for server in servers):
        return database
    return database.with_options(read_concern=ReadConcern("majority"))


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
    if isinstance(error, (ConfigurationError, InvalidURI, ValueError, OSError, UserWarning)) and not isinstance(
        error, BSONError
    ):
        return StoreError(f"MONGODB_URI {shown} is wrong: {_without_secrets(first_line(error), address)}")
    if _is_short_of_members(error):
        return StoreError(
            f"MongoDB at {shown} wrote, but no majority of the set has it yet: start the members that are down"
        )
    if isinstance(error, BulkWriteError):
        faults = error.details.get("writeErrors") or error.details.get("writeConcernErrors") or [{}]
        return StoreError(f"MongoDB at {shown} failed: {faults[0].get('errmsg', 'some writes did not succeed')}")
    if isinstance(error, OperationFailure) and error.code in (_UNAUTHORIZED, _NOT_WRITABLE):
        # The command has what was to be written, which may be as secret as the address of a robot.
        refused = _COMMAND.sub(r"\1 … }", first_line(error))
        return StoreError(f"MongoDB at {shown} is read-only for us: {refused}")
    if isinstance(error, OperationFailure) and error.code == _AUTHENTICATION_FAILED:
        return StoreError(f"MongoDB at {shown} refuses the user or password")
    if isinstance(error, ServerSelectionTimeoutError):
        if _WRONG_SET in str(error):
            name = parse_qs(urlsplit(address).query).get("replicaSet", ["?"])[0]
            return StoreError(f"MongoDB at {shown}: its set is not called {name!r}; rs.status().set says its name")
        if any(text in str(error) for text in _NO_PRIMARY):
            return StoreError(
                f"MongoDB at {shown} has no primary: too few members of its set are up or see one another; "
                "start those that are down, rs.status() lists them"
            )
        return StoreError(
            f"MongoDB at {shown} cannot be reached: {first_line(error)}; start it, or correct MONGODB_URI"
        )
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


def _is_short_of_members(error: Exception) -> bool:
    if isinstance(error, WTimeoutError):
        return True
    if not isinstance(error, BulkWriteError):
        return False
    faults = error.details.get("writeConcernErrors", ())
    return not error.details.get("writeErrors") and any(fault.get("code") == _TOO_FEW_ACKNOWLEDGED for fault in faults)


def without_password(address: str) -> str:
    """*address* without its passwords, for messages and logs."""
    shown = logs.SECRET_OPTION.sub(r"\1***", address)
    before, at, host = shown.rpartition("@")
    if not at:  # a host whose port is no number may be a user, with @HOST forgotten
        return _NO_PORT.sub(r"\1***", shown)
    scheme, separator, credentials = before.partition("://")
    if f"{scheme}{separator}" not in _SCHEMES:  # any part of it may be the password
        return f"***@{host}"
    return f"{scheme}{separator}{credentials.split(':', 1)[0]}:***@{host}"


def _without_secrets(message: str, address: str) -> str:
    """*message* of the driver about *address*; it quotes parts of a password that is not escaped."""
    credentials, at, _ = address.partition("://")[2].rpartition("@")
    password = credentials.partition(":")[2]
    if (at and any(sign in password for sign in "/?#[]@:")) or password.count("%") != len(_ESCAPED.findall(password)):
        return "signs of the password have to be escaped, such as @ as %40, / as %2F and % as %25"
    return message


def another_database(address: str, name: str) -> str:
    """*address* with the database *name*; users are still authenticated by the database that it had before."""
    parts = urlsplit(address)
    query = parts.query
    options = {name.lower(): value.upper() for name, value in parse_qsl(query)}
    if "@" in parts.netloc and "authsource" not in options and options.get("authmechanism") not in _EXTERNAL:
        query = "&".join(filter(None, [query, f"authSource={parts.path.strip('/') or 'admin'}"]))
    return parts._replace(path=f"/{name}", query=query).geturl()


def _with_suffix(address: str, suffix: str) -> str:
    return another_database(address, f"{urlsplit(address).path.strip('/') or DEFAULT_DATABASE}{suffix}")


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
        "journal": True,
        "wTimeoutMS": 3 * milliseconds,
    }
    if address.startswith("mongodb+srv://") or "," in urlsplit(address).netloc:
        # A member that hangs is noticed after the two last together: until then readers wait for its answer.
        several = {"serverSelectionTimeoutMS": 3 * milliseconds, "connectTimeoutMS": max(milliseconds // 3, 500)}
        options |= several | {"heartbeatFrequencyMS": max(milliseconds // 10, 500)}
    given = {name.lower() for name in parse_qs(urlsplit(address).query)}
    return {name: value for name, value in options.items() if name.lower() not in given}
