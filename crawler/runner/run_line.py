"""One log line a run, with what its record says."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from store import logs

logger = logging.getLogger(__name__)

_FIELDS = ("source", "verdict", "why", "new", "changed", "articles", "bytes", "seconds", "coverage")


def log_run(record: Mapping[str, Any], summary: str) -> None:
    """Log the *record* of a run as its *summary*; JSON lines have its fields too."""
    fields = {name: record[name] for name in _FIELDS if name in record}
    fields |= {"run": str(record.get("_id", "")), "requests": sum(record["requests"].values())}
    logger.info("%s: %s, %s", record["source"], record["verdict"], summary, extra={logs.FIELDS: fields})
