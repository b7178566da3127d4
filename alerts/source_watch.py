"""Tells which sources fail and which recover, each once: a watch without a question, made with ``--sources``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from pymongo.database import Database

from alerts import outbox, watches
from alerts.watches import SOURCES, Watch
from similarity.health import Health, health_of
from store.connection import Document
from store.leases import server_time

_EVERY = timedelta(seconds=30)


def step(database: Database[Document]) -> int:
    """Note in the outbox what has changed since each watch of the sources looked last; how many notices that made."""
    made = 0
    for row in database.watches.find({"about": SOURCES, "paused": False}):
        now, known, looked = server_time(database), row.get("sources"), row.get("looked")
        if looked and now - looked < _EVERY:
            continue
        watch, states = watches.stored_watch(row), health_of(database, now, ())
        if known is not None:
            rows = [notice for health in states if (notice := _notice(watch, health, known, now))]
            outbox.insert(database, rows)
            made += len(rows)
        # Noted after the notices; a kill in between makes the same ones once more, under the same keys.
        failing = {health.source: _since(health) for health in states if health.fault}
        database.watches.update_one({"_id": watch.id}, {"$set": {"sources": failing, "looked": now}})
    return made


def _notice(watch: Watch, health: Health, known: Mapping[str, str], now: datetime) -> Document | None:
    source = health.source
    if bool(health.fault) == (source in known):
        return None
    if health.fault:
        why = "; ".join(filter(None, [health.fault, health.why]))
        text = f"来源 {source} 失败 · source {source} has failed: {why}"
        key = f"source {source} failed {_since(health)}"
    else:
        text = f"来源 {source} 已恢复 · source {source} works again"
        key = f"source {source} works {known[source]}"
    return outbox.notice(watch, key, text, now, watch.targets)


def _since(health: Health) -> str:
    """What names a failure as long as it lasts: the last good run before it."""
    return health.last_good.isoformat() if health.last_good else "the first run"
