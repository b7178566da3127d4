"""The records of runs (collection ``runs``): which of them say anything about the present."""

from __future__ import annotations

from datetime import datetime, timedelta

from store.connection import Document

_CLOCK_ERROR = timedelta(hours=2)
_WEEK = timedelta(days=7)


def not_ahead(now: datetime) -> Document:
    """A condition for ``find``: the record of a run that began before *now*, or a little after it.

    A clock that was set back leaves records in the future. Those further ahead than the rhythm of their source would
    be the latest run for as long, and hide every failure since; nor is a crawl planned by them.
    """
    rhythm = {"$multiply": [1000, {"$ifNull": ["$rhythm", _WEEK.total_seconds()]}]}
    ahead = {"$max": [rhythm, 1000 * _CLOCK_ERROR.total_seconds()]}
    return {"$expr": {"$lte": ["$started", {"$add": [now, ahead]}]}}
