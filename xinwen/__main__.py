"""``xinwen COMMAND …``: from any directory, with the settings and the data folder of this checkout or installation."""

from __future__ import annotations

import difflib
import io
import os
import runpy
import sys

from store.errors import interruptions_in_one_line, lost_output_in_one_line
from store.places import IS_CHECKOUT
from xinwen.commands import EXIT_STATUSES, PROJECT, commands, programs


def main() -> None:
    """Run the command that the arguments name; ends the process with its exit status."""
    # Before the command can see to it: it may take seconds to load.
    with interruptions_in_one_line(), lost_output_in_one_line():
        _run()


def _run() -> None:
    _settle()
    name, arguments = (sys.argv[1] if len(sys.argv) > 1 else "--help"), sys.argv[2:]
    if name in ("-h", "--help", "help"):
        sys.stdout.write(overview())
        raise SystemExit(0)
    known = programs()
    if name not in known:
        close = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {close[0]}?" if close else "xinwen --help lists all"
        sys.stderr.write(f"error: no command {name[:40]!r}; {hint}\n")
        raise SystemExit(2)
    program = known[name]
    if program == "xinwen":
        from xinwen.completion import completion

        raise SystemExit(completion(arguments, [*known]))
    if program == "scrapy":
        from scrapy.cmdline import execute

        if name == "crawl" and not {"--due", "--dry-run"}.isdisjoint(arguments):
            name = "crawlall"  # what is due may be any number of sources
        execute(["xinwen", name, *arguments])
    else:
        sys.argv = ["xinwen", name, *arguments]
        runpy.run_module(f"{program}.__main__", run_name="__main__", alter_sys=False)


def overview() -> str:
    """The help: all commands, a line each, and what the exit statuses mean."""
    lines = ["xinwen COMMAND [options]      芯闻：一条命令做所有的事 · one command for everything", ""]
    group = ""
    for name, command in commands().items():
        if command.program != group and group:
            lines.append("")
        group = command.program
        lines.append(f"  {name:<12} {command.help}")
    lines += ["", "xinwen COMMAND --help 说明选项 · says what its options are; --json gives JSON", "", EXIT_STATUSES]
    return "\n".join(lines) + "\n"


def _settle() -> None:
    """Let this process, and those that it starts, find the packages from any directory."""
    project, path = str(PROJECT), os.environ.get("PYTHONPATH", "")
    if project not in sys.path:
        sys.path.insert(0, project)
    if IS_CHECKOUT and path.split(os.pathsep)[0] != project:
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [project, path]))
    # A folder with a text.py or store/ of its own, in which the command is called, would come before our packages.
    os.environ["PYTHONSAFEPATH"] = "1"
    os.environ["SCRAPY_SETTINGS_MODULE"] = "crawler.settings"
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # where the locale has no Chinese: never half an answer


if __name__ == "__main__":
    main()
