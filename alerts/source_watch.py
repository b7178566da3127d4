"""Tells what fails and what recovers, each once: a watch without a question, made with ``--sources``.

A single failure of a source is not sent, since many pass: two runs in a row are, or a day after one. Of what runs
beside them (``similarity.condition``) what is wrong in two looks in a row.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from pymongo.database import Database

from alerts import outbox, watches
from alerts.watches import SOURCES, Watch
from similarity.condition import Check, checks, read_state
from similarity.health import Health, health_of
from store.connection import Document
from store.leases import server_time
from store.settings import settings

_EVERY = timedelta(seconds=30)


def step(database: Database[Document]) -> int:
    """Note in the outbox what has changed since each watch of the sources looked last; how many notices that made."""
    made = 0
    for row in database.watches.find({"about": SOURCES, "paused": False}):
        now, known, looked = server_time(database), row.get("sources"), row.get("looked")
        if looked and timedelta() <= now - looked < _EVERY:  # a look of a clock that was ahead is none
            continue
        watch, states = watches.stored_watch(row), health_of(database, now, ())
        found = checks(read_state(database, now, settings().data), states, now)
        suspected = {
            check.name: min(row.get("suspected", {}).get(check.name, now), now) for check in found if check.fault
        }
        # Before anything is known every fault counts: how it is at first is not sent.
        failing = {one.source: _since(one) for one in states if one.fault and _is_notified(one, known, now)}
        beside = {name: since.isoformat() for name, since in suspected.items() if known is None or since < now}
        if known is not None:
            rows = [
                _notice(watch, health, known, now) for health in states if health.source in failing or not health.fault
            ]
            rows += [_notice_of_check(watch, check, row.get("beside", {}), beside, now) for check in found]
            outbox.insert(database, [one for one in rows if one])
            made += len([one for one in rows if one])
        # Noted after the notices; a kill in between makes the same ones once more, under the same keys.
        noted = {"sources": failing, "beside": beside, "suspected": suspected, "looked": now}
        database.watches.update_one({"_id": watch.id}, {"$set": noted})
    return made


def _is_notified(health: Health, known: Mapping[str, str] | None, now: datetime) -> bool:
    return known is None or health.source in known or health.is_lasting(now)


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


def _notice_of_check(
    watch: Watch, check: Check, known: Mapping[str, str], failing: Mapping[str, str], now: datetime
) -> Document | None:
    name = check.name
    if (name in known) == (name in failing):
        return None
    if name in failing:
        text = f"{name} 异常 · {name} is not well: {check.fault}. {check.helps}"
        key = f"check {name} failed {failing[name]}"
    else:
        text = f"{name} 已恢复 · {name} is well again"
        key = f"check {name} works {known[name]}"
    return outbox.notice(watch, key, text, now, watch.targets)


def _since(health: Health) -> str:
    """What names a failure as long as it lasts: the last good run before it."""
    return health.last_good.isoformat() if health.last_good else "the first run"
