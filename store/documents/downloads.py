"""How many bytes were downloaded of each source on each day, counted over all processes.

Collection ``downloads``: ``{_id: "DAY SOURCE", day, source, bytes}``. Days are those of the zone in which budgets hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from store.connection import Document


def add(database: Database[Document], source: str, day: date, number: int) -> dict[str, int]:
    """Count *number* more bytes of *source*; returns what was downloaded of all sources on *day*, by source."""
    key, facts = f"{day} {source}", {"day": f"{day}", "source": source}
    while number:
        try:
            database.downloads.update_one({"_id": key}, {"$inc": {"bytes": number}, "$setOnInsert": facts}, upsert=True)
            break
        except DuplicateKeyError:  # another process has just counted the first bytes of the day
            continue
    return of_day(database, day)


def of_day(database: Database[Document], day: date) -> dict[str, int]:
    """What was downloaded on *day*, by source."""
    rows = database.downloads.find({"_id": {"$gte": f"{day} ", "$lt": f"{day}!"}})
    return {row["source"]: row["bytes"] for row in rows}


def before(database: Database[Document], source: str, day: date) -> Iterator[str]:
    """The keys of the rows of *source* from days before *day*."""
    for row in database.downloads.find({"source": source, "day": {"$lt": f"{day}"}}, {"_id": 1}):
        yield row["_id"]
