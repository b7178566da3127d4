"""The commands, each loaded when it is called: a list of them or the help of one loads neither numpy nor the index."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

COMMANDS = {
    "search": ("search", "search"),
    "similar": ("search", "similar"),
    "latest": ("browse", "latest"),
    "show": ("browse", "show"),
    "open": ("browse", "open_original"),
    "keywords": ("explore", "keywords"),
    "trend": ("explore", "trend"),
    "related": ("explore", "related"),
    "earlier": ("earlier", "earlier"),
    "stats": ("browse", "stats"),
    "export": ("export", "export"),
    "import": ("import_store", "import_store"),
    "backup": ("backup", "backup"),
    "restore": ("backup", "restore_backup"),
    "prune": ("prune", "prune_old"),
    "delete": ("browse", "delete"),
    "compact": ("maintenance", "compact"),
    "rebuild": ("maintenance", "rebuild"),
    "verify": ("maintenance", "verify"),
    "train": ("maintenance", "train"),
    "retokenize": ("maintenance", "retokenize"),
    "upgrade": ("upgrade", "upgrade"),
    "health": ("health", "health"),
    "metrics": ("metrics", "metrics"),
    "evaluate": ("evaluate", "evaluate"),
    "calibrate": ("quality", "calibrate"),
    "bench": ("bench", "bench"),
    "serve": ("serve", "serve"),
    "mcp": ("serve", "mcp"),
    "floors": ("quality", "floors"),
    "token": ("token", "token"),
    "watch": ("watch", "watch"),
    "digest": ("watch", "digest"),
}
"""By the name of each command its module in ``similarity.cli``, and the function or the group of commands there."""


class LazyCommands(TyperGroup):
    """The group of ``COMMANDS``. Their lines in its help are read from the files, which are not imported for that."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = {name: TyperCommand(name) for name in COMMANDS}  # from which a mistyped name is guessed

    def list_commands(self, ctx: Any) -> list[str]:
        """The names in the order of ``COMMANDS``."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | None:
        """The command *cmd_name* with its help alone."""
        return TyperCommand(cmd_name, help=_help_of(*COMMANDS[cmd_name])) if cmd_name in COMMANDS else None

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[Any, Any, list[str]]:
        """The command that *args* begin with, to be called."""
        name, found, rest = super().resolve_command(ctx, args)
        return name, found and _loaded(args[0]), rest


def _loaded(name: str) -> Any:
    module, attribute = COMMANDS[name]
    app = found = getattr(import_module(f"similarity.cli.{module}"), attribute)
    if not isinstance(found, typer.Typer):
        app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        app.command(name)(found)
    return typer.main.get_command(app)


def _help_of(module: str, attribute: str) -> str:
    """The docstring of a function, or the ``help`` of a ``typer.Typer``, in the file of *module*."""
    for node in ast.parse(Path(__file__).with_name(f"{module}.py").read_bytes()).body:
        if isinstance(node, ast.FunctionDef) and node.name == attribute:
            return ast.get_docstring(node) or ""
        if isinstance(node, ast.Assign) and any(isinstance(n, ast.Name) and n.id == attribute for n in node.targets):
            assert isinstance(node.value, ast.Call)
            return str(next(ast.literal_eval(word.value) for word in node.value.keywords if word.arg == "help"))
    raise LookupError(f"{module}.py has no {attribute}")
