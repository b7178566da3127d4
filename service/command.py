"""Runs the server: ``xinwen serve``."""

from __future__ import annotations

import secrets
from contextlib import nullcontext
from functools import partial

import typer
import uvicorn
from uvicorn.config import LOGGING_CONFIG

from service.access import AccessRules
from service.app import create_app
from service.asgi import checked
from service.listening import ListenPlace, ServeError, is_local, listening, shown
from service.metrics import shared_by
from service.running import KEEP_ALIVE, check_certificate, run
from similarity.cli import local_service
from similarity.cli.serve import Certificate, Fd, Host, Names, NeedsToken, Port, PrivateKey, Rate, Uds, Workers
from store import command_line, logs
from store.connection import StoreError, opened
from store.documents import tokens
from store.documents.sources import own_rows
from store.errors import shown_in_one_line
from store.index.preparation import IndexMismatch, check
from store.settings import SettingsError
from text.analysis.analyzer import VERSION


def serve(
    host: Host = None,
    port: Port = None,
    uds: Uds = None,
    fd: Fd = None,
    workers: Workers = 1,
    ssl_certfile: Certificate = None,
    ssl_keyfile: PrivateKey = None,
    name: Names = None,
    needs_token: NeedsToken = False,
    rate: Rate = 10,
) -> None:
    """网页与 HTTP 接口 · The web page and the HTTP API."""
    expected = (ServeError, StoreError, IndexMismatch, SettingsError, OSError)
    with shown_in_one_line(*expected), listening(ListenPlace(host, port, uds, fd)) as socket:
        own_rows()  # a wrong file of sources is reported before anybody asks
        check_certificate(ssl_certfile, ssl_keyfile)
        address = shown(socket, ssl_certfile is not None)
        needs_token = needs_token or not is_local(socket)
        with opened() as database:
            check(database, VERSION)
            if needs_token and not tokens.all_tokens(database):
                raise ServeError(f"{address} lets others in: xinwen token add NAME first")
        rules = AccessRules((*(name or ()), host or ""), needs_token=needs_token, rate=rate)
        # Commands ask a server that nobody but this machine can reach, under the secret that only this user can read.
        # Not over a descriptor: other servers, with secrets of their own, may listen on the same socket.
        is_announced = not needs_token and uds is None and fd is None and ssl_certfile is None
        secret = secrets.token_hex(32) if is_announced else ""
        is_json = logs.set_up()
        application = partial(create_app, rules, prompt_secret=secret, runs_watches=True)
        config = uvicorn.Config(
            application if workers == 1 else partial(checked, application),
            factory=True,
            workers=workers,
            log_config=None if is_json else LOGGING_CONFIG,
            ssl_certfile=ssl_certfile,
            ssl_keyfile=ssl_keyfile,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE,
            timeout_graceful_shutdown=15,
            # A new process says nothing while it loads, on a busy machine for longer than the usual 5 seconds; it was
            # then ended and begun again, for ever.
            timeout_worker_healthcheck=30,
        )
        listens_on = socket.getsockname()
        announced = local_service.announced(listens_on[0], listens_on[1], secret) if secret else nullcontext()
        with announced, shared_by(workers):
            said = f"芯闻 · Xinwen: {address}"
            typer.echo(logs.as_line("service", said, address=address) if is_json else said)
            run(config, socket)


def main() -> None:
    """The command ``python -m service``."""
    logs.set_up()
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(serve)
    command_line.run(app, "xinwen serve")
