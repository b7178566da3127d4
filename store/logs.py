"""JSON lines in place of log lines, by ``XINWEN_LOG=json``: one object a line, whatever a remote text holds.

Every line has ``time`` (UTC), ``level``, ``logger`` and ``message``, and what is known of ``source``, ``run`` (the id
of a run record) and ``request``. What the program would write to standard error for people becomes such a line too.
"""

from __future__ import annotations

import atexit
import io
import json
import logging
import re
import sys
import threading
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO
from weakref import WeakKeyDictionary

from store.errors import shown_in_one_line
from store.settings import SettingsError, settings

FIELDS = "xinwen"
"""The attribute of a log record, given by ``extra``, with a mapping of further fields of its line."""

MAX_MESSAGE, MAX_TRACEBACK = 2_000, 4_000
"""Characters that are kept: journald cuts a line after 48 KiB, and half of an object is none."""

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the HTTP request that is being answered; "" for none."""

SECRET_OPTION = re.compile(r"((?:tlsCertificateKeyFilePassword|authMechanismProperties)=)[^&\s\"']*", re.IGNORECASE)
"""The options of an address of MongoDB that hold secrets."""

_PASSWORD = re.compile(r"(mongodb(?:\+srv)?://[^\s:/@]*:)\S*(?=@)")
_LIBRARIES = ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi", "gunicorn.error", "gunicorn.access")
_runs: WeakKeyDictionary[object, Mapping[str, str]] = WeakKeyDictionary()


def begin_run(owner: object, source: str, run: str) -> None:
    """Let the lines of this process name *source* and *run* until ``end_run``, while *owner* is the only one."""
    _runs[owner] = {"source": source, "run": run}


def end_run(owner: object) -> None:
    """The run of *owner* has ended."""
    _runs.pop(owner, None)


class JsonFormatter(logging.Formatter):
    """A log record as one JSON object in one line of ASCII."""

    def format(self, record: logging.LogRecord) -> str:
        """The line. A message that cannot be formatted is given as it is, with its arguments."""
        try:
            message = record.getMessage()
        except (TypeError, ValueError, KeyError):
            message = f"{record.msg} {record.args!r}"
        moment = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, Any] = {
            "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "message": message[:MAX_MESSAGE],
        }
        # Two crawls in one process: a line of neither must not name one of them.
        runs = list(_runs.values())
        line |= runs[0] if len(runs) == 1 else {}
        if spider := getattr(record, "spider", None):
            line["source"] = spider.name
        if request := request_id.get():
            line["request"] = request
        line |= getattr(record, FIELDS, {})
        if record.exc_info and record.exc_info[0]:
            line["traceback"] = self.formatException(record.exc_info)[-MAX_TRACEBACK:]
        return to_line(line)


def to_line(fields: Mapping[str, Any]) -> str:
    """*fields* as one JSON object in one line that every reader of JSON takes: ASCII, and no half characters."""
    return json.dumps(_plain(fields)).replace("\x7f", "\\u007f")


def as_line(logger: str, message: str, **fields: Any) -> str:
    """*message* as a line like those of the log, with *fields*: for what is not logged but belongs among it."""
    record = logging.LogRecord(logger, logging.INFO, "", 0, message, None, None)
    setattr(record, FIELDS, fields)
    return JsonFormatter().format(record)


def message_of(line: str) -> str:
    """The message of a *line* of a log, whatever its form."""
    try:
        return str(json.loads(line)["message"])
    except (ValueError, TypeError, KeyError):
        return line


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_text(str(name)): _plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(one) for one in value]
    if isinstance(value, float):
        return value if value - value == 0 else str(value)  # JSON has no infinity
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value if value is None or isinstance(value, (bool, int)) else _text(str(value))


def _text(text: str) -> str:
    # Through UTF-16: two halves that belong together are joined, lone ones become U+FFFD.
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return SECRET_OPTION.sub(r"\1***", _PASSWORD.sub(r"\1***", whole))


class LogStream(io.TextIOBase):
    """A standard error each of whose lines becomes a log record."""

    encoding, errors = "utf-8", "backslashreplace"

    def __init__(self, original: TextIO) -> None:
        self.original, self._rest = original, ""

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, text: str) -> int:
        """Log the lines that are complete."""
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            self._log(line)
        return len(text)

    def close(self) -> None:
        """Log what has no end of line."""
        rest, self._rest = self._rest, ""
        self._log(rest)

    def _log(self, line: str) -> None:
        said = line.strip()
        if said:
            level = logging.ERROR if said.startswith("error:") else logging.WARNING
            logging.getLogger("stderr").log(level, "%s", said.removeprefix("error:").strip())


def set_up(level: int | str = logging.INFO, file: Path | str | None = None) -> bool:
    """Write JSON lines from now on if the settings ask for it; whether they do.

    To *file*, by default to standard error. Calling it again changes level and file. Loggers of web servers, which
    have handlers of their own, are taken over. A wrong setting changes nothing here: the command reports it.
    """
    try:
        if settings().log != "json":
            return False
    except SettingsError:
        return False
    handler = _to_file(file) if file else _Handler(_standard_error())
    handler.setFormatter(JsonFormatter())
    handler.setLevel(level)
    for old in [one for one in logging.root.handlers if isinstance(one.formatter, JsonFormatter)]:
        logging.root.removeHandler(old)
        old.close()
    logging.root.addHandler(handler)
    logging.root.setLevel(level)
    for name in _LIBRARIES:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    logging.captureWarnings(True)
    if not isinstance(sys.stderr, LogStream):
        sys.stderr = stream = LogStream(sys.stderr)
        atexit.register(stream.close)
    sys.excepthook = _log_exception
    threading.excepthook = _log_exception_of_thread
    return True


class _Unfailing:
    """What is wrong with the log is not logged."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # a method of logging
        """Nothing: a full disk must not stop the program, and standard error leads here again."""


class _Handler(_Unfailing, logging.StreamHandler[TextIO]):
    """Writes to a stream."""


class _FileHandler(_Unfailing, logging.FileHandler):
    """Writes to a file."""


def _to_file(file: Path | str) -> logging.Handler:
    with shown_in_one_line(OSError):
        return _FileHandler(file, encoding="utf-8")


def _standard_error() -> TextIO:
    return sys.stderr.original if isinstance(sys.stderr, LogStream) else sys.stderr


def _log_exception(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    logging.getLogger("xinwen").critical("%s: %s", kind.__name__, error, exc_info=(kind, error, trace))


def _log_exception_of_thread(ended: threading.ExceptHookArgs) -> None:
    if ended.exc_value is not None:
        _log_exception(ended.exc_type, ended.exc_value, ended.exc_traceback)
