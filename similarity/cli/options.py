"""What the commands share: options, the console, JSON output, dates, and errors in one line. Loads no numpy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Annotated, Any

import typer

from similarity.answers.fields import to_json
from similarity.option_values import MODEL_NAMES, day_of
from store.errors import shown_in_one_line
from store.terminal import Terminal

console = Terminal()

MODELS_HELP = f"模型 · the model: {', '.join(MODEL_NAMES)}"

AsJson = Annotated[bool, typer.Option("--json", help="在标准输出上给出一个 JSON 对象 · one JSON object on stdout")]
ArticleId = Annotated[
    str, typer.Argument(metavar="ID", help="已存文章的编号，见搜索结果 · id of a stored article, as search shows it")
]
OnlySource = Annotated[
    str | None, typer.Option("--source", help="只要这个来源 · only this source (a key of the source table)")
]
Since = Annotated[
    str | None, typer.Option("--since", help="从这一天起发布的 · published on this day or later, YYYY-MM-DD")
]
Until = Annotated[
    str | None, typer.Option("--until", help="到这一天为止发布的 · published on this day or earlier, YYYY-MM-DD")
]


@contextmanager
def errors_in_one_line(*others: type[Exception]) -> Iterator[None]:
    """End the program with one line for an error of ``EXPECTED_ERRORS``, *others* or MongoDB; raise any other."""
    try:
        yield
    except Exception as error:
        from similarity.cli.errors import EXPECTED_ERRORS, of_mongodb  # loads nearly the whole package

        with shown_in_one_line(*others, *EXPECTED_ERRORS):
            raise of_mongodb(error) from error.__cause__


def parse_day(option: str, text: str | None) -> date | None:
    """The date that *option* was given as *text*; None when it was not given. Raises QueryError."""
    return None if text is None else day_of(option, text)


def print_json(answer: Mapping[str, Any]) -> None:
    """Print *answer* as one JSON object: see ``similarity.answers.fields``."""
    typer.echo(to_json(answer, indent=2).decode())
