"""Runs uvicorn, in this process or as several, until a signal ends it; answers that have begun are finished."""

from __future__ import annotations

import gc
import http.client
import logging
import signal
import socket
import ssl
import time
from functools import partial
from pathlib import Path
from types import FrameType

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess
from uvicorn.supervisors.multiprocess import Process

from service.listening import ServeError, WrongOption
from service.notify import Notifier

KEEP_ALIVE = 75
"""Seconds for which an idle connection stays open: longer than the 60 of nginx, which must be the one that closes."""

_SHORTEST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0  # seconds

log = logging.getLogger(__name__)


def run(config: uvicorn.Config, opened: socket.socket) -> None:
    """Serve on *opened* until a signal ends the server. Raises ServeError when it does not start."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)  # uvicorn sends itself the signal once more when it has shut down
    # Read before the server closes it.
    with Notifier(partial(_is_ready, opened.family, opened.getsockname(), config.is_ssl)) as notifier:
        if config.workers == 1:
            server = _Server(config, notifier)
            server.run([opened])
            started = server.started
        else:
            gc.enable()  # the application, which does that, starts in other processes
            processes = _Processes(config, opened, notifier)
            processes.run()
            started = not processes.has_failed
    if not started:
        raise ServeError("the server does not start; the reason is above")


def check_certificate(certfile: Path | None, keyfile: Path | None) -> None:
    """Raise WrongOption unless the two files are a certificate and its key, or both in one."""
    if certfile is None:
        if keyfile is not None:
            raise WrongOption("--ssl-keyfile needs --ssl-certfile, the certificate of that key")
        return
    for option, file in (("--ssl-certfile", certfile), ("--ssl-keyfile", keyfile)):
        if file is not None:
            try:
                file.read_bytes()
            except OSError as error:
                raise WrongOption(f"{option} {file}: {error.strerror}") from None

    def no_password() -> str:
        raise WrongOption(f"--ssl-keyfile {keyfile or certfile} is encrypted; openssl pkey -in FILE -out FILE decrypts")

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certfile, keyfile, no_password)
    except ssl.SSLError as error:
        files = f"--ssl-certfile {certfile}" + (
            f" and --ssl-keyfile {keyfile}" if keyfile else " without --ssl-keyfile"
        )
        raise WrongOption(f"{files}: no certificate with its key ({error.reason or 'no PEM'})") from None


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, notifier: Notifier) -> None:
        super().__init__(config)
        self._notifier = notifier

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._notifier.stopping()
        await super().shutdown(sockets)


class _Processes(Multiprocess):
    """The processes of a server, which stays though one of them does not start: the others answer meanwhile.

    uvicorn ends the server then. That is right until one process has answered, since the settings may be wrong. Later
    it is the database that is away, and another one is tried after a pause, which grows.
    """

    def __init__(self, config: uvicorn.Config, opened: socket.socket, notifier: Notifier) -> None:
        super().__init__(config, [opened])
        self.has_failed = False
        """Whether none has started, and the server has ended for that."""
        self._notifier = notifier
        self._has_answered = False
        self._pause, self._next_attempt = _SHORTEST_PAUSE, 0.0

    def keep_subprocess_alive(self) -> None:
        """Start another process for each that has ended or gives no sign of life."""
        if self.should_exit.is_set():
            return
        for process in self.processes:
            # While this process held that end too, it would wait for a sign of life of one that was killed, and for
            # as long hear no signal.
            process.child_conn.close()
        self._has_answered = self._has_answered or any(process.is_ready(1) for process in self.processes)
        for process in tuple(self.processes):
            if process.is_alive(self.config.timeout_worker_healthcheck):
                continue
            process.kill()
            process.join()
            self.processes.remove(process)
            if process.exitcode == STARTUP_FAILURE:
                if not self._has_answered:
                    self.has_failed = True
                    self.should_exit.set()
                    return
                log.error("process %s does not start; the next attempt is in %g s", process.pid, self._pause)
                self._next_attempt = time.monotonic() + self._pause
                self._pause = min(2 * self._pause, _LONGEST_PAUSE)
        self._fill_up()

    def _fill_up(self) -> None:
        if len(self.processes) == self.processes_num:
            if self._pause > _SHORTEST_PAUSE and all(process.is_ready(1) for process in self.processes):
                self._pause = _SHORTEST_PAUSE
            return
        while len(self.processes) < self.processes_num and time.monotonic() >= self._next_attempt:
            process = Process(self.config, self.sockets)
            process.start()
            self.processes.append(process)

    def terminate_all(self) -> None:
        self._notifier.stopping()
        self.sockets[0].close()  # else clients could connect until the last process has ended
        super().terminate_all()


def _is_ready(family: int, address: str | bytes | tuple[str, int], is_tls: bool, seconds: float) -> bool:
    """Whether the server says at *address*, within *seconds*, that its index answers."""
    connection = http.client.HTTPConnection("localhost")
    with socket.socket(family) as connected:
        connected.settimeout(seconds)
        try:
            connected.connect(address)
            connection.sock = _own_context().wrap_socket(connected) if is_tls else connected
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def _own_context() -> ssl.SSLContext:
    """Without verification: the certificate is our own, and names another host."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _end(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)
