"""What a watch has sent, to whom, and what the services said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pymongo.database import Database

from alerts.watches import Watch
from store.connection import Document


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a match at one target: ``state`` is "held", "waiting", "delivered" or "failed"."""

    target: str
    state: str
    attempts: int
    answer: str
    next: datetime | None


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A match, or a notice (``kind``), and its deliveries."""

    kind: str
    found: datetime
    title: str
    url: str
    article: str
    source: str
    score: float
    deliveries: list[Delivery]


def entries(
    database: Database[Document], watch: Watch, k: int = 20, kinds: Sequence[str] = ("article", "notice")
) -> list[LogEntry]:
    """The *k* newest things of *kinds* of which *watch* has notified or is about to."""
    wanted = {"watch": watch.id, "notified": True, "kind": {"$in": list(kinds)}}
    rows = list(database.outbox.find(wanted, sort=[("found", -1)]).limit(k))
    shown = {target.key: target.shown for target in watch.targets}
    by_row: dict[str, list[Delivery]] = {row["_id"]: [] for row in rows}
    for message in database.messages.find({"watch": watch.id, "matches": {"$in": list(by_row)}}):
        last = message["answers"][-1]["answer"] if message["answers"] else ""
        due = message["next"] if message["state"] == "waiting" else None
        made = Delivery(shown.get(message["target"], "—"), message["state"], message["attempts"], last, due)
        for key in message["matches"]:
            if key in by_row:
                by_row[key].append(made)
    for row in rows:
        for one in row["waiting"]:
            by_row[row["_id"]].append(Delivery(shown.get(one["target"], "—"), "held", 0, "", one["due"]))
    return [
        LogEntry(
            row["kind"],
            row["found"],
            row["entry"]["title"],
            row["entry"].get("url", ""),
            row["article"] if row["kind"] == "article" else "",
            row["entry"].get("source", ""),
            row["entry"].get("score", 0.0),
            by_row[row["_id"]],
        )
        for row in rows
    ]


def counts(database: Database[Document], watch: Watch) -> dict[str, int]:
    """Of how many matches the watch has notified, and how many messages are waiting, delivered and failed."""
    notified = {"watch": watch.id, "notified": True, "kind": "article"}
    states = ("waiting", "delivered", "failed")
    return {"notified": database.outbox.count_documents(notified)} | {
        state: database.messages.count_documents({"watch": watch.id, "state": state}) for state in states
    }
