"""Compacts the index at the end of a crawl, if enough articles are pending."""

from __future__ import annotations

import logging

from pymongo.database import Database
from scrapy.statscollectors import StatsCollector

from pipelines.storage import Storage
from store.connection import Document, StoreError
from store.index import compactor
from store.index.manifest import DamagedManifest

logger = logging.getLogger(__name__)


async def compact_at_end(storage: Storage, stats: StatsCollector) -> None:
    """Run the compactor if it is worth while. A failure is only logged, since the articles are stored all the same."""
    try:
        report = await storage.call(compact_if_worth_while)
    except (StoreError, DamagedManifest) as error:
        logger.warning("not compacted; xinwen compact does it later: %s", error)
        return
    if report and not report.busy:
        stats.inc_value("xinwen/pack/packed", report.packed)


def compact_if_worth_while(database: Database[Document]) -> compactor.CompactionReport | None:
    """Compact if enough articles are pending; None if not."""
    return compactor.compact(database) if compactor.is_worthwhile(database) else None
