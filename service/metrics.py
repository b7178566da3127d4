"""What this server counts for Prometheus: its requests and searches, in a registry of its own.

Several workers share files in the folder that ``PROMETHEUS_MULTIPROC_DIR`` names, so that whichever of them answers
tells of all (``prometheus_client.multiprocess``); ``serve --workers`` makes one.
"""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from service.capacity import SearchThreads
from similarity.index import SimilarityIndex
from similarity.metrics import Families

SHARED = "PROMETHEUS_MULTIPROC_DIR"
"""The environment variable of prometheus_client; it is read there, when that is imported."""

_SECONDS = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_SEARCHES = {"running": "Searches that have a thread.", "waiting": "Searches that wait for a thread."}
_FILE = re.compile(r"gauge_live\w+_(\d+)\.db")


class Metrics:
    """The numbers of one application, which has a registry of its own: tests and programs may have several."""

    def __init__(self) -> None:
        if SHARED in os.environ:
            Path(os.environ[SHARED]).mkdir(parents=True, exist_ok=True)  # /run is empty after a restart
        self.one_at_a_time = asyncio.Lock()
        """For whoever asks the database for its part: two at a time would learn the same."""
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "xinwen_http_requests",
            "Requests by method, route and status.",
            ["method", "route", "status"],
            registry=registry,
        )
        self._durations = Histogram(
            "xinwen_http_request_duration_seconds",
            "Time to the end of the answer.",
            ["route"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._running, self._waiting = (
            Gauge(f"xinwen_searches_{name}", explanation, registry=registry, multiprocess_mode="livesum")
            for name, explanation in _SEARCHES.items()
        )
        self._behind = Gauge(
            "xinwen_index_behind_seconds",
            "How long the open index has not held all that is stored.",
            registry=registry,
            multiprocess_mode="livemax",
        )
        self._index: SimilarityIndex | None = None

    def follow(self, threads: SearchThreads, index: SimilarityIndex) -> None:
        """Tell of *threads* and *index* from now on."""
        self._index = index

        def changed() -> None:
            self._running.set(threads.running)
            self._waiting.set(threads.waiting)

        threads.changed = changed
        changed()

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request that has ended."""
        self._requests.labels(method, route, str(status)).inc()
        self._durations.labels(route).observe(seconds)
        self._note_behind()

    def text(self, families: Iterable[GaugeMetricFamily]) -> bytes:
        """All numbers of this server, of all its workers, and *families*, as Prometheus reads them."""
        self._note_behind()
        registry = self._registry
        folder = os.environ.get(SHARED)
        if folder:
            _forget_dead(Path(folder))
            registry = CollectorRegistry()
            registry.register(Families(_of_all_workers(Path(folder))))
        others = CollectorRegistry()
        others.register(Families(families))
        return generate_latest(registry) + generate_latest(others)

    def _note_behind(self) -> None:
        if self._index:
            self._behind.set(round(self._index.behind, 3))


def _of_all_workers(folder: Path) -> Iterable[Metric]:
    """The numbers of all workers.

    A file is empty for a moment after it was made, and for ever if its worker was killed just then: prometheus_client
    fails at such a file.
    """
    files = [str(file) for file in folder.glob("*.db") if file.exists() and file.stat().st_size]
    merged: Iterable[Metric] = MultiProcessCollector.merge(files)
    return merged


def _forget_dead(folder: Path) -> None:
    """Forget what workers were doing that are gone: one that was killed could not say so."""
    pids = {int(found[1]) for file in folder.iterdir() if (found := _FILE.fullmatch(file.name))}
    for pid in pids:
        try:
            os.kill(pid, 0)  # asks whether it is there
        except ProcessLookupError:
            mark_process_dead(pid, str(folder))
        except PermissionError:
            continue  # it is there, and another user's


@contextmanager
def shared_by(workers: int) -> Iterator[None]:
    """While the block runs, *workers* of this server share their numbers, unless the environment says where already."""
    if workers == 1 or SHARED in os.environ:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="xinwen-metrics-", ignore_cleanup_errors=True) as folder:
        os.environ[SHARED] = folder
        try:
            yield
        finally:
            del os.environ[SHARED]
