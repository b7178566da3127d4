"""``watch`` and ``digest``: notifications of what is new; a package of their own, which calls this one."""

from __future__ import annotations

import typer

from store import command_line

watch = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    help="订阅，有新消息时通知 · Watches: be notified of new articles: add, list, try, test, log, run and more",
)


_HANDED_OVER = {
    "allow_extra_args": True,
    "ignore_unknown_options": True,
    "allow_interspersed_args": False,  # keeps a "--" behind the name of the command
    "help_option_names": [],
}


@watch.command(
    context_settings=_HANDED_OVER,
    add_help_option=False,
)
def run_watch(context: typer.Context) -> None:
    """Hand everything over to the package ``alerts``."""
    command_line.replace_by("alerts", *context.args)


digest = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    help="每日摘要 · A digest of what was new: stories with all their sources, reports, numbers, rising terms",
)


@digest.command(
    context_settings=_HANDED_OVER,
    add_help_option=False,
)
def run_digest(context: typer.Context) -> None:
    """Hand everything over to the package ``alerts.digest``."""
    command_line.replace_by("alerts.digest", *context.args)
