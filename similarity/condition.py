"""The condition of everything that runs beside the sources: schedule, index, layout, outbox, disks, and who is at work.

One look at the database gives the numbers (``StoreState``), from which ``checks`` and the metrics are made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pymongo import ASCENDING, DESCENDING
from pymongo.database import Database

from similarity.health import Health, age_text
from store import leases
from store.connection import Document
from store.disk import DiskSpace, space_of
from store.documents.last_backup import LastBackup, last_backup
from store.index import manifest, preparation
from store.index.compactor import MIN_PENDING
from store.index.manifest import DamagedManifest
from store.index.preparation import IndexMismatch
from store.layout import LAYOUT, UPGRADE
from store.leases import Holder
from text.analysis.analyzer import VERSION

BEHIND = timedelta(minutes=10)
"""So long articles may wait to be packed once there are enough of them, and an open index may be behind."""

OVERDUE = timedelta(hours=1)
"""So long a message may be due and not delivered."""

OUTBOX_STATES = ("held", "waiting", "delivered", "failed")
"""``held``: matches that wait for their hour. The others are messages."""

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class StoreState:
    """The numbers of one moment.

    ``newest``: when an article was last stored. ``unpacked_since``: since when articles wait to be packed, None while
    there are too few to be worth it. ``overdue_since``: since when a message is due, None for none. ``layout``: why
    this program cannot use the index, and the command that helps; "" where it can. ``disks``: "data", the folder of
    this machine, and "mongodb", where the server says so.
    """

    articles: int
    newest: datetime | None
    index_version: int
    segments: int
    pending: int
    unpacked_since: datetime | None
    layout: tuple[str, str]
    watches: Mapping[str, int]
    outbox: Mapping[str, int]
    overdue_since: datetime | None
    holders: Mapping[str, Holder]
    disks: Mapping[str, DiskSpace]
    backup: LastBackup | None


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the condition: what it says, what is wrong ("" for nothing), and the command that helps."""

    name: str
    says: str
    fault: str = ""
    helps: str = ""


def read_state(database: Database[Document], now: datetime, folder: Path) -> StoreState:
    """The numbers of *database* and of the disk of *folder*. Raises PyMongoError, OSError."""
    newest = database.articles.find_one({}, {"stored": 1}, sort=[("stored", DESCENDING)])
    pending = database.articles.count_documents({"pending": True}) if newest else 0
    version, segments, layout = _index(database)
    paused = [row["_id"] for row in database.watches.find({"paused": True}, {"_id": 1})]
    return StoreState(
        articles=database.articles.estimated_document_count(),
        newest=newest["stored"] if newest else None,
        index_version=version,
        segments=segments,
        pending=pending,
        unpacked_since=_oldest_pending(database) if pending >= MIN_PENDING else None,
        layout=layout,
        watches={"active": database.watches.count_documents({"paused": {"$ne": True}}), "paused": len(paused)},
        outbox=_outbox(database),
        overdue_since=_overdue_since(database, now, paused),
        holders=leases.holders(database),
        disks=_disks(database, folder),
        backup=last_backup(database),
    )


def index_fault(database: Database[Document]) -> tuple[str, str]:
    """Why this program cannot use the index of *database*, and the command that helps; "" and "" where it can."""
    return _index(database)[2]


def _index(database: Database[Document]) -> tuple[int, int, tuple[str, str]]:
    row = database.manifest.find_one({"_id": "index"})
    version, segments = (int(row.get("version", 0)), len(row.get("segments", ()))) if row else (0, 0)
    try:
        layout = preparation.layout_of(database)
        if layout is not None and layout != LAYOUT:  # before the manifest is read, which layout 1 does not have
            helps = UPGRADE if layout < LAYOUT else "install the version of the program that wrote it"
            return version, segments, (f"the store has layout {layout}, this program writes {LAYOUT}", helps)
        found = manifest.parse(row)
    except IndexMismatch as error:
        said, _, helps = str(error).partition(": ")
        return version, segments, (said, helps)
    except DamagedManifest as error:
        return version, segments, (str(error).partition(": ")[0], manifest.REBUILD)
    if row and found.analyzer != VERSION:
        said = f"the index was made by analyzer {found.analyzer}, this program has {VERSION}"
        return version, segments, (said, "xinwen retokenize")
    return version, segments, ("", "")


def _oldest_pending(database: Database[Document]) -> datetime | None:
    # The lowest revision, found in the index of the database alone: there may be a million pending articles.
    lowest = database.articles.find({"pending": True}, {"revision": 1})
    ids = [row["_id"] for row in lowest.sort("revision", ASCENDING).limit(1)]
    row = database.articles.find_one({"_id": {"$in": ids}}, {"stored": 1})
    return row["stored"] if row else None


def _outbox(database: Database[Document]) -> dict[str, int]:
    held = database.outbox.count_documents({"waiting.due": {"$gt": _LONG_AGO}})
    numbers = {state: database.messages.count_documents({"state": state}) for state in OUTBOX_STATES[1:]}
    return {OUTBOX_STATES[0]: held, **numbers}


def _overdue_since(database: Database[Document], now: datetime, paused: Sequence[str]) -> datetime | None:
    """Since when the oldest match or message of a watch that is not paused is due."""
    others = {"$nin": list(paused)}
    due = {"watch": others, "waiting.due": {"$lt": now}}
    row = database.outbox.find_one(due, {"waiting": 1}, sort=[("waiting.due", ASCENDING)])
    moments = [one["due"] for one in row["waiting"] if one["due"] < now] if row else []
    held = {"attempts": 0, "next": {"$gt": now}}  # by quiet hours, which is no fault
    waiting = {"watch": others, "state": "waiting", "$nor": [held]}
    message = database.messages.find_one(waiting, {"made": 1}, sort=[("made", ASCENDING)])
    return min([*moments, *([message["made"]] if message else [])], default=None)


def _disks(database: Database[Document], folder: Path) -> dict[str, DiskSpace]:
    found = {"data": space_of(folder)}
    facts = database.command("dbStats")
    if facts.get("fsTotalSize"):  # not every server knows
        total = int(facts["fsTotalSize"])
        found["mongodb"] = DiskSpace("MongoDB", max(0, total - int(facts["fsUsedSize"])), total)
    return found


def checks(state: StoreState, sources: Sequence[Health], now: datetime) -> list[Check]:
    """What *state*, and the schedule of *sources*, mean for people."""
    return [_schedule(sources, now), _at_work(state, now), _packing(state, now), _layout(state), _messages(state, now),
            *_free(state), *_backups(state, now)]  # fmt: skip


def _schedule(sources: Sequence[Health], now: datetime) -> Check:
    asked = [one for one in sources if one.enabled and one.next_by]
    late = sorted((one.next_by, one.source) for one in asked if one.next_by and one.next_by < now)
    on = sum(one.enabled for one in sources)
    says = f"{on} sources are on, {len(late)} are late"
    if not late:
        return Check("schedule", says)
    names = ", ".join(key for _, key in late[:3]) + (" …" if late[3:] else "")
    fault = f"{len(late)} sources have not been crawled for two rhythms: {names}"
    return Check("schedule", says, fault, "is the timer running? xinwen crawlall --due does what it does")


def _at_work(state: StoreState, now: datetime) -> Check:
    # Of the senders, one for each target, there may be hundreds.
    named = [f"{name} by {one.host} pid {one.pid} for {age_text(one.since, now)}"
             for name, one in sorted(state.holders.items()) if not name.startswith("sender ")]  # fmt: skip
    return Check("leases", "; ".join(named) or "nobody is at work")


def _packing(state: StoreState, now: datetime) -> Check:
    newest = f", the newest stored {age_text(state.newest, now)} ago" if state.newest else ""
    says = f"version {state.index_version}, {state.articles:,} articles{newest}, {state.pending:,} not packed"
    if state.unpacked_since is None or now - state.unpacked_since <= BEHIND:
        return Check("index", says)
    fault = f"{state.pending:,} articles wait to be packed, the oldest for {age_text(state.unpacked_since, now)}"
    return Check("index", says, fault, "xinwen compact")


def _layout(state: StoreState) -> Check:
    return Check("layout", f"layout {LAYOUT}, analyzer {VERSION}", *state.layout)


def _messages(state: StoreState, now: datetime) -> Check:
    says = f"{state.watches['active']} watches, {state.watches['paused']} paused; " + ", ".join(
        f"{number} {name}" for name, number in state.outbox.items()
    )
    if state.overdue_since is None or now - state.overdue_since <= OVERDUE:
        return Check("outbox", says)
    fault = f"a message has been due for {age_text(state.overdue_since, now)}"
    return Check("outbox", says, fault, "xinwen watch log NAME; serve or watch run sends")


def _backups(state: StoreState, now: datetime) -> list[Check]:
    if state.backup is None:
        return []
    size = f"{state.backup.bytes / 2**20:,.0f} MiB"
    return [Check("backup", f"the last {age_text(state.backup.ended, now)} ago, {size}, {state.backup.folder}")]


def _free(state: StoreState) -> list[Check]:
    found = []
    for name, space in state.disks.items():
        says = f"{space.free / 2**30:,.1f} GiB of {space.total / 2**30:,.1f} free ({space.share:.0%})"
        fault = f"only {space.free / 2**30:,.1f} GiB ({space.share:.0%}) is free" if space.is_low else ""
        helps = "xinwen prune --dry-run, or a larger disk" if fault else ""
        found.append(Check(f"disk {name}", says, fault, helps))
    return found
