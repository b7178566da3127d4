"""Measures the HTTP API at a generated collection, beside the Python API, in one run."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle, islice
from typing import Any
from urllib.parse import urlencode

import numpy as np
from rich.table import Table

from similarity.bench import QUERIES, Generated, SearchBenchFailed, facts_of_run, generated
from similarity.bench.http_load import HttpClient, Lane, run
from similarity.bench.measure import in_turn
from similarity.bench.ours import SOURCES, word
from similarity.index import SimilarityIndex

CLIENTS, SEARCHERS, CROWD = 8, 50, 100
"""Clients for the throughput; clients that search while ``/healthz`` is asked, and while the server is full."""

PROBES = 2
"""Requests to ``/healthz``, and to the full server, a query."""

K = 10
_PROBES_AT_ONCE = 4  # one that is not refused waits for a second
_REFUSED_PAUSE = 0.2  # seconds after which a client of the crowd that was refused asks again
_STOP_SECONDS = 60
_RATE = 1_000_000  # requests a second that a client may make: they are counted, as always, and never too many


def run_api_bench(size: int, show: Callable[[str], None], queries: int = QUERIES) -> dict[str, Any]:
    """Figures of the HTTP API for *size* articles, with so many *queries*. Raises SearchBenchFailed, StoreError."""
    with generated(size, show) as collection, _server(collection) as port:
        measured = collection.stage("api", port=port, queries=queries)
        return facts_of_run() | {"docs": size, "stored": collection.stored, "api": measured}


@contextmanager
def _server(collection: Generated) -> Iterator[int]:
    """A server of *collection* in a process of its own; its port."""
    command = [sys.executable, "-m", "service", "--port=0", f"--rate={_RATE}"]
    process = subprocess.Popen(command, env=collection.environment, stdout=subprocess.PIPE, text=True)
    try:
        address = process.stdout.readline() if process.stdout else ""
        if not address:
            raise SearchBenchFailed("the server does not start")
        yield int(address.rpartition(":")[2].strip("/\n"))
    finally:
        process.terminate()
        process.wait(_STOP_SECONDS)
        if process.stdout:
            process.stdout.close()


def measure(uri: str, port: int, queries: Sequence[list[int]]) -> dict[str, Any]:
    """The figures of the server at *port*, and of the Python API with the same *queries*, by a client in one thread."""
    texts = {tuple(words): " ".join(map(word, words)) for words in queries}

    def path(words: list[int], route: str = "/api/v1/search", **options: object) -> str:
        return f"{route}?{urlencode({'q': texts[tuple(words)], 'k': K, **options})}"

    def http(words: list[int]) -> object:
        return answered(client, path(words))

    def filtered(words: list[int]) -> object:
        return answered(client, path(words, source=SOURCES[3], since="2020-01-02"))

    def page(words: list[int]) -> object:
        return answered(client, path(words, "/search"))

    first = HttpClient(port)
    answered(first, "/readyz")  # waits until it is open
    first.close()
    with SimilarityIndex.open(uri, live=False) as index:
        client = HttpClient(port)  # only now: the server closes a connection that is idle for some seconds
        one = in_turn(queries, python=lambda words: index.search(texts[tuple(words)], K), http=http)
    figures: dict[str, Any] = {"one": one, "filter": in_turn(queries, without=http, filtered=filtered)}
    figures["page"] = in_turn(queries, http=http, page=page)
    client.close()
    paths = [path(words) for words in queries]
    lanes = [Lane(iter(paths[number:] + paths[:number])) for number in range(CLIENTS)]
    seconds = run(port, lanes)
    replies = [reply for lane in lanes for reply in lane.replies]
    figures["eight"] = {"per_second": round(len(replies) / seconds, 1), **_percentiles([one.ms for one in replies])}
    alive = Lane(islice(cycle(["/healthz"]), PROBES * len(paths)))
    searching = [Lane(cycle(paths[number:] + paths[:number])) for number in range(SEARCHERS)]
    run(port, [alive], searching)
    figures["healthz"] = _percentiles([reply.ms for reply in alive.replies])
    probes = [Lane(islice(cycle(paths), PROBES * len(paths) // _PROBES_AT_ONCE), 0.01) for _ in range(_PROBES_AT_ONCE)]
    crowd = [Lane(cycle(paths[number % len(paths) :]), _REFUSED_PAUSE) for number in range(CROWD)]
    run(port, probes, crowd)
    asked = [reply for probe in probes for reply in probe.replies]
    refused = [reply.ms for reply in asked if reply.status == 503]
    figures["full"] = {"refused": len(refused), "of": len(asked), **_percentiles(refused)}
    return figures


def answered(client: HttpClient, path: str) -> bytes:
    """The body of the answer at *path*. Raises SearchBenchFailed for any status but 200."""
    reply = client.get(path)
    if reply.status != 200:
        raise SearchBenchFailed(f"{path[:60]}: status {reply.status}")
    return reply.body


def table(figures: dict[str, Any]) -> Table:
    """The figures beside what they should be."""
    found = figures["api"]
    python, http = found["one"]["python"], found["one"]["http"]
    shown = Table("", "p50 ms", "p95 ms", "goal", title=f"HTTP, {figures['docs']:,} articles", title_justify="left")
    limit = 1.5 * python["p95_ms"] + 5
    refused = f"{found['full']['refused']} of {found['full']['of']}"
    rows: list[tuple[str, dict[str, float], str]] = [
        ("Python, one query after the other", python, ""),
        ("HTTP, one client, each query in turn with Python", http, f"p95 <= {limit:.1f} ms"),
        (f"HTTP, {CLIENTS} clients: {found['eight']['per_second']} answers a second", found["eight"], ">= 60 a second"),
        (f"/healthz while {SEARCHERS} clients search", found["healthz"], "p95 <= 50 ms"),
        (f"503 while the server is full ({refused})", found["full"], "<= 50 ms"),
        ("HTTP without a filter", found["filter"]["without"], ""),
        ("the same filtered by source and day, in turn", found["filter"]["filtered"], "p95 <= 1.5 times"),
        ("the page /search", found["page"]["page"], ""),
    ]  # fmt: skip
    for name, measured, goal in rows:
        shown.add_row(name, f"{measured['p50_ms']}", f"{measured['p95_ms']}", goal)
    return shown


def _percentiles(milliseconds: Sequence[float]) -> dict[str, float]:
    if not milliseconds:
        raise SearchBenchFailed("the server was never full: too few clients")
    values = [float(np.percentile(milliseconds, share)) for share in (50, 95, 100)]
    return dict(zip(("p50_ms", "p95_ms", "max_ms"), (round(value, 2) for value in values), strict=True))
