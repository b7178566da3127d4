"""Bulk jobs: one function over many partitions, in processes of this machine or on the workers of a Dask cluster.

Results come in the order of the partitions, whoever was done first, so what is made of them is the same either way. A
function may be called twice for one partition, as when a worker dies: it must do the same again and harm nothing.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from multiprocessing import connection, get_context, parent_process
from typing import TypeVar

Partition = TypeVar("Partition")
Result = TypeVar("Result")

_BEAT = 5.0  # seconds between two calls of what is done meanwhile
_ANSWER = 10.0  # seconds in which a scheduler has to answer
_NEEDS = "pip install -r requirements-dask.txt"


class BulkError(RuntimeError):
    """A bulk job cannot be done; the message is one line."""


class NoWorkers(BulkError):
    """There is nobody to do the work, or not any more."""


@dataclass(frozen=True)
class Bulk:
    """*executor* with so many workers."""

    executor: Executor
    workers: int

    def map(
        self,
        function: Callable[[Partition], Result],
        partitions: Iterable[Partition],
        meanwhile: Callable[[], None] = lambda: None,
    ) -> Iterator[Result]:
        """*function* of each of *partitions*, in their order; *meanwhile* is called every few seconds.

        Only a few results exist at a time, however many partitions there are. *function* is of a module that workers
        can import. Raises what *function* raises, and NoWorkers.
        """
        left = iter(partitions)
        started: deque[Future[Result]] = deque()
        try:
            while True:
                new = islice(left, 2 * self.workers - len(started))
                started += [self.executor.submit(function, partition) for partition in new]
                if not started:
                    return
                while not wait(list(started)[:1], _BEAT).done:
                    meanwhile()
                yield started.popleft().result()
                meanwhile()
        except BrokenProcessPool:
            raise NoWorkers(
                "a process of ours was killed, maybe for want of memory: run the command again, "
                "or on a cluster with --scheduler ADDRESS"
            ) from None
        finally:
            for future in started:
                future.cancel()


@contextmanager
def workers(scheduler: str | None = None) -> Iterator[Bulk]:
    """The workers of the Dask scheduler at the address *scheduler*, else processes, one a processor.

    Raises NoWorkers.
    """
    with _on_cluster(scheduler) if scheduler else _in_processes() as found:
        yield found


@contextmanager
def _in_processes() -> Iterator[Bulk]:
    number = os.cpu_count() or 1
    # As workers of Dask have it. Sums in another order, by more threads, would differ in their last digits.
    threads = {name: os.environ.get(name) for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")}
    os.environ.update(dict.fromkeys(threads, "1"))
    try:
        with ProcessPoolExecutor(number, get_context("spawn"), _end_with_parent) as pool:
            yield Bulk(pool, number)
    finally:
        for name, value in threads.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _end_with_parent() -> None:
    """Without this, a process whose parent was killed would wait for work for ever."""
    parent = parent_process()
    assert parent

    def end() -> None:
        connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=end, daemon=True).start()


@contextmanager
def _on_cluster(scheduler: str) -> Iterator[Bulk]:
    try:
        from distributed import Client, KilledWorker
    except ImportError:
        raise NoWorkers(f"--scheduler needs Dask, which is not installed: {_NEEDS}") from None
    try:
        client = Client(scheduler, timeout=_ANSWER, set_as_default=False)
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise NoWorkers(f"--scheduler {scheduler}: no Dask scheduler answers there ({reason})") from None
    with client:
        number = sum(client.nthreads().values())
        if not number:
            raise NoWorkers(f"--scheduler {scheduler}: it has no workers; dask worker {scheduler} starts one")
        try:
            with client.get_executor(pure=False) as executor:
                yield Bulk(executor, number)
        except KilledWorker as error:
            raise NoWorkers(f"workers of {scheduler} died over and over: {str(error).splitlines()[0]}") from None
