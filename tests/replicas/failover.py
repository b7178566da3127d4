"""What a change of primary costs writers and readers: ``python -m tests.replicas.failover``; figures of ``docs/scale.md``.

Three ``mongod`` on this machine, with the timeouts of a set that nobody has tuned. One process writes and four threads
read, each as fast as it is answered, while the primary is killed with -9, and while it is stopped and goes on.
"""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from similarity.index import SimilarityIndex
from store.connection import connect
from tests.replicas.replica_set import ReplicaSet
from tests.similarity.conftest import storing_in

UNTUNED = 10_000
"""Milliseconds: MongoDB's own election timeout."""

_BEFORE, _AFTER = 2.0, 3.0  # seconds of undisturbed work around each fault


@dataclass
class Load:
    """What is asked all the time, and what became of it: the seconds of each, and how many failed."""

    ask: Callable[[], object]
    seconds: list[float] = field(default_factory=list)
    failures: int = 0
    stopping: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Ask until ``stopping``."""
        while not self.stopping.is_set():
            begin = time.monotonic()
            try:
                self.ask()
            except Exception:  # counted, whatever it is: a caller would have no answer
                self.failures += 1
            self.seconds.append(time.monotonic() - begin)
            time.sleep(0.005)


def disturbed(uri: str, index: SimilarityIndex, fault: Callable[[], Callable[[], None]]) -> tuple[Load, Load]:
    """Writes and reads around one *fault*, which returns what mends it."""
    store, number = storing_in(connect(uri)), iter(range(10**9))
    name = time.monotonic_ns()
    writes = Load(lambda: store([f"wafer {name} {next(number)}"]))
    reads = Load(lambda: index.search("wafer", k=10))
    threads = [threading.Thread(target=writes.run), *(threading.Thread(target=reads.run) for _ in range(4))]
    for thread in threads:
        thread.start()
    time.sleep(_BEFORE)
    acknowledged = len(writes.seconds)
    mend = fault()
    end = time.monotonic() + 60
    while len(writes.seconds) < acknowledged + 3 and time.monotonic() < end:
        time.sleep(0.05)
    time.sleep(_AFTER)
    mend()
    for load in (writes, reads):
        load.stopping.set()
    for thread in threads:
        thread.join()
    return writes, reads


def main(
    rounds: Annotated[
        int, typer.Option(min=1, help="how often the primary is killed, and then how often stopped")
    ] = 10,
    election: Annotated[int, typer.Option(min=1000, help="election timeout in milliseconds")] = UNTUNED,
) -> None:
    """Kill the primary, then stop it, again and again; print the wait of writers and the share of failed reads."""
    table = Table(
        "primary",
        "rounds",
        "writes wait, s (median)",
        "(longest)",
        "failed writes",
        "reads",
        "failed",
        "slowest read, s",
    )
    with ExitStack() as stack:
        replicas = ReplicaSet(Path(stack.enter_context(tempfile.TemporaryDirectory())), election)
        stack.callback(replicas.stop)
        replicas.start()
        uri = replicas.uri("failover")
        storing_in(connect(uri))(["wafer"])
        index = stack.enter_context(SimilarityIndex.open(uri))
        index.search("wafer")  # loads what a first query loads
        for name, fault in (("killed (-9)", _kill), ("stopped", _stop)):
            found = []
            for _ in range(rounds):
                found.append(disturbed(uri, index, lambda fault=fault: fault(replicas)))  # type: ignore[misc]
                replicas.wait_until_whole()
            table.add_row(name, str(rounds), *figures(found))
    Console().print(table)


def figures(found: list[tuple[Load, Load]]) -> list[str]:
    """The columns for all rounds with one fault."""
    waits = [max(writes.seconds) for writes, _ in found]
    reads = sum(len(load.seconds) for _, load in found)
    failed = sum(load.failures for _, load in found)
    slowest = max(max(load.seconds) for _, load in found)
    refused = sum(writes.failures for writes, _ in found)
    return [
        f"{statistics.median(waits):.1f}", f"{max(waits):.1f}", str(refused),
        f"{reads:,}", f"{failed} ({failed / reads:.2%})", f"{slowest:.1f}",
    ]  # fmt: skip


def _kill(replicas: ReplicaSet) -> Callable[[], None]:
    return replicas.kill_primary().start


def _stop(replicas: ReplicaSet) -> Callable[[], None]:
    stack = ExitStack()
    stack.enter_context(replicas.paused(replicas.primary()))
    return stack.close


if __name__ == "__main__":
    typer.run(main)
