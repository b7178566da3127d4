"""Shows errors that the user can do something about as one line on stderr, without a traceback."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def shown_in_one_line(*kinds: type[Exception]) -> Iterator[None]:
    """End the program with ``error: …`` and status 1 if one of *kinds* is raised; others keep their traceback."""
    try:
        yield
    except kinds as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        raise SystemExit(1) from None
