"""What a check has found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

OK, NOTE, FAILED = "ok", "note", "failed"


class Finding(NamedTuple):
    """``status``: OK, NOTE (something that not everybody needs) or FAILED; ``fix``: what mends it, else ""."""

    name: str
    status: str
    said: str
    fix: str = ""


Check = Callable[[], Iterator[Finding]]


def judged(name: str, fault: str, said: str, fix: str) -> Finding:
    """The finding of a check that found *fault*, or with "" nothing wrong: then it has *said* to say."""
    return Finding(name, FAILED, fault, fix) if fault else Finding(name, OK, said)
