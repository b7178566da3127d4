"""``import``: what ``export --everything`` wrote, brought into an empty database."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from similarity.cli.export import progress
from similarity.cli.options import AsJson, console, errors_in_one_line, print_json
from store.connection import opened
from store.index import compactor
from store.transfer.load import NotLoaded, load
from text.analysis.analyzer import VERSION


def import_store(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="export --everything 的文件 · its file")
    ],
    as_json: AsJson = False,
) -> None:
    """导入 · Brings a file of export --everything into an empty database (MONGODB_URI), whole or not at all.

    Raw pages and topics are not in it: train trains the topics again.
    """
    with errors_in_one_line(NotLoaded, OSError), opened() as database:
        loaded = load(database, file, VERSION, lambda articles: progress(f"{articles:,}"))
        progress("")
        compactor.compact(database)
    if as_json:
        print_json(asdict(loaded))
    else:
        console.print(f"已导入 imported: {loaded.articles:,} 篇 articles, {loaded.terms:,} 词 words")
