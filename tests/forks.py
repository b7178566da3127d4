"""The project's doors in processes of their own that need not load everything first: forked from one that has.

Loading Scrapy, the dictionaries and the encoder takes seconds, and the suite opens some hundred doors. ``run`` is what
``tests.commands.run`` calls where a fresh interpreter makes no difference; ``tests/test_doors.py`` has fresh ones.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import runpy
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
import warnings
from functools import lru_cache
from typing import Any

_LOADED = (
    "scrapy.cmdline",
    "scrapy.commands.crawl",
    "scrapy.core.downloader.handlers.http11",
    "scrapy.core.engine",
    "crawler.collector",
    "crawler.patience",
    "crawler.robots",
    "crawler.spider",
    "crawler.spiderloader",
    "pipelines.addon",
    "pipelines.known",
    "pipelines.record_run",
    "pipelines.samples",
    "gensim.corpora",
    "similarity",
    "similarity.upkeep",
    "similarity.looking_around",
    "similarity.quality",
)
_LONGEST = 1 << 20  # bytes of a request


def run(
    arguments: list[str], cwd: str, environment: dict[str, str], seconds: float
) -> subprocess.CompletedProcess[str]:
    """``python -m`` *arguments*, as ``subprocess.run`` gives it. Raises subprocess.TimeoutExpired."""
    request = json.dumps([arguments, cwd, environment]).encode()
    ours, theirs = socket.socketpair()
    with ours, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        with theirs:
            socket.send_fds(_server(), [request], [out.fileno(), err.fileno(), theirs.fileno()])
        ours.settimeout(seconds)
        pid = int.from_bytes(_exactly(ours, 4), "big")
        try:
            status = ours.recv(4)
        except TimeoutError:
            os.kill(pid, 9)
            raise subprocess.TimeoutExpired(arguments, seconds) from None
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode())
    # Who says nothing at its end was killed.
    return subprocess.CompletedProcess(arguments, int.from_bytes(status, "big") if status else -9, *texts)


def _exactly(connection: socket.socket, size: int) -> bytes:
    data = connection.recv(size)
    if len(data) != size:
        raise RuntimeError("the process that doors are forked from has died; what it said is above")
    return data


@lru_cache(maxsize=1)
def _server() -> socket.socket:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _LONGEST)
    # One thread of BLAS: a process with several must not be forked.
    alone = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen([sys.executable, "-m", "tests.forks"], stdin=theirs, env=os.environ | alone)
    theirs.close()

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours


def serve(requests: socket.socket) -> None:
    """Fork a process for every request, until who asks is gone."""
    while True:
        request, files, _, _ = socket.recv_fds(requests, _LONGEST, 3)
        if not request:
            return
        if os.fork() == 0:
            _become(*json.loads(request), *files)
        for file in files:
            os.close(file)
        with contextlib.suppress(ChildProcessError):  # there is none left
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def _become(arguments: list[str], cwd: str, environment: dict[str, str], out: int, err: int, reply: int) -> None:
    """Be ``python -m`` *arguments* to the end of this process."""
    answer = socket.socket(fileno=reply)
    answer.set_inheritable(False)
    answer.send(os.getpid().to_bytes(4, "big"))
    with open(os.devnull) as nothing:  # noqa: PTH123 - a descriptor is wanted
        os.dup2(nothing.fileno(), 0)
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.close(out)
    os.close(err)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = list(arguments)
    if environment.get("PYTHONWARNINGS") == "error":
        warnings.simplefilter("error")
    status = 1
    try:
        runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
        status = 0
    except SystemExit as end:
        status = _status(end.code)
    except BaseException:  # this is the end of the process, and what an interpreter does there
        traceback.print_exc()
    threading._shutdown()  # type: ignore[attr-defined]  # waits for threads, as an interpreter does
    atexit._run_exitfuncs()
    gc.collect()  # what was not closed is said now
    sys.stdout.flush()
    sys.stderr.flush()
    answer.send(status.to_bytes(4, "big"))
    os._exit(status)


def _status(code: Any) -> int:
    if code is None or isinstance(code, int):
        return (code or 0) & 0xFF
    sys.stderr.write(f"{code}\n")
    return 1


def _load() -> None:
    for name in _LOADED:
        importlib.import_module(name)
    from pipelines.addon import PIPELINES
    from store.settings import settings
    from text.analyzer import Analyzer
    from text.encoder import find_encoder

    for path in PIPELINES:
        importlib.import_module(path.rpartition(".")[0])
    Analyzer().tokens("芯片 chips")
    find_encoder()
    settings.cache_clear()
    # Each process has its own of these.
    assert "twisted.internet.reactor" not in sys.modules
    assert "crawler.settings" not in sys.modules
    gc.freeze()


if __name__ == "__main__":
    _load()
    serve(socket.socket(fileno=0))
