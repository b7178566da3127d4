"""Errors that a person can do something about, shown in one line on stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def shown_in_one_line(*kinds: type[Exception]) -> Iterator[None]:
    """End the program with ``error: …`` and status 1 when one of *kinds* is raised; others are bugs and show all."""
    try:
        yield
    except kinds as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        raise SystemExit(1) from None
