"""The error of extraction, and what becomes of an error that no reader foresaw."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

logger = logging.getLogger(__name__)


class Unreadable(ValueError):
    """The bytes are no document, or one that cannot be read; the message says why, for users."""


@contextmanager
def one_reply(url: str, refused: type[ValueError] = Unreadable) -> Iterator[None]:
    """Turns whatever a reader raises on the reply from *url* into *refused*, which costs this reply and not the run.

    A site can send bytes that nobody has thought of. The log has the traceback, so that the reader can be mended.
    """
    try:
        yield
    except refused:
        raise
    except Exception as error:
        logger.exception("a fault of the reader of %s, which is left out", url)
        raise refused(f"a fault of the reader: {type(error).__name__}: {error}"[:300]) from error
