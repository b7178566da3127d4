"""Measures times and the memory of a process, for the bench."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

QueryFunction = Callable[[list[int]], object]
"""Answers a query, which is given as ids of words of the corpus."""

_ROUNDS = 3


def times(query: QueryFunction, queries: Sequence[list[int]]) -> dict[str, float]:
    """Median and 95th percentile of the times of *queries*, one after the other, in ms.

    Each query is answered once before, so that caches are warm.
    """
    for words in queries:
        query(words)
    return _percentiles([_milliseconds(query, words) for words in queries])


def in_turn(queries: Sequence[list[int]], **functions: QueryFunction) -> dict[str, dict[str, float]]:
    """``times`` for each of two *functions*, which answer each of *queries* one after the other.

    So each finds caches, threads and the database as the other left them. Key ``times``: ratio second / first.
    """
    taken: dict[str, list[float]] = {name: [] for name in functions}
    for round_number in range(_ROUNDS + 1):
        for words in queries:
            for name, query in functions.items():
                milliseconds = _milliseconds(query, words)
                if round_number:  # the first round warms the caches
                    taken[name].append(milliseconds)
    first, second = percentiles = [_percentiles(values) for values in taken.values()]
    ratios = {key: round(second[key] / first[key], 2) for key in first}
    return {**dict(zip(taken, percentiles, strict=True)), "times": ratios}


def memory() -> dict[str, int]:
    """The memory of this process now and at most, in MiB; 0 where the system has no ``/proc``.

    ``rss_mib`` includes mapped files, whose pages several processes share; ``own_mib`` does not.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return {"rss_mib": 0, "own_mib": 0, "most_mib": 0}
    fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
    kib = {name: int(fields[name].split()[0]) for name in ("VmRSS", "RssAnon", "VmHWM")}
    return {
        "rss_mib": kib["VmRSS"] // 1024,
        "own_mib": kib["RssAnon"] // 1024,
        "most_mib": kib["VmHWM"] // 1024,
    }


def seconds(action: Callable[[], object]) -> float:
    """How long *action* takes, in seconds."""
    start = time.perf_counter()
    action()
    return round(time.perf_counter() - start, 4)


def _milliseconds(query: QueryFunction, words: list[int]) -> float:
    start = time.perf_counter()
    query(words)
    return 1000 * (time.perf_counter() - start)


def _percentiles(milliseconds: Sequence[float]) -> dict[str, float]:
    return {
        "p50_ms": round(float(np.median(milliseconds)), 3),
        "p95_ms": round(float(np.percentile(milliseconds, 95)), 3),
    }
