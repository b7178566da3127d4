"""Secret addresses of the feeds of watches: feed readers cannot sign in, so whoever knows the address may read.

The key is a field of the watch, so it goes with it. A revoked one is never given again.
"""

from __future__ import annotations

import secrets

from pymongo.database import Database

from alerts.watches import Watch, find, stored_watch
from store.connection import Document

PREFIX = "/feeds/watch/"
_BYTES = 24


def feed_address(database: Database[Document], name: str) -> str:
    """The path of the feed of the watch *name*, "" where it has none. Raises WatchError for no such watch."""
    row = database.watches.find_one({"_id": find(database, name).id}, {"feed": 1}) or {}
    return _path(row["feed"]) if "feed" in row else ""


def make_feed(database: Database[Document], name: str) -> str:
    """The path of the feed of the watch *name*, made where there is none. Raises WatchError for no such watch."""
    watch = find(database, name)
    # Only where there is none: two that make one at the same time have the same.
    database.watches.update_one(
        {"_id": watch.id, "feed": {"$exists": False}}, {"$set": {"feed": secrets.token_urlsafe(_BYTES)}}
    )
    return feed_address(database, name)


def revoke_feed(database: Database[Document], name: str) -> None:
    """Nobody reads the feed of the watch *name* any more. Raises WatchError for no such watch."""
    database.watches.update_one({"_id": find(database, name).id}, {"$unset": {"feed": ""}})


def watch_of_feed(database: Database[Document], key: str) -> Watch | None:
    """The watch whose feed has the *key*; None for one that is revoked or was never made."""
    row = database.watches.find_one({"feed": key})
    return stored_watch(row) if row else None


def _path(key: str) -> str:
    return f"{PREFIX}{key}.atom"
