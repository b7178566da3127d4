"""The record of a run, made from the counts of a crawl."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from scrapy.utils.test import get_crawler

from pipelines.runs.memory import Memory
from pipelines.runs.record_run import run_record
from pipelines.storage import storage_of


def test_a_run_whose_lease_is_lost_before_it_begins_does_not_end_before_it_began() -> None:
    crawler = get_crawler()
    crawler.spider = crawler.spidercls("sia")
    began = datetime.now(UTC)
    lost = began - timedelta(seconds=9)
    crawler.stats.set_value("start_time", began)
    record = run_record(crawler, Memory(crawler, storage_of(crawler)), "shutdown", lost)
    assert (record["started"], record["ended"], record["seconds"]) == (lost, lost, 0)
    record = run_record(crawler, Memory(crawler, storage_of(crawler)), "finished")
    assert record["started"] == began <= record["ended"]
