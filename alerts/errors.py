"""Errors that say in one line what is wrong with a watch or a target."""

from __future__ import annotations


class WatchError(ValueError):
    """A watch cannot be made or found; the message is one line. ``chinese``: the same line in Chinese."""

    def __init__(self, message: str, chinese: str, option: str = "") -> None:
        super().__init__(message)
        self.chinese, self.option = chinese, option
