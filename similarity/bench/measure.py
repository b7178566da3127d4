"""Times and memory of a process, as the bench states them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

Query = Callable[[list[int]], object]
"""Answers a query given as the words' numbers in the corpus."""

MIB = 2**20


def times(query: Query, queries: Sequence[list[int]]) -> dict[str, float]:
    """Median and 95th percentile of *queries* asked one by one, in ms; each is asked once before, to be warm."""
    taken = []
    for words in queries:
        query(words)
    for words in queries:
        begun = time.perf_counter()
        query(words)
        taken.append(1000 * (time.perf_counter() - begun))
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
