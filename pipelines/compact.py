"""Pack the index's new articles at the end of a crawl, when they are many."""

from __future__ import annotations

import logging

from pymongo.database import Database
from scrapy.statscollectors import StatsCollector

from pipelines.storage import Storage
from store import compactor
from store.connection import Document, StoreError
from store.manifest import DamagedManifest

logger = logging.getLogger(__name__)


async def pack_at_end(storage: Storage, stats: StatsCollector) -> None:
    """Run the compactor when it is worth while. What it cannot do is no failure of the crawl."""
    try:
        report = await storage.call(pack_if_many)
    except (StoreError, DamagedManifest) as error:
        logger.warning("not packed, which python -m similarity compact does later: %s", error)
        return
    if report and not report.busy:
        stats.inc_value("xinwen/pack/packed", report.packed)


def pack_if_many(database: Database[Document]) -> compactor.Report | None:
    """Compact when it is worth while; None when it is not."""
    return compactor.compact(database) if compactor.is_worth_while(database) else None
