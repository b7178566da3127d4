"""From layout 2 to 3: the collections, validators and MongoDB indexes of today; leases in their own collection.

Programs between the releases of the two had watches: their notifications and digests get the names of today.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pymongo
from pymongo.database import Database

from store.connection import Document
from store.index import manifest
from store.schema import create_collections

LAYOUT = 3

_LONGEST = 6 * 3600.0  # seconds for the MongoDB indexes of a large store; the driver's limit is a minute


def upgrade(database: Database[Document], tell: Callable[[str], None]) -> None:
    """Create what is missing, remove the compactor's lease of old, then commit a manifest with the new number.

    A compactor of an older program that is at work meanwhile commits before, or is refused. Raises DamagedManifest.
    """
    tell("collections and MongoDB indexes")
    with pymongo.timeout(_LONGEST):
        create_collections(database)
        tell("notifications and digests")
        for name, new in (("outbox", "notified"), ("digests", "stories")):
            database[name].update_many({"told": {"$exists": True}}, {"$rename": {"told": new}})
    tell("leases")
    database.manifest.delete_one({"_id": "lease"})
    tell("manifest")
    while True:
        old = manifest.read(database)
        if old.format >= LAYOUT or manifest.commit(database, old, replace(old, version=old.version + 1, format=LAYOUT)):
            return
