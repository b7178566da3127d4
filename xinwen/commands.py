"""All commands of ``xinwen``: which module command each of them is, read from where these are defined."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import NamedTuple

PROJECT = Path(__file__).parents[1]

EXIT_STATUSES = """\
退出状态 · Exit statuses: 0 done; 1 an error, in one line on standard error (of health, verify and crawl also: something
is wrong); 2 an option, argument or setting that is wrong; 75 another process crawls the source; 130 interrupted."""

OF_SCRAPY = ("crawl", "crawlall", "list", "reread", "schedule", "newsource", "capture")


class Command(NamedTuple):
    """A command: ``program`` is "scrapy" or a module for ``python -m``, ``help`` its line in the list."""

    program: str
    help: str


def programs() -> dict[str, str]:
    """By name of each command the program that it belongs to."""
    found = dict.fromkeys(OF_SCRAPY, "scrapy")
    found |= {"ingest": "pipelines", "samples": "pipelines", "extract": "crawler", "links": "crawler"}
    found |= dict.fromkeys(_similarity_commands(), "similarity")
    found |= dict.fromkeys(("status", "keep", "stop"), "store")
    return found | {"doctor": "xinwen.doctor", "completion": "xinwen"}


def commands() -> dict[str, Command]:
    """All commands with the first lines of their helps, which are read from the files."""
    places = {
        name: (f"similarity/cli/{module}.py", function) for name, (module, function) in _similarity_commands().items()
    }
    found = {}
    for name, program in programs().items():
        if program == "scrapy":
            text = (ast.get_docstring(_parsed(f"crawler/commands/{name}.py")) or "").partition(": ")[2]
        elif program == "xinwen":
            text = "补全 · Completion for bash, zsh and fish."
        else:
            text = _help_of(*places.get(name, (f"{program.replace('.', '/')}/__main__.py", name)))
        found[name] = Command(program, text.split("\n")[0].strip().replace("``", ""))
    return found


def _similarity_commands() -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = ast.literal_eval(_value_of("similarity/cli/commands.py", "COMMANDS"))
    return found


def _help_of(file: str, name: str) -> str:
    """The docstring of the function *name* in *file*, or the ``help`` of the ``typer.Typer`` there."""
    for node in _parsed(file).body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            written = [word.value for one in node.decorator_list if isinstance(one, ast.Call) for word in one.keywords
                       if word.arg == "help" and isinstance(word.value, ast.Constant)]  # fmt: skip
            return str(ast.literal_eval(written[0])) if written else ast.get_docstring(node) or ""
    made = _value_of(file, name)
    assert isinstance(made, ast.Call)
    return str(next(ast.literal_eval(word.value) for word in made.keywords if word.arg == "help"))


def _value_of(file: str, name: str) -> ast.expr:
    for node in _parsed(file).body:
        if isinstance(node, ast.Assign) and any(isinstance(one, ast.Name) and one.id == name for one in node.targets):
            return node.value
    raise LookupError(f"{file} has no {name}")


def _parsed(file: str) -> ast.Module:
    return ast.parse((PROJECT / file).read_bytes())
