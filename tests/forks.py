"""Runs commands of the project in processes forked from one that has loaded everything already.

Loading Scrapy, the dictionaries and the encoder takes seconds, and the tests run some hundred commands.
``tests.commands.run`` calls ``run`` of this module, where a fresh interpreter makes no difference. The tests in
``tests/test_command_errors.py`` use fresh ones.
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
    "crawler.gc_freeze",
    "crawler.middlewares.retry_after",
    "crawler.middlewares.robots",
    "crawler.spider.source_spider",
    "crawler.spider.loader",
    "pipelines.addon",
    "pipelines.runs.known",
    "pipelines.runs.record_run",
    "pipelines.ingest.samples",
    "gensim.corpora",
    "similarity",
    "similarity.cli.maintenance",
    "similarity.cli.browse",
    "similarity.cli.direct",
    "similarity.cli.errors",
    "similarity.cli.explore",
    "similarity.cli.quality",
    "similarity.cli.rendering",
)
_MAX_REQUEST_BYTES = 1 << 20


def run(
    arguments: list[str], cwd: str, environment: dict[str, str], seconds: float
) -> subprocess.CompletedProcess[str]:
    """Runs ``python -m`` *arguments* and returns what ``subprocess.run`` would. Raises subprocess.TimeoutExpired."""
    request = json.dumps([arguments, cwd, environment]).encode()
    local, remote = socket.socketpair()
    with local, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        with remote:
            socket.send_fds(_server(), [request], [out.fileno(), err.fileno(), remote.fileno()])
        local.settimeout(seconds)
        pid = int.from_bytes(_exactly(local, 4), "big")
        try:
            status = local.recv(4)
        except TimeoutError:
            os.kill(pid, 9)
            raise subprocess.TimeoutExpired(arguments, seconds) from None
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode())
    # A process that sends no status at its end was killed.
    return subprocess.CompletedProcess(arguments, int.from_bytes(status, "big") if status else -9, *texts)


def _exactly(connection: socket.socket, size: int) -> bytes:
    data = connection.recv(size)
    if len(data) != size:
        raise RuntimeError("the process that commands are forked from has died; its output is above")
    return data


@lru_cache(maxsize=1)
def _server() -> socket.socket:
    local, remote = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    local.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _MAX_REQUEST_BYTES)
    # One thread of BLAS: a process with several threads must not be forked.
    one_thread = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen([sys.executable, "-m", "tests.forks"], stdin=remote, env=os.environ | one_thread)
    remote.close()

    def end() -> None:
        local.close()
        process.wait()

    atexit.register(end)
    return local


def serve(requests: socket.socket) -> None:
    """Forks a process for every request, until the test process is gone."""
    while True:
        request, files, _, _ = socket.recv_fds(requests, _MAX_REQUEST_BYTES, 3)
        if not request:
            return
        if os.fork() == 0:
            _become(*json.loads(request), *files)
        for file in files:
            os.close(file)
        with contextlib.suppress(ChildProcessError):  # no child process is left
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def _become(arguments: list[str], cwd: str, environment: dict[str, str], out: int, err: int, reply: int) -> None:
    """Runs ``python -m`` *arguments* in this forked process and ends it."""
    answer = socket.socket(fileno=reply)
    answer.set_inheritable(False)
    answer.send(os.getpid().to_bytes(4, "big"))
    with open(os.devnull) as nothing:  # noqa: PTH123 - a descriptor is needed
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
    except BaseException:  # prints the traceback, as an interpreter does at its end
        traceback.print_exc()
    threading._shutdown()  # type: ignore[attr-defined]  # waits for threads, as an interpreter does
    atexit._run_exitfuncs()
    gc.collect()  # warns of what was not closed
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
    from text.analysis.analyzer import Analyzer
    from text.embedding.encoder import find_encoder

    for path in PIPELINES:
        importlib.import_module(path.rpartition(".")[0])
    Analyzer().tokens("芯片 chips")
    find_encoder()
    settings.cache_clear()
    # These depend on the environment, so each forked process must load them itself.
    assert "twisted.internet.reactor" not in sys.modules
    assert "crawler.settings" not in sys.modules
    gc.freeze()


if __name__ == "__main__":
    _load()
    serve(socket.socket(fileno=0))
