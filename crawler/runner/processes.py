"""Crawls several sources in parallel, each in a process of its own: a failure of one leaves the others alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from crawler.runner.slots import CrawlSlots
from store import logs

SETTINGS = "crawler.settings"

GRACE = 30.0
"""Seconds that a crawl has to end in good order after SIGTERM; then it is killed."""

_LEFT_LOGS = 7 * 86_400
"""Seconds after which the log of a crawl is removed whose command was killed."""

LEASED = 75
"""Exit status of a crawl that another process does, or has done meanwhile: EX_TEMPFAIL of sysexits.h."""

NOT_STARTED = 71
"""Exit status of a crawl whose process could not be started: EX_OSERR of sysexits.h."""

UNLESS_DONE = "XINWEN_UNLESS_DONE"
"""Setting: the source is not crawled once an owner of its lease after this number has given it up."""


@dataclass(frozen=True, slots=True)
class FinishedCrawl:
    """A crawl that has ended: its exit status (negative: the signal that killed it) and the last line of its log."""

    key: str
    status: int
    started: datetime
    ended: datetime
    last_line: str
    log: Path
    overdue: bool = False
    pid: int = 0

    @property
    def is_leased(self) -> bool:
        """Whether nothing was crawled, because another process does it or has done it meanwhile; see ``last_line``."""
        return self.status == LEASED

    @property
    def fault(self) -> str:
        """What went wrong with the process; "" when it ended by itself with status 0."""
        if self.overdue:
            return f"stopped after {(self.ended - self.started).total_seconds():.0f} s"
        if self.status < 0:
            return f"killed by signal {-self.status}"
        return f"ended with status {self.status}: {self.last_line}" if self.status else ""


class NoLogs(RuntimeError):
    """The logs of crawls cannot be written; the message is one line and names the folder."""


class Records(Protocol):
    """The stored records of runs; an interface, because the crawler knows no database."""

    def latest(self, until: Mapping[str, datetime], number: int) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """By source the records of its latest runs, at most *number*, the latest first.

        *until*: by source the moment after which none has begun, unless a clock was wrong; such records are left out.
        """

    def downloaded(self, day: date) -> Mapping[str, int]:
        """Bytes that were downloaded on *day*, by source."""

    def done(self, keys: Iterable[str]) -> Mapping[str, int]:
        """By source the number of the last crawl of it that ended in good order, whatever process it was."""

    def record(self, ended: FinishedCrawl) -> Mapping[str, Any]:
        """The record of the run; it is written here where the crawl was killed before it could write one."""


def records_as_json(records: Iterable[Mapping[str, Any]], skipped: Mapping[str, str] | None = None) -> str:
    """*records* of runs as one JSON object, times in ISO 8601; *skipped*: by source why it was not crawled."""
    runs = [{name: value for name, value in record.items() if name != "_id"} for record in records]
    found: dict[str, Any] = {"runs": runs} | ({} if skipped is None else {"skipped": skipped})
    return json.dumps(found, ensure_ascii=False, default=iso)


def iso(value: object) -> str:
    """*value* as it stands in JSON: a time in ISO 8601, ``Z`` for UTC."""
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else str(value)


OpenRecords = Callable[[], AbstractContextManager[Records]]


class ParallelCrawls:
    """Runs at most *at_once* crawls at a time, and stops each after *longest* seconds."""

    def __init__(
        self,
        at_once: int,
        longest: float,
        logs: Path,
        variables: Mapping[str, Mapping[str, str]] | None = None,
        at_once_now: Callable[[], int] | None = None,
    ) -> None:
        """*variables*: environment variables by source key, added to those of this process.

        *at_once_now*: how many crawls at a time at the moment, if that changes.
        """
        self.at_once, self.longest, self.logs = at_once, longest, logs
        self.variables = variables or {}
        self._slots = CrawlSlots(at_once_now or (lambda: at_once))
        self.wait = False
        """Wait for a source that another process crawls, in place of skipping it."""
        self.done: Mapping[str, int] | None = None
        """By source the crawl that was the last to end (``Records.done``): after a later one it is skipped."""
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._stopping = threading.Event()

    def crawl(self, keys: Iterable[str], started: Callable[[str], None]) -> Iterator[FinishedCrawl]:
        """Crawl the sources *keys* and yield each as it ends; *started* is called with the key of each that begins.

        Raises NoLogs.
        """
        with _writing(self.logs):
            self.logs.mkdir(parents=True, exist_ok=True)
            _remove_left_logs(self.logs)
        with ThreadPoolExecutor(self.at_once) as pool:
            crawls = [pool.submit(self._crawl_one, key, started) for key in keys]
            try:
                for crawl in as_completed(crawls):
                    if ended := crawl.result():
                        yield ended
            finally:
                # Also when this process is interrupted: no crawl outlives the command that started it.
                self._stopping.set()
                for process in list(self._running.values()):
                    process.terminate()

    def _crawl_one(self, key: str, started: Callable[[str], None]) -> FinishedCrawl | None:
        with self._slots.one(self._stopping):
            return None if self._stopping.is_set() else self._crawl(key, started)

    def _crawl(self, key: str, started: Callable[[str], None]) -> FinishedCrawl:
        started(key)
        begun, log = datetime.now(UTC), self.logs / f"{key}.log"
        # Its own until it ends: another command may be crawling the source on this machine, and writes to its log.
        own_log = self.logs / f"{key}.{os.getpid()}.log"
        command = [sys.executable, "-m", "scrapy", "crawl", *(["--wait"] if self.wait else [])]
        if self.done is not None:
            command += ["-s", f"{UNLESS_DONE}={self.done.get(key, 0)}"]
        command.append(key)
        # The settings by name: there is a scrapy.cfg in a checkout alone, and only where the command was called there.
        environment = {**os.environ, "SCRAPY_SETTINGS_MODULE": SETTINGS, **self.variables.get(key, {})}
        with _writing(own_log):
            self.logs.mkdir(parents=True, exist_ok=True)  # somebody may have removed it since
            out = own_log.open("wb")
        with out:
            status, pid, overdue = self._run(key, command, out, environment)
        ended = FinishedCrawl(key, status, begun, datetime.now(UTC), _last_line(own_log), log, overdue, pid)
        with _writing(log), suppress(FileNotFoundError):  # removed meanwhile: the crawl counts all the same
            if ended.is_leased:
                own_log.unlink()
            else:
                own_log.replace(log)
        return ended

    def _run(self, key: str, command: list[str], out: BinaryIO, environment: dict[str, str]) -> tuple[int, int, bool]:
        """Run *command* to its end; its exit status and id, and whether it was stopped as it took too long."""
        try:
            process = subprocess.Popen(command, stdout=out, stderr=out, env=environment)
        except OSError as error:  # the machine has no memory or no process left for it
            out.write(f"it could not be started: {error.strerror}\n".encode())
            return NOT_STARTED, 0, False
        with process:
            self._running[key] = process
            if self._stopping.is_set():  # meanwhile, and who sets it may not have seen this process
                process.terminate()
            overdue = False
            try:
                process.wait(self.longest)
            except subprocess.TimeoutExpired:
                overdue = True
                _end(process)
            del self._running[key]
        return process.returncode, process.pid, overdue


@contextmanager
def _writing(place: Path) -> Iterator[None]:
    """An OSError inside becomes NoLogs, which names *place*."""
    try:
        yield
    except OSError as error:
        raise NoLogs(f"the logs of crawls cannot be written to {place}: {error.strerror}") from None


def _remove_left_logs(folder: Path) -> None:
    """Remove what commands that were killed have left of their crawls; nobody writes to it any more after so long."""
    before = time.time() - _LEFT_LOGS
    for log in folder.glob("*.*.log"):
        with suppress(FileNotFoundError):  # another command has just removed or renamed it
            if log.stem.rpartition(".")[2].isdecimal() and log.stat().st_mtime < before:
                log.unlink()


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _last_line(log: Path) -> str:
    try:
        lines = [line for line in log.read_text("utf-8", "replace").splitlines() if line.strip()]
    except FileNotFoundError:
        return f"its log {log} was removed"
    return logs.message_of(lines[-1].strip()) if lines else "it said nothing"
