"""Shows and stops the embedded MongoDB: ``python -m store status | stop``."""

from __future__ import annotations

import typer

from store.errors import shown_in_one_line
from store.server import embedded
from store.settings import SettingsError, settings

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)


@app.command()
def status() -> None:
    """Show whether the embedded MongoDB of this checkout runs, and where."""
    with shown_in_one_line(SettingsError):
        folder = settings().data / "mongod"
        port = embedded.running_port(folder)
        print(f"runs on 127.0.0.1:{port}, data in {folder}" if port else f"does not run, data in {folder}")


@app.command()
def stop() -> None:
    """Stop it, once no process uses it; exit status 1 if one still does."""
    with shown_in_one_line(SettingsError):
        if not embedded.stop(settings().data):
            print("still in use by another process")
            raise SystemExit(1)


if __name__ == "__main__":
    app()
