"""Why a request ends without a usable reply: what the downloader raises, and what the middlewares raise."""

from __future__ import annotations

import zlib

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    NotSupported,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)

DOWNLOAD_FAILURES = (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    NotSupported,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
    OSError,
    zlib.error,
)
"""Exceptions by which a download may fail. Any other is a fault, which the log shows with its traceback."""

LOCAL_URL = "data:,"
"""The address of a spider's first request. ``HostsMiddleware`` answers it at once, and nothing is sent.

Spiders begin with this request because Scrapy counts what a callback yields: it limits how many items are in process,
and waits for the last of them before it closes the spider. What ``Spider.start`` yields itself is not counted, and a
crawl that is closed early would never end.
"""


def describe_failure(error: BaseException) -> str:
    """*error* of a download as a line for logs and run records."""
    # Scrapy raises this one without a message, and only for a reply that is too long.
    message = "longer than a reply may be" if isinstance(error, DownloadCancelledError) else str(error)
    return f"{type(error).__name__}: {message}"


class SourceLeased(RuntimeError):
    """Another process crawls the source, or has done so meanwhile; the message says which."""


class Blocked(IgnoreRequest):
    """The site refuses the crawler; the message says how. This is a result and no error, and it is not evaded."""


class LoginRequired(IgnoreRequest):
    """The site asks for a login, or refuses the user's key or session."""


class AlreadyKnown(IgnoreRequest):
    """The page was read in an earlier run and is not due yet. Raised by the memory of earlier runs."""


class BudgetMet(IgnoreRequest):
    """The run has met its budget: the request is left to the next run. The message says which budget."""


class RefusedAddress(IgnoreRequest):
    """The address is one that nobody may ask through the crawler; the message says why."""


class OtherHost(IgnoreRequest):
    """A redirect leads to a host that the source does not allow."""
