"""What windows and budgets make of the moments at which sources are due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from crawler.budgets import Budgets, bytes_text
from crawler.runner.due import NEVER, Due


@dataclass(frozen=True, slots=True)
class Allowance:
    """What may be crawled from *now* on, of which *downloaded* has the bytes of today by source."""

    budgets: Budgets
    downloaded: Mapping[str, int]
    now: datetime
    zone: ZoneInfo

    def allow(self, due: Due) -> Due:
        """*due*, or when the source may be crawled after it, with the reason."""
        if nothing := self.budgets.nothing_of(due.key):
            return Due(due.key, NEVER, nothing)
        at, reasons = max(due.at, self.now), [due.reason]
        midnight = next_midnight(self.now, self.zone)
        if at < midnight and (spent := self.budgets.spent(due.key, self.downloaded)):
            at = midnight
            reasons.append(f"{spent} are downloaded")
        opens = self.budgets.window_of(due.key).opens(at, self.zone)
        assert opens, "a window that is never open is refused"
        if opens != at:
            at = opens
            reasons.append(f"open {self.budgets.window_text(due.key)}")
        return replace(due, at=at, reason="; ".join(reasons)) if len(reasons) > 1 else due

    def today(self, key: str) -> str:
        """How much of the bytes of its day the source *key* has taken."""
        return f"{bytes_text(self.downloaded.get(key, 0))} of {bytes_text(self.budgets.of(key).bytes_a_day)}"

    def summary(self, full: int) -> str:
        """One line about all sources, of which *full* are crawled at once at the best hours."""
        at_once = self.budgets.at_once(full, self.now, self.zone)
        taken, most = bytes_text(sum(self.downloaded.values())), bytes_text(self.budgets.all.bytes_a_day)
        return f"at once 同时 {at_once} of {full}; today 今日 {taken} of {most}"


def next_midnight(moment: datetime, zone: ZoneInfo) -> datetime:
    """When the day of *moment* in *zone* ends, and with it what was downloaded on it."""
    day = moment.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(day, time(), zone).astimezone(UTC)
