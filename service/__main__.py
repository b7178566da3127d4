"""Runs the server: ``python -m similarity serve``."""

from __future__ import annotations

import ipaddress
import secrets
import signal
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from socket import socket
from types import FrameType
from typing import Annotated

import typer
import uvicorn
from uvicorn.config import LOGGING_CONFIG, STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from service.access import AccessRules
from service.app import create_app
from similarity.cli import local_service
from store import logs
from store.connection import StoreError, opened
from store.documents import tokens
from store.documents.sources import own_rows
from store.errors import shown_in_one_line
from store.index.preparation import IndexMismatch, check
from store.settings import SettingsError
from text.analysis.analyzer import VERSION


class ServeError(RuntimeError):
    """The server cannot start; the message is one line."""


def serve(
    host: Annotated[str, typer.Option(help="监听的地址 · address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="端口 · port")] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="进程数 · processes")] = 1,
    uds: Annotated[str | None, typer.Option(help="改用 Unix 套接字 · a Unix socket in place of host and port")] = None,
    name: Annotated[
        list[str] | None, typer.Option(help="服务器的域名，可多次 · a name of this server, such as news.example.org")
    ] = None,
    rate: Annotated[int, typer.Option(min=0, help="每个地址或令牌每秒的请求数，0 为不限 · requests a second")] = 10,
) -> None:
    """网页与 HTTP 接口 · The web page and the HTTP API."""
    with shown_in_one_line(ServeError, StoreError, IndexMismatch, SettingsError, OSError):
        own_rows()  # a wrong file of sources is reported before anybody asks
        is_local = uds is not None or is_loopback(host)
        with opened() as database:
            check(database, VERSION)
            if not is_local and not tokens.all_tokens(database):
                raise ServeError(f"--host {host} lets others in: python -m similarity token add NAME first")
        names = (*(name or ()), host)
        rules = AccessRules(names, needs_token=not is_local, rate=rate)
        # Commands ask a server that nobody but this machine can reach, under the secret that only this user can read.
        secret = secrets.token_hex(32) if is_local and not uds else ""
        config = uvicorn.Config(
            partial(create_app, rules, prompt_secret=secret, runs_watches=True),
            factory=True,
            host=host,
            port=port,
            uds=uds,
            workers=workers,
            log_config=None if logs.set_up() else LOGGING_CONFIG,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=15,
        )
        try:
            listening = config.bind_socket()
        except SystemExit:
            raise ServeError(f"cannot listen on {uds or f'{host}:{port}'}") from None
        listening.listen(config.backlog)  # so that whoever follows the address at once waits until the index is open
        shown = uds or f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}/"
        port = listening.getsockname()[1]
        try:
            with local_service.announced(host, port, secret) if secret else nullcontext():
                typer.echo(f"芯闻 · Xinwen: {shown}")
                _run(config, listening)
        finally:
            if uds:
                Path(uds).unlink(missing_ok=True)


def _run(config: uvicorn.Config, listening: socket) -> None:
    """Serve until a signal ends the server. Raises ServeError when it does not start."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)  # uvicorn sends itself the signal once more when it has shut down
    if config.workers == 1:
        server = uvicorn.Server(config)
        server.run([listening])
        started = server.started
    else:
        processes = Multiprocess(config, sockets=[listening])
        processes.run()
        started = all(process.exitcode != STARTUP_FAILURE for process in processes.processes)
    if not started:
        raise ServeError("the server does not start; the reason is above")


def _end(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


def is_loopback(host: str) -> bool:
    """Whether nobody but this machine can reach *host*."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


if __name__ == "__main__":
    typer.run(serve)
