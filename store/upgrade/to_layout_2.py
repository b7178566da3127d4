"""From layout 1 to 2: articles get a story and are marked as pending, for the compactor, and there is a manifest."""

from __future__ import annotations

from collections.abc import Callable

from pymongo.database import Database

from store import counters
from store.connection import Document
from store.index import manifest
from store.index.preparation import mark_all_pending
from store.schema import INDEXES

LAYOUT = 2


def upgrade(database: Database[Document], tell: Callable[[str], None]) -> None:
    """Mark all articles in batches, then write the first manifest, which keeps the analyzer that the store has."""
    tell("MongoDB indexes of the articles")
    database.articles.create_indexes(INDEXES["articles"])
    tell("counter of revisions")
    counters.repair(database)
    tell("articles")
    mark_all_pending(database, lambda: tell("articles"))
    tell("manifest")
    row = database.manifest.find_one({"_id": "index"}) or {}
    first = manifest.document(manifest.Manifest(row["analyzer"], version=1, format=LAYOUT))
    database.manifest.replace_one({"_id": "index", "format": 1}, first)
