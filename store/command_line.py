"""Runs the commands: as ``xinwen`` in their help, and with one line on stderr for a wrong option or argument.

An interruption is one line too, from the first moment of the process on.
"""

from __future__ import annotations

import os
import re
import runpy
import signal
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from store.errors import interrupted, interruptions_in_one_line, lost_output_in_one_line

if TYPE_CHECKING:
    import typer

_INTERRUPTION = {signal.SIGINT}
_INTERRUPTED = 130


def run(app: typer.Typer, name: str = "xinwen", arguments: Sequence[str] | None = None) -> NoReturn:
    """Run *app* with *arguments*, else with those of the process, which it ends.

    *name*: by which its help and its errors call it.
    """
    import typer

    try:
        with lost_output_in_one_line():
            status = app(arguments, prog_name=name, standalone_mode=False)
    except typer.TyperException as error:
        sys.stderr.write(_line(error))
        raise SystemExit(error.exit_code) from None
    if status == _INTERRUPTED:
        interrupted()
    raise SystemExit(status if isinstance(status, int) else 0)


def replace_by(module: str, *arguments: str) -> NoReturn:
    """Run ``python -m`` *module* in place of this process, so that signals reach that one."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _INTERRUPTION)  # it waits until ``_run_module`` can say so in one line
    os.execv(sys.executable, [sys.executable, "-m", __name__, module, *arguments])


def _run_module(module: str, *arguments: str) -> None:
    """Run *module*, which takes seconds to load: an interrupt meanwhile is one line too."""
    sys.argv = [module, *arguments]
    with interruptions_in_one_line(), lost_output_in_one_line():
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _INTERRUPTION)
        runpy.run_module(f"{module}.__main__", run_name="__main__")


def _line(error: typer.TyperException) -> str:
    """``error: …`` with the help that says what would be right; "" where the help itself was shown."""
    near: Sequence[str] = getattr(error, "possibilities", None) or ()
    text = " ".join((error.message if near else error.format_message()).split()).rstrip(".")
    if not text:
        return ""
    text = re.sub(r"\. Did you mean (.*)\?$", r" (did you mean \1?)", text[0].lower() + text[1:])  # of a command
    if near:
        text += f" (did you mean {' or '.join(near)}?)"
    context: Any = getattr(error, "ctx", None)
    if context is not None:
        shown = "lists them" if text.startswith("no such") else "says what it takes"
        text += f"; {context.command_path} --help {shown}"
    return f"error: {text}\n"


if __name__ == "__main__":
    _run_module(*sys.argv[1:])
