"""Shows errors that the user can do something about as one line on stderr, without a traceback."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn


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


def interrupted() -> NoReturn:
    """End the program as one that was interrupted."""
    sys.stderr.write("error: interrupted\n")
    raise SystemExit(130) from None
