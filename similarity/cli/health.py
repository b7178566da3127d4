"""``health``: how the runs of every source went lately."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from similarity.cli.options import AsJson, console, errors_in_one_line, print_json
from similarity.errors import QueryError
from similarity.health import health_of, lines, undelivered, undelivered_lines
from store.connection import opened
from store.documents.sources import own_rows


def health(
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[KEY ...]", help="来源；不给则为所有运行过的 · sources; by default all that have ever run"
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """各来源近况 · How the latest runs of each source went; status 1 when a source or a watch has failed."""
    with errors_in_one_line():
        own_rows()  # with a wrong file of sources nothing is crawled
        with opened() as database:
            states = health_of(database, datetime.now(UTC), sources or [])
            bad = [] if sources else undelivered(database)
        if not states and not bad:
            raise QueryError("no run is recorded: scrapy crawlall, or name the sources that should have run")
    if as_json:
        print_json({"sources": [asdict(state) for state in states], "undelivered": [asdict(one) for one in bad]})
    else:
        for line in (*lines(states, datetime.now(UTC)), *undelivered_lines(bad, datetime.now(UTC))):
            console.print(line)
    if bad or any(state.fault for state in states):
        raise typer.Exit(1)
