"""By when the next run of a source has begun, if anybody still knocks: what tells that the schedule has stopped."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from crawler.budgets import budgets
from crawler.runner.allowance import next_midnight
from crawler.runner.due import REFUSED
from crawler.source import Source
from crawler.windows import Window
from store.settings import settings

_RHYTHMS = 2
_KNOCKS = timedelta(hours=1)
"""How long after its window has opened, or its day begun, a source has certainly been asked for."""


def schedule_fields(
    source: Source, started: datetime, ended: datetime, verdict: str, downloaded: Mapping[str, int]
) -> dict[str, Any]:
    """What the record of a run says of the schedule: ``rhythm`` in seconds, ``window`` as people read it, ``next_by``.

    *downloaded*: the bytes of the day by source, when the run had ended.
    Programs that know neither rows nor budgets, such as ``health`` elsewhere, read it there.
    """
    opening, zone = budgets().window_of(source.key), ZoneInfo(settings().zone)
    is_spent = bool(budgets().spent(source.key, downloaded))
    return {
        "rhythm": source.rhythm.total_seconds(),
        "window": budgets().window_text(source.key),
        "next_by": next_by(source.rhythm, started, ended, verdict, opening, zone, is_spent),
    }


def next_by(
    rhythm: timedelta,
    started: datetime,
    ended: datetime,
    verdict: str,
    opening: Window,
    zone: ZoneInfo,
    is_spent: bool = False,
) -> datetime:
    """Two rhythms after the run began; later after a refusal, which is repeated after a day, and in a closed window.

    *is_spent*: the bytes of the day are, so that nothing is crawled before midnight.
    """
    latest = started + _RHYTHMS * rhythm
    if verdict in REFUSED:
        latest = max(latest, ended + timedelta(days=1) + rhythm)
    if is_spent:
        latest = max(latest, next_midnight(ended, zone) + _KNOCKS)
    opens = opening.opens(latest, zone)
    return latest if opens is None or opens == latest else opens + _KNOCKS
