"""Refuses writes of the embedded server while its disk is full, so that readers are answered still.

A mongod that runs out of room ends, and does not start again. It can refuse all writes of its users instead
(``setUserWriteBlockMode``), which the supervisor asks for before that.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from store.disk import RESERVE, space_of

if TYPE_CHECKING:
    from pymongo import MongoClient

_AGAIN = 5 * RESERVE // 4
"""Free bytes from which writes are allowed again; more than the reserve, so as not to change with every batch."""


class WriteBlock:
    """The block of the server of *folder*. The server remembers it when it is started again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._is_set: bool | None = None

    def update(self, port: int) -> None:
        """Set or remove the block where the disk asks for it. To be called again and again."""
        free = space_of(self._folder).free
        wanted = free < (_AGAIN if self._is_set else RESERVE)
        if wanted == self._is_set:
            return
        from pymongo import MongoClient
        from pymongo.errors import OperationFailure, PyMongoError

        client: MongoClient[dict[str, Any]] = MongoClient(
            "127.0.0.1", port, directConnection=True, serverSelectionTimeoutMS=2000
        )
        with client:
            try:
                client.admin.command({"setUserWriteBlockMode": 1, "global": wanted})
            except OperationFailure:
                pass  # a mongod of another version, which knows no such block
            except PyMongoError:
                return  # it has just ended or does not answer yet: the next call tries again
        self._is_set = wanted
