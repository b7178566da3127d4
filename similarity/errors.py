"""Errors that tell a user why a call has no answer; the message is one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class QueryError(ValueError):
    """A query, or one of its options, is invalid.

    ``option``: the name of that option; "" where it is no single one. ``chinese``: the message in Chinese; "" where no
    page or program can cause it.
    """

    def __init__(self, message: str, option: str = "", chinese: str = "") -> None:
        super().__init__(message)
        self.option, self.chinese = option, chinese

    @property
    def status(self) -> int:
        """Of a command that ends by it: 2 where an option is wrong, as for one that does not exist."""
        return 2 if self.option else 1


@contextmanager
def option_named(**names: str) -> Iterator[None]:
    """Give a QueryError the name that an option has in the calling interface: *names*, by those that it has here."""
    try:
        yield
    except QueryError as error:
        error.option = names.get(error.option, error.option)
        raise


class TooFewArticles(QueryError):
    """There are too few articles to learn from; the message says how many there are and how many it takes."""


class NotTrained(QueryError):
    """Topics were not trained, or for another analyzer; the message names the command that does."""


class Reason(str):
    """Why something is not as it could be, in one line of English; ``chinese`` is the same line in Chinese."""

    chinese: str

    def __new__(cls, english: str, chinese: str) -> Reason:
        reason = super().__new__(cls, english)
        reason.chinese = chinese
        return reason


class NotInstalled(RuntimeError):
    """What is asked for needs a package that is not installed; the message is one line and names the command."""

    def __init__(self, message: str, chinese: str) -> None:
        super().__init__(message)
        self.chinese = chinese


class IndexClosed(RuntimeError):
    """The index was closed before the call or during it."""


def shortened(value: object, most: int = 40) -> str:
    """``repr`` of *value* in at most *most* characters, for a message."""
    text = repr(value)
    return text if len(text) <= most else text[: most - 1] + "…"
