"""``python -m tests.extraction``: the extraction beside trafilatura's, on the pages of the gate, and its floors."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from tests.extraction import floors
from tests.extraction.cases import GROUPS, cases, digest
from tests.extraction.measure import EXTRACTORS, milliseconds, ours, read_all, scores, values_of

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
_COLUMNS = ("F1", "precision", "titles", "dates", "dated", "date precision")


@app.callback(invoke_without_command=True)
def table(
    context: typer.Context,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds of which the one with the least CPU time counts.")] = 3,
) -> None:
    """Print body F1 by group, then all measures and the CPU time a page."""
    if context.invoked_subcommand:
        return
    readings = {name: read_all(extractor, cases()) for name, extractor in EXTRACTORS.items()}
    typer.echo(f"{'body F1, %':<24}{'pages':>6}" + "".join(f"{name:>12}" for name in EXTRACTORS))
    for group in GROUPS:
        inside = {name: [pair for pair in pairs if pair[0].group == group] for name, pairs in readings.items()}
        row = "".join(f"{100 * scores(pairs)['F1']:>12.1f}" for pairs in inside.values())
        typer.echo(f"{group:<24}{len(inside['ours']):>6}{row}")
    whole = {name: scores(pairs) for name, pairs in readings.items()}
    for measure in _COLUMNS:
        typer.echo(
            f"{measure:<24}{len(cases()):>6}" + "".join(f"{100 * whole[name][measure]:>12.1f}" for name in EXTRACTORS)
        )
    spent = milliseconds(cases(), rounds)
    typer.echo(f"{'CPU ms a page':<24}{len(cases()):>6}" + "".join(f"{spent[name]:>12.1f}" for name in EXTRACTORS))
    typer.echo(
        f"ours takes {spent['ours'] / spent['fast']:.2f} times the CPU time of trafilatura's fast reading, {spent['ours'] / spent['full']:.2f} times that of the full one"
    )


@app.command()
def check() -> None:
    """Compare today's figures with the floors; status 1 when one is below its floor."""
    if lines := floors.failures(floors.load(), values_of(read_all(ours, cases())), digest()):
        for line in lines:
            typer.echo(line, err=True)
        raise typer.Exit(1)


@app.command("raise")
def raise_floors() -> None:
    """Raise every floor to today's figures; refused when one sank."""
    try:
        floors.save(floors.raised(floors.load(), values_of(read_all(ours, cases())), digest()))
    except floors.FloorsError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from None


@app.command()
def lower(reason: Annotated[str, typer.Option(help="Why; it is kept in the file.")]) -> None:
    """Set every floor to today's figures, also lower ones or those of changed pages, for a reason that is kept."""
    try:
        now = values_of(read_all(ours, cases()))
        floors.save(floors.lowered(floors.load(), now, digest(), reason, datetime.now(UTC).date()))
    except floors.FloorsError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from None


if __name__ == "__main__":
    app()
