"""Notifications and what became of them, in MongoDB: nothing is sent that is not noted here first.

``outbox`` has a row for each match of a watch and an article, unique for the two; its ``waiting`` lists the targets
that are still to get it, and from when. A sender makes a document in ``messages`` of rows that wait for its target
(``claim``), sends it, and notes the answer. A kill between any two steps leaves a state from which the next sender goes
on: a message that was made and whose rows still wait is completed by ``finish_claims``; one that was sent and not noted
is sent again under the same id. The unique index over the rows of the messages to one target lets no row into two.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

from pymongo.database import Database
from pymongo.errors import BulkWriteError, DuplicateKeyError

from alerts.messages import Message, entry_of, fitting
from alerts.schedule import AT_ONCE
from alerts.targets import CALLBACK, Target
from alerts.watches import Watch
from store.connection import Document
from store.documents.articles import existing_ids
from store.failover import are_duplicates, repeated

RETRIES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 480, 1440))
"""How long after each failed attempt the next one comes; after the last one the message has failed."""

WAITING, DELIVERED, FAILED = "waiting", "delivered", "failed"

MANY, WINDOW = 20, timedelta(minutes=10)
"""More stories than this in this time become one message with a link."""

_MOST_ENTRIES, _MOST_OF_MANY = 200, 10_000
"""Of one message, and of one that has a link in place of them."""


def row(watch: Watch, kind: str, article: str, notified: bool, found: datetime, **fields: object) -> Document:
    """A row of the outbox for *watch*; with *notified* it waits for each target of the watch."""
    waiting = [{"target": target.key, "due": target.rhythm.due(found, target.key)} for target in watch.targets]
    own = {"_id": uuid4().hex, "kind": kind, "watch": watch.id, "article": article, "change": 0, "notified": notified}
    return own | {"found": found, "waiting": waiting if notified else []} | fields


@repeated
def insert(database: Database[Document], rows: Sequence[Document]) -> None:
    """Insert *rows*; those whose watch and article are noted already stay as they are."""
    if not rows:
        return
    try:
        database.outbox.insert_many(list(rows), ordered=False)
    except BulkWriteError as error:
        if not are_duplicates(error):
            raise


def notice(watch: Watch, key: str, text: str, found: datetime, targets: Sequence[Target]) -> Document:
    """A row that sends *text* to *targets* of *watch*, once for each *key*."""
    made = row(watch, "notice", key, True, found, entry={"title": text})
    kept = {target.key for target in targets}
    return made | {"waiting": [one for one in made["waiting"] if one["target"] in kept]}


def due_targets(database: Database[Document], now: datetime, paused: Iterable[str]) -> set[str]:
    """The keys of the targets for which something is due, but for the watches *paused*."""
    stopped = list(paused)
    rows: list[Document] = [
        {"$match": {"waiting.due": {"$lte": now}, "watch": {"$nin": stopped}}},
        {"$unwind": "$waiting"},
        {"$match": {"waiting.due": {"$lte": now}}},
        {"$group": {"_id": "$waiting.target"}},
    ]
    keys = {found["_id"] for found in database.outbox.aggregate(rows)}
    waiting = {"state": WAITING, "next": {"$lte": now}, "watch": {"$nin": stopped}}
    return keys | set(database.messages.distinct("target", waiting))


def forget_removed(database: Database[Document], target: str, now: datetime) -> None:
    """Delete what is due for *target* of watches that were removed while they were matched."""
    due = {"waiting": {"$elemMatch": {"target": target, "due": {"$lte": now}}}}
    found = set(database.outbox.distinct("watch", due))
    found |= set(database.messages.distinct("watch", {"target": target, "state": WAITING, "next": {"$lte": now}}))
    # Looked for after their rows: a watch that is new by now had no rows before.
    found -= {row["_id"] for row in database.watches.find({"_id": {"$in": list(found)}}, {"_id": 1})}
    for collection in (database.outbox, database.messages):
        collection.delete_many({"watch": {"$in": list(found)}})


@repeated
def finish_claims(database: Database[Document], target: str) -> None:
    """Complete messages to *target* that a killed sender had made, and whose rows still wait."""
    for message in database.messages.find({"target": target, "state": WAITING, "claimed": False}):
        _finish_claim(database, message)


@repeated
def _finish_claim(database: Database[Document], message: Document) -> None:
    rows = {"_id": {"$in": message["matches"]}}
    database.outbox.update_many(rows, {"$pull": {"waiting": {"target": message["target"]}}})
    database.messages.update_one({"_id": message["_id"]}, {"$set": {"claimed": True}})


def next_message(database: Database[Document], target: str, now: datetime, paused: Iterable[str]) -> Document | None:
    """A message to *target* that is due; None for none."""
    due = {"target": target, "state": WAITING, "next": {"$lte": now}, "watch": {"$nin": list(paused)}}
    return database.messages.find_one(due, sort=[("next", 1), ("made", 1)])


def claim(database: Database[Document], watch: Watch, target: Target, now: datetime) -> Document | None:
    """A new message of what is due for *target* from *watch*, as much as fits into one; None for nothing."""
    due = {"watch": watch.id, "waiting": {"$elemMatch": {"target": target.key, "due": {"$lte": now}}}}
    is_summary = _are_many(database, watch, target, now)
    most = 1 if target.kind == CALLBACK else _MOST_OF_MANY if is_summary else _MOST_ENTRIES
    rows = list(database.outbox.find(due).sort([("found", 1), ("_id", 1)]).limit(most))
    if not rows:
        return None
    if is_summary:
        lately = {"watch": watch.id, "target": target.key, "summary": True, "made": {"$gt": now - WINDOW}}
        if database.messages.find_one(lately):
            return None  # the rest comes when the ten minutes are over
    key = f"msg_{uuid4().hex}"
    entries = tuple(map(entry_of, rows))
    if target.kind != CALLBACK:
        entries = entries[
            : fitting(Message(key, watch.name, entries, now, is_summary), target.kind, target.limits.text)
        ]
    message = {
        "_id": key,
        "watch": watch.id,
        "target": target.key,
        "matches": [entry.id for entry in entries],
        "state": WAITING,
        "next": now,
        "made": now,
        "claimed": False,
        "summary": is_summary,
        "attempts": 0,
        "answers": [],
    }
    try:
        database.messages.insert_one(message)
    except DuplicateKeyError:
        return None  # another sender has just done so, under a lease that lapsed meanwhile
    _finish_claim(database, message)
    return message


def _are_many(database: Database[Document], watch: Watch, target: Target, now: datetime) -> bool:
    """Whether more than ``MANY`` stories came in the last ten minutes for a target that is notified at once."""
    if target.kind == CALLBACK or target.rhythm.every != AT_ONCE:
        return False
    lately = {"watch": watch.id, "notified": True, "kind": "article", "found": {"$gt": now - WINDOW}}
    return database.outbox.count_documents(lately, limit=MANY + 1) > MANY


def message_of(database: Database[Document], watch: Watch, stored: Document) -> Message:
    """What the *stored* message says, the same at every attempt, but for articles that were deleted since.

    In place of such an article another one of its story is named; without one it is left out.
    """
    rows = {found["_id"]: found for found in database.outbox.find({"_id": {"$in": stored["matches"]}})}
    there = existing_ids(database, {row["article"] for row in rows.values() if row["kind"] == "article"})
    entries = []
    for key in stored["matches"]:
        row = rows.get(key)
        if row and row["kind"] == "article" and row["article"] not in there:
            row = _of_the_same_story(database, row)
        if row:
            entries.append(replace(entry_of(row), id=key))
    return Message(stored["_id"], watch.name, tuple(entries), stored["made"], stored["summary"])


def _of_the_same_story(database: Database[Document], gone: Document) -> Document | None:
    of_story = [{"story": gone.get("story")}, {"notified_by": gone["article"]}]
    wanted = {"watch": gone["watch"], "kind": "article", "notified": False, "$or": of_story}
    others = {row["article"]: row for row in database.outbox.find(wanted).sort([("found", -1), ("_id", 1)])}
    there = existing_ids(database, others)
    return next((row for key, row in others.items() if key in there), None)


def begin_attempt(database: Database[Document], message: Document, number: int, now: datetime) -> bool:
    """Note that *message* is sent now, under the lease *number*; whether it still is to be sent under that."""
    ours = {
        "_id": message["_id"],
        "state": WAITING,
        "$or": [{"lease": {"$exists": False}}, {"lease": {"$lte": number}}],
    }
    changed = database.messages.update_one(ours, {"$set": {"lease": number, "tried": now}})
    return bool(changed.matched_count)


@repeated
def note_answer(database: Database[Document], message: Document, is_delivered: bool, answer: str, now: datetime) -> str:
    """Note what the service answered; the state of the message after that."""
    attempts = message["attempts"] + 1
    state = DELIVERED if is_delivered else WAITING if attempts <= len(RETRIES) else FAILED
    # Once, however often it is repeated.
    unnoted = {"_id": message["_id"], "attempts": message["attempts"]}
    change: Document = {"state": state, "attempts": attempts}
    if state == WAITING:
        change["next"] = now + RETRIES[attempts - 1]
    else:
        change["ended"] = now
    noted = {"at": now, "delivered": is_delivered, "answer": answer[:300]}
    database.messages.update_one(unnoted, {"$set": change, "$push": {"answers": noted}})
    return state


def has_news(database: Database[Document], message: Document) -> bool:
    """Whether *message* says more than that other messages have failed."""
    news = {"_id": {"$in": message["matches"]}, "article": {"$not": {"$regex": f"^{FAILED} "}}}
    return database.outbox.find_one(news, {"_id": 1}) is not None


def sent_since(database: Database[Document], target: str, since: datetime) -> int:
    """How many messages to *target* were sent since then; each is sent once in a minute at most."""
    return database.messages.count_documents({"target": target, "tried": {"$gt": since}})
