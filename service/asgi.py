"""The application for other servers than ours: gunicorn, or uvicorn's own command.

``uvicorn --factory service.asgi:application --no-proxy-headers --uds PATH``;
for gunicorn see ``deploy/gunicorn.conf.py``.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Event

from fastapi import FastAPI
from uvicorn.config import STARTUP_FAILURE

from service.access import AccessRules
from service.app import create_app
from store import logs
from store.connection import StoreError, opened
from store.documents.sources import own_rows
from store.errors import shown_in_one_line
from store.index.preparation import IndexMismatch, check
from store.settings import SettingsError
from text.analysis.analyzer import VERSION

_succeeded = Event()
"""Whether ``check_start`` has succeeded here, or in the process that this one was forked from."""


def application(names: Iterable[str] = (), rate: int = 10, needs_token: bool = True) -> FastAPI:
    """The application of one process, which answers under *names* too; it runs the watches, if no other does.

    It cannot see where the server listens, so a token is asked for unless *needs_token* says otherwise.
    """
    rules = AccessRules(tuple(names), needs_token=needs_token, rate=rate)
    return checked(partial(create_app, rules, runs_watches=True))


def checked(create: Callable[[], FastAPI]) -> FastAPI:
    """The application that *create* makes; ends this process, as ``check_start`` does, if it cannot start."""
    gc.disable()  # until the application has started, see ``service.__main__``
    with _shown_as_failed_start():
        _check()
        return create()


def check_start() -> None:
    """End this process with one line on standard error if the application cannot start.

    The status tells uvicorn and gunicorn that another start would end the same way. In processes that are forked from
    this one, such as those of gunicorn, it then asks for another process: the settings are right. An embedded MongoDB
    that this starts stays as long as the process.
    """
    with _shown_as_failed_start():
        _check()
    _succeeded.set()


def _check() -> None:
    own_rows()
    with opened() as database:
        check(database, VERSION)


@contextmanager
def _shown_as_failed_start() -> Iterator[None]:
    logs.set_up()
    try:
        with shown_in_one_line(StoreError, IndexMismatch, SettingsError, OSError):
            yield
    except SystemExit:
        raise SystemExit(1 if _succeeded.is_set() else STARTUP_FAILURE) from None  # the same number in gunicorn
