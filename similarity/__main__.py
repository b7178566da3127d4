"""Search and maintenance of the index: ``xinwen search | similar | evaluate | floors | health | …``."""

from __future__ import annotations

import typer

from similarity.cli.commands import LazyCommands
from store import command_line, logs

app = typer.Typer(
    cls=LazyCommands, add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__
)


@app.callback()
def main() -> None:
    """Without a command: the help."""
    logs.set_up()


if __name__ == "__main__":
    command_line.run(app)
