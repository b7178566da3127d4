"""What the commands share: options, the console, JSON output, dates, and the errors that are shown in one line."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

import typer
from rich.console import Console

from similarity.answers.fields import to_json
from similarity.bench import SearchBenchFailed
from similarity.errors import QueryError
from similarity.evaluation.datasets import NotATestSet
from similarity.evaluation.floors import FloorsError
from similarity.maintenance.executor import JobError
from similarity.query.syntax import day_of
from similarity.ranking.models import MODEL_NAMES
from store.connection import StoreError
from store.index.manifest import DamagedManifest
from store.index.preparation import IndexMismatch
from store.index.projections import NoProjection
from store.settings import SettingsError

console = Console(highlight=False, soft_wrap=True)

EXPECTED_ERRORS = (
    QueryError,
    StoreError,
    IndexMismatch,
    DamagedManifest,
    NoProjection,
    SettingsError,
    JobError,
    NotATestSet,
    FloorsError,
    SearchBenchFailed,
)
"""Errors that a user can do something about: shown in one line, with status 1. Anything else is a bug."""

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


def parse_day(option: str, text: str | None) -> date | None:
    """The date that *option* was given as *text*; None when it was not given. Raises QueryError."""
    return None if text is None else day_of(option, text)


def print_json(answer: Mapping[str, Any]) -> None:
    """Print *answer* as one JSON object: see ``similarity.answers.fields``."""
    typer.echo(to_json(answer, indent=2).decode())
