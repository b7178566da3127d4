"""What lets the embedded server run for years: a port that stays, a log that has an end, and restarts that are rare."""

from __future__ import annotations

import os
import signal
import time
from collections import deque
from pathlib import Path

LOG_BYTES = 16 * 2**20
"""The size at which the log of mongod is begun again; one earlier log stays."""

_MAX_RESTARTS, _WITHIN = 5, 600.0  # of so many seconds

_PORT = "port"


def kept_port(folder: Path) -> int:
    """The port that the server of *folder* had last; 0 if there is none.

    Processes that are connected know no other, and find the server again when it is started again.
    """
    try:
        port = int((folder / _PORT).read_text())
    except (OSError, ValueError):
        return 0
    return port if 0 < port < 2**16 else 0


def keep_port(folder: Path, port: int) -> None:
    """Let ``kept_port`` return *port*."""
    if kept_port(folder) != port:
        (folder / _PORT).write_text(str(port))


class Restarts:
    """Counts how often mongod ended by itself of late: once a month is bearable, and once a minute is not."""

    def __init__(self) -> None:
        self._moments: deque[float] = deque(maxlen=_MAX_RESTARTS + 1)

    def is_one_too_many(self) -> bool:
        """Count one more; whether mongod is not to be started again."""
        self._moments.append(time.monotonic())
        return len(self._moments) > _MAX_RESTARTS and self._moments[-1] - self._moments[0] < _WITHIN

    def __str__(self) -> str:
        return f"{len(self._moments)} times in {self._moments[-1] - self._moments[0]:.0f} seconds"


class LogFile:
    """The log of the mongod of *folder*, which never becomes longer than ``LOG_BYTES`` and a little."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "mongod.log"
        for one in folder.glob(f"{self._path.name}.*T*"):  # a mongod that does not append leaves one at each start
            one.unlink(missing_ok=True)

    def limit(self, pid: int) -> None:
        """Begin it again if it is too long; *pid*: the mongod that writes it. To be called again and again."""
        try:
            if self._path.stat().st_size < LOG_BYTES:
                return
            self._path.replace(self._path.with_suffix(".log.1"))
            os.kill(pid, signal.SIGUSR1)  # opens it again
        except (FileNotFoundError, ProcessLookupError):
            return  # the mongod is starting, or has just ended: the next one opens it
