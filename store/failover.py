"""Repeats what a change of primary, or a restart of MongoDB, has interrupted.

The driver repeats a command once, and only one that writes a single document: a second change of primary while it does
so, an ``update_many``, a ``delete_many`` or a cursor half read end in an error. What is given to ``repeat`` may run any
number of times, each from its beginning, and leaves what one run leaves.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import partial, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from pymongo.database import Database
from pymongo.errors import AutoReconnect, BulkWriteError, OperationFailure, PyMongoError

Document = dict[str, Any]

log = logging.getLogger(__name__)

PAUSE = 0.2
"""Seconds between two attempts."""

_CODES = frozenset({6, 7, 43, 89, 91, 175, 189, 211, 237, 262, 9001, 10107, 11600, 11602, 13435, 13436})
"""MongoDB's error codes of a server that cannot be reached, that ends, or that is no primary (any more); 43, 175 and
237 are cursors that it closes for that reason, 211 is a member that has no keys for the time of the set yet."""
_DUPLICATE_KEY = 11000

_P = ParamSpec("_P")
_R = TypeVar("_R")


def repeat(database: Database[Document], step: Callable[[], _R]) -> _R:
    """The result of *step*, repeated while MongoDB changes its primary or restarts.

    For as long as *database* waits for a server; then the last error is raised.
    """
    end = time.monotonic() + database.client.options.server_selection_timeout
    logged = False
    while True:
        try:
            return step()
        except PyMongoError as error:
            if not is_interruption(error) or time.monotonic() >= end:
                raise
            if not logged:
                log.info("interrupted by MongoDB, and repeated: %s", first_line(error))
                logged = True
        time.sleep(PAUSE)


def repeat_reading(step: Callable[[], _R], seconds: float) -> _R:
    """The result of *step*, which only reads, repeated for up to *seconds* while MongoDB changes its primary.

    Unlike ``repeat`` not after a wait for a server that was in vain, nor when a ``pymongo.timeout`` around it has run
    out. What *step* raises because of an error of the driver (``__cause__``) counts as that error.
    """
    end = time.monotonic() + seconds
    while True:
        try:
            return step()
        except Exception as error:
            fault = error if isinstance(error, PyMongoError) else error.__cause__
            if not isinstance(fault, PyMongoError) or fault.timeout or not is_interruption(fault):
                raise
            if time.monotonic() >= end:
                raise
            log.debug("interrupted by MongoDB, and read again: %s", first_line(fault))
        time.sleep(PAUSE)


def repeated(
    function: Callable[Concatenate[Database[Document], _P], _R],
) -> Callable[Concatenate[Database[Document], _P], _R]:
    """*function* of a database, which is repeated as ``repeat`` does."""

    @wraps(function)
    def call(database: Database[Document], /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        return repeat(database, partial(function, database, *args, **kwargs))

    return call


def is_interruption(error: PyMongoError) -> bool:
    """Whether *error* is of a server that went away, so that the same command may succeed at another one."""
    if isinstance(error, AutoReconnect) or error.has_error_label("RetryableWriteError"):
        return True
    if isinstance(error, BulkWriteError):
        faults = [*error.details.get("writeErrors", ()), *error.details.get("writeConcernErrors", ())]
        return (
            bool(faults)
            and all(fault.get("code") in _CODES | {_DUPLICATE_KEY} for fault in faults)
            and not (are_duplicates(error))
        )
    return isinstance(error, OperationFailure) and error.code in _CODES


def are_duplicates(error: BulkWriteError) -> bool:
    """Whether all that failed are documents that are there already, and the rest is acknowledged."""
    faults = error.details.get("writeErrors", ())
    return all(fault["code"] == _DUPLICATE_KEY for fault in faults) and not error.details.get("writeConcernErrors")


def first_line(error: Exception) -> str:
    """The message of *error* in one line, without pymongo's view of the topology, which lists every host."""
    text = str(error).split(", Timeout:")[0].split(", full error:")[0].split(" (configured timeouts:")[0]
    return text.splitlines()[0] if text else type(error).__name__
