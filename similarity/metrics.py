"""Prometheus metrics of the store and of the sources.

No label has a value from a page: labels are keys of the source table, verdicts, states and other names of ours.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from pymongo.database import Database

from similarity.condition import StoreState
from similarity.health import FAULTS, GOOD, REFUSALS, all_sources, health_of
from store.connection import Document
from store.documents.runs import not_ahead

_VERDICTS = (*GOOD, *FAULTS, *REFUSALS)
_KINDS = ("robots", "entry", "page")
_SHARES = ("published", "text")
_FIELDS = {"verdict": 1, "articles": 1, "new": 1, "requests": 1, "bytes": 1, "seconds": 1, "coverage": 1, "rhythm": 1}
_MODE = 0o644  # the collector that reads the file is another user


class Families(Collector):
    """A collector of families that are made already."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = list(families)

    def collect(self) -> Iterator[Metric]:
        """The families."""
        yield from self._families


def text_of(families: Iterable[GaugeMetricFamily]) -> bytes:
    """*families* as Prometheus reads them."""
    registry = CollectorRegistry()
    registry.register(Families(families))
    return generate_latest(registry)


def gauge(name: str, explanation: str, value: float) -> GaugeMetricFamily:
    """A family with one value."""
    return GaugeMetricFamily(f"xinwen_{name}", explanation, value=value)


def of_state(state: StoreState, now: datetime) -> Iterator[GaugeMetricFamily]:
    """The families of index, messages and disks."""
    yield gauge("articles", "Articles that are stored.", state.articles)
    if state.newest:
        yield gauge("newest_article_timestamp_seconds", "When an article was last stored.", state.newest.timestamp())
        age = (now - state.newest).total_seconds()
        yield gauge("newest_article_age_seconds", "How long ago an article was last stored.", max(0.0, age))
    yield gauge("index_version", "Version of the index, which grows with every commit.", state.index_version)
    yield gauge("index_segments", "Segments of the index.", state.segments)
    yield gauge("index_unpacked_articles", "Articles that no segment holds yet; they are found all the same.",
                state.pending)  # fmt: skip
    waits = (now - state.unpacked_since).total_seconds() if state.unpacked_since else 0.0
    yield gauge("index_unpacked_seconds", "How long articles have waited to be packed, once there are enough.", waits)
    yield gauge("index_usable", "1: this program can read the index; 0: it is damaged or of another version.",
                not state.layout[0])  # fmt: skip
    yield _by("watches", "Watches by state.", "state", state.watches)
    yield _by("outbox_messages", "Messages of watches by state; held: matches that wait for their hour.", "state",
              state.outbox)  # fmt: skip
    overdue = (now - state.overdue_since).total_seconds() if state.overdue_since else 0.0
    yield gauge("outbox_overdue_seconds", "How long the oldest message is due and not delivered.", max(0.0, overdue))
    if state.backup:
        yield gauge("last_backup_timestamp_seconds", "When the last backup was whole.", state.backup.ended.timestamp())
    disks = state.disks.items()
    yield _by("disk_free_bytes", "Free bytes of a disk.", "disk", {name: space.free for name, space in disks})
    yield _by("disk_size_bytes", "Size of a disk.", "disk", {name: space.total for name, space in disks})


def of_sources(database: Database[Document], state: StoreState, now: datetime) -> Iterator[GaugeMetricFamily]:
    """The families of the sources: of each its latest run, its latest good one, and whether it is being crawled."""
    states = {one.source: one for one in health_of(database, now, all_sources(database))}
    runs = {}
    for key in states:
        run = database.runs.find_one({"source": key, **not_ahead(now)}, _FIELDS, sort=[("ended", -1)])
        if run:
            runs[key] = run
    crawled = {name.removeprefix("source ").removeprefix("crawl ") for name in state.holders}
    times = {
        "last_run": "When the latest run of a source ended.",
        "last_good_run": "When the latest good run of a source ended.",
        "silent_since": "When the latest good run ended, or of a rhythm over a day the next was due; or the first run.",
        "start_deadline": "When two rhythms are over since the latest run of a source began.",
    }
    moments = {
        "last_run": {key: one.last for key, one in states.items()},
        "last_good_run": {key: one.last_good for key, one in states.items()},
        "silent_since": {key: one.silent_since for key, one in states.items()},
        "start_deadline": {key: one.next_by for key, one in states.items()},
    }
    yield _by("source_enabled", "1: the source is crawled; 0: it is turned off.", "source",
              {key: one.enabled for key, one in states.items()})  # fmt: skip
    for name, explanation in times.items():
        found = {key: moment.timestamp() for key, moment in moments[name].items() if moment}
        yield _by(f"source_{name}_timestamp_seconds", explanation, "source", found)
    verdicts = GaugeMetricFamily(
        "xinwen_source_verdict", "1: the verdict of the latest run.", None, ["source", "verdict"]
    )
    for key, run in runs.items():
        for verdict in _VERDICTS:
            verdicts.add_metric([key, verdict], run["verdict"] == verdict)
    yield verdicts
    yield _by("source_crawling", "1: a process has the lease of the source and crawls it.", "source",
              {key: key in crawled for key in states})  # fmt: skip
    yield from _of_runs(runs)


def _of_runs(runs: dict[str, Document]) -> Iterator[GaugeMetricFamily]:
    explained = {
        "articles": ("source_articles", "Stored articles of a source after its latest run."),
        "new": ("source_run_new_articles", "Articles that the latest run stored for the first time."),
        "bytes": ("source_run_received_bytes", "Bytes that the latest run received."),
        "seconds": ("source_run_duration_seconds", "How long the latest run took."),
        "rhythm": ("source_rhythm_seconds", "The time from one run of a source to the next."),
    }
    for field, (name, explanation) in explained.items():
        yield _by(name, explanation, "source", {key: run[field] for key, run in runs.items() if field in run})
    requests = GaugeMetricFamily("xinwen_source_run_requests", "Requests of the latest run.", None, ["source", "kind"])
    shares = GaugeMetricFamily(
        "xinwen_source_coverage_ratio",
        "Part of the latest run's articles that has the field.",
        None,
        ["source", "field"],
    )
    lengths = {}
    for key, run in runs.items():
        for kind in _KINDS:
            requests.add_metric([key, kind], run.get("requests", {}).get(kind, 0))
        coverage = run.get("coverage", {})
        for field in _SHARES:
            if field in coverage:
                shares.add_metric([key, field], coverage[field])
        if "length" in coverage:
            lengths[key] = coverage["length"]
    yield requests
    yield shares
    yield _by("source_body_length_characters", "Median length of the bodies of the latest run.", "source", lengths)


def _by(name: str, explanation: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"xinwen_{name}", explanation, None, [label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def write_file(path: Path, text: bytes) -> None:
    """Replace *path* by *text*, whole or not at all, as the collector may read it at any moment. Raises OSError.

    What is no file, such as /dev/stdout, is written to.
    """
    if path.exists() and not path.is_file():
        path.write_bytes(text)
        return
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
            os.fchmod(file.fileno(), _MODE)
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
