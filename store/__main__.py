"""Shows, keeps and stops the embedded MongoDB: ``xinwen status | keep | stop``."""

from __future__ import annotations

import json
import signal
import sys
from typing import Annotated

import typer

from store import command_line, logs
from store.errors import shown_in_one_line
from store.notify import notify
from store.server import embedded
from store.settings import SettingsError, settings

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)


AsJson = Annotated[bool, typer.Option("--json", help="one JSON object on stdout")]


@app.command()
def status(as_json: AsJson = False) -> None:
    """Show whether the embedded MongoDB of this data folder runs, and where."""
    with shown_in_one_line(SettingsError, OSError):
        folder = settings().data / "mongod"
        port = embedded.running_port(folder)
        if as_json:
            print(json.dumps({"runs": bool(port), "port": port or None, "data": str(folder)}, ensure_ascii=False))
            return
        print(f"runs on 127.0.0.1:{port}, data in {folder}" if port else f"does not run, data in {folder}")


@app.command()
def keep() -> None:
    """Keep it running until a signal, as a service that ends with all its processes needs; status 1 when it fails."""
    with shown_in_one_line(SettingsError, embedded.EmbeddedServerError, OSError):
        if settings().mongodb_uri:
            notify("READY=1")  # a service that ends without it has failed
            print("MONGODB_URI names a server; there is none to keep")
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: sys.exit(0))
        embedded.ensure_running(settings().data, "")
        notify("READY=1")
        embedded.wait_for_end(settings().data)


@app.command()
def stop(as_json: AsJson = False) -> None:
    """Stop it, once no process uses it; exit status 1 if one still does."""
    with shown_in_one_line(SettingsError, OSError):
        stopped = embedded.stop(settings().data)
        if as_json:
            print(json.dumps({"stopped": stopped}))
        elif not stopped:
            print("still in use by another process")
        if not stopped:
            raise SystemExit(1)


if __name__ == "__main__":
    logs.set_up()
    command_line.run(app)
