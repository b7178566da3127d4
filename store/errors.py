"""Shows errors that the user can do something about as one line on stderr, without a traceback."""

from __future__ import annotations

import errno
import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

_OUTPUT = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EPIPE)


@contextmanager
def shown_in_one_line(*kinds: type[Exception]) -> Iterator[None]:
    """End the program with ``error: …`` if one of *kinds* is raised; others keep their traceback.

    The status is 1, or the error's own ``status``; an error with ``lines`` is shown as one line each.
    """
    try:
        yield
    except kinds as error:
        for line in getattr(error, "lines", (str(error),)):
            print(f"error: {' '.join(line.split())}", file=sys.stderr)
        raise SystemExit(getattr(error, "status", 1)) from None


@contextmanager
def interruptions_in_one_line() -> Iterator[None]:
    """End the program with one line and status 130 where it is interrupted, in whatever it loads by then."""
    try:
        yield
    except (KeyboardInterrupt, RuntimeError) as error:
        # Python turns what interrupts the making of a class into a RuntimeError.
        if not isinstance(error, KeyboardInterrupt) and not isinstance(error.__cause__, KeyboardInterrupt):
            raise
        interrupted()


@contextmanager
def lost_output_in_one_line() -> Iterator[None]:
    """End the program with one line and status 1 where what it prints cannot be written, as on a full disk.

    Whoever has closed the pipe does not want to hear of it. An error that names a file is none of the output. One that
    names none may also come of another file, so the line does not say of which.
    """
    try:
        try:
            yield
        finally:
            if sys.stdout and not sys.stdout.closed:
                sys.stdout.flush()  # else Python says it in its own way, after the end
    except OSError as error:
        if error.errno not in _OUTPUT or error.filename is not None or not sys.stdout:
            raise
        if error.errno == errno.EPIPE and not _is_closed(sys.stdout.fileno()):
            raise  # the other end of a connection
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # where the rest of it goes
        if error.errno != errno.EPIPE:
            sys.stderr.write(f"error: nothing more can be written: {os.strerror(error.errno).lower()}\n")
        raise SystemExit(1) from None


def _is_closed(pipe: int) -> bool:
    """Whether nobody reads any more what is written to *pipe*."""
    poll = select.poll()
    poll.register(pipe, 0)
    return bool(poll.poll(0))


def interrupted() -> NoReturn:
    """End the program as one that was interrupted."""
    sys.stderr.write("error: interrupted\n")
    raise SystemExit(130) from None
