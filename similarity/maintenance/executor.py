"""Runs bulk jobs: one function over many tasks, in processes of this machine or on the workers of a Dask cluster.

Results come in the order of the tasks, whichever is done first, so the outcome does not depend on the executor. A
function may be called twice for one task, for example when a worker dies: the second call must do the same again and
harm nothing.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent import futures
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from multiprocessing import connection, get_context, parent_process
from typing import TypeVar

from store.places import install

Task = TypeVar("Task")
TaskResult = TypeVar("TaskResult")

_HEARTBEAT = 5.0  # seconds between two calls of ``meanwhile``
_CONNECT_TIMEOUT = 10.0  # seconds in which a Dask scheduler has to answer
_INSTALL_DASK = install("dask")
_THREAD_LIMITS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


class JobError(RuntimeError):
    """A bulk job cannot be done; the message is one line."""


class NoWorkers(JobError):
    """There are no workers, or none any more."""


@dataclass(frozen=True)
class Executor:
    """A ``pool`` of processes or of Dask workers, and the number of ``workers`` in it."""

    pool: futures.Executor
    workers: int

    def map(
        self,
        function: Callable[[Task], TaskResult],
        tasks: Iterable[Task],
        meanwhile: Callable[[], None] = lambda: None,
    ) -> Iterator[TaskResult]:
        """*function* of each of *tasks*, in their order; *meanwhile* is called every few seconds.

        Only a few results exist at a time, however many tasks there are. *function* must belong to a module that
        workers can import. Raises what *function* raises, and NoWorkers.
        """
        waiting = iter(tasks)
        started: deque[futures.Future[TaskResult]] = deque()
        try:
            while True:
                new = islice(waiting, 2 * self.workers - len(started))
                started += [self.pool.submit(function, task) for task in new]
                if not started:
                    return
                while not futures.wait(list(started)[:1], _HEARTBEAT).done:
                    meanwhile()
                yield started.popleft().result()
                meanwhile()
        except BrokenProcessPool:
            raise NoWorkers(
                "a worker process was killed, maybe for lack of memory: run the command again, "
                "or on a cluster with --scheduler ADDRESS"
            ) from None
        finally:
            for future in started:
                future.cancel()


@contextmanager
def open_executor(scheduler: str | None = None) -> Iterator[Executor]:
    """The workers of the Dask scheduler at the address *scheduler*; without one, one process per processor.

    Raises NoWorkers.
    """
    with _dask_executor(scheduler) if scheduler else _process_executor() as executor:
        yield executor


@contextmanager
def _process_executor() -> Iterator[Executor]:
    workers = os.cpu_count() or 1
    # As Dask's workers have it: with more threads BLAS adds in another order, and the last digits would differ.
    before = {name: os.environ.get(name) for name in _THREAD_LIMITS}
    os.environ.update(dict.fromkeys(before, "1"))
    try:
        with futures.ProcessPoolExecutor(workers, get_context("spawn"), _end_with_parent) as pool:
            yield Executor(pool, workers)
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _end_with_parent() -> None:
    """End this worker process when its parent ends: else it would wait for work for ever if the parent was killed."""
    parent = parent_process()
    assert parent

    def end() -> None:
        connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=end, daemon=True).start()


@contextmanager
def _dask_executor(scheduler: str) -> Iterator[Executor]:
    try:
        from distributed import Client, KilledWorker
    except ImportError:
        raise NoWorkers(f"--scheduler needs Dask, which is not installed: {_INSTALL_DASK}") from None
    try:
        client = Client(scheduler, timeout=_CONNECT_TIMEOUT, set_as_default=False)
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise NoWorkers(f"--scheduler {scheduler}: no Dask scheduler answers there ({reason})") from None
    with client:
        workers = sum(client.nthreads().values())
        if not workers:
            raise NoWorkers(f"--scheduler {scheduler}: it has no workers; dask worker {scheduler} starts one")
        try:
            with client.get_executor(pure=False) as pool:
                yield Executor(pool, workers)
        except KilledWorker as error:
            raise NoWorkers(f"workers of {scheduler} died repeatedly: {str(error).splitlines()[0]}") from None
