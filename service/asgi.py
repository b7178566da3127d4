"""The application for other servers than ours: gunicorn, or uvicorn's own command.

``uvicorn --factory service.asgi:application --no-proxy-headers --uds PATH``;
for gunicorn see ``deploy/gunicorn.conf.py``.
"""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import FastAPI
from uvicorn.config import STARTUP_FAILURE

from service.access import AccessRules
from service.app import create_app
from store.connection import StoreError, opened
from store.documents.sources import own_rows
from store.errors import shown_in_one_line
from store.index.preparation import IndexMismatch, check
from store.settings import SettingsError
from text.analysis.analyzer import VERSION


def application(names: Iterable[str] = (), rate: int = 10, needs_token: bool = True) -> FastAPI:
    """The application of one process, which answers under *names* too; it runs the watches, if no other does.

    It cannot see where the server listens, so a token is asked for unless *needs_token* says otherwise.
    """
    check_start()
    return create_app(AccessRules(tuple(names), needs_token=needs_token, rate=rate), runs_watches=True)


def check_start() -> None:
    """End this process with one line on standard error if the application cannot start.

    The status tells uvicorn and gunicorn that another start would end the same way. An embedded MongoDB that this
    starts stays as long as the process.
    """
    try:
        with shown_in_one_line(StoreError, IndexMismatch, SettingsError, OSError):
            own_rows()
            with opened() as database:
                check(database, VERSION)
    except SystemExit:
        raise SystemExit(STARTUP_FAILURE) from None  # the same number in gunicorn
