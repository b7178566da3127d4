"""Errors that say in one line what is wrong with a watch or a target."""

from __future__ import annotations

from similarity.errors import QueryError


class WatchError(QueryError):
    """A watch cannot be made or found; the message is one line. ``chinese``: the same line in Chinese."""

    def __init__(self, message: str, chinese: str, option: str = "") -> None:
        super().__init__(message, option, chinese)


class NoWatch(WatchError):
    """There is no watch of that name."""
