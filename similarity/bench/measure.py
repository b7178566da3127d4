"""Times and memory of a process, as the bench states them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

Query = Callable[[list[int]], object]
"""Answers a query given as the words' numbers in the corpus."""

MIB = 2**20
_TURNS = 3


def times(query: Query, queries: Sequence[list[int]]) -> dict[str, float]:
    """Median and 95th percentile of *queries* asked one by one, in ms; each is asked once before, to be warm."""
    taken = []
    for words in queries:
        query(words)
    for words in queries:
        begun = time.perf_counter()
        query(words)
        taken.append(1000 * (time.perf_counter() - begun))
    return _told(taken)


def in_turn(queries: Sequence[list[int]], **ways: Query) -> dict[str, dict[str, float]]:
    """As ``times`` for each of two *ways*, which answer each of *queries* one after the other.

    So each finds caches, threads and the database as the other left them. Under ``times`` what the second takes of
    what the first does.
    """
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(_TURNS + 1):
        for words in queries:
            for name, query in ways.items():
                begun = time.perf_counter()
                query(words)
                if turn:  # the first one is to be warm
                    taken[name].append(1000 * (time.perf_counter() - begun))
    first, second = told = [_told(some) for some in taken.values()]
    return {**dict(zip(taken, told, strict=True)), "times": {key: round(second[key] / first[key], 2) for key in first}}


def _told(taken: Sequence[float]) -> dict[str, float]:
    return {"p50_ms": round(float(np.median(taken)), 3), "p95_ms": round(float(np.percentile(taken, 95)), 3)}


def memory() -> dict[str, int]:
    """What this process holds in memory and the most it held, in MiB; 0 where the system does not tell.

    ``rss_mib`` counts mapped files, whose pages several processes share, ``own_mib`` does not.
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
    """How long *action* takes."""
    begun = time.perf_counter()
    action()
    return round(time.perf_counter() - begun, 4)
