"""The doors of the query side: ``python -m similarity search | similar | evaluate | health | …``."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from similarity.bench.door import bench_command
from similarity.index import PEOPLES_TIME, Hit, QueryError, SimilarityIndex
from similarity.looking_around import keywords, related, trend
from similarity.models import DEFAULT_MODEL
from similarity.options import day
from similarity.upkeep import compact, rebuild, verify
from store.connection import StoreError, connect, database_address, store_errors
from store.errors import shown_in_one_line
from store.manifest import DamagedManifest
from store.schema import IndexMismatch
from store.settings import SettingsError

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)
console = Console(highlight=False, soft_wrap=True)

for _chore in (compact, rebuild, verify):
    app.command()(_chore)
app.command("bench")(bench_command)
app.command()(keywords)
app.command()(trend)
app.command()(related)

_EXPECTED = (QueryError, StoreError, IndexMismatch, DamagedManifest, SettingsError)

_MODELS = "counts, tfidf, bm25 or bm25_okapi"

K = Annotated[int, typer.Option("-k", min=1, help="how many articles")]
ModelName = Annotated[str, typer.Option("--model", help=_MODELS)]
AsJson = Annotated[bool, typer.Option("--json", help="one JSON object on stdout")]


@app.command()
def search(
    text: Annotated[str, typer.Argument(help="words, a sentence or a whole article, Chinese or English")],
    k: K = 10,
    model: ModelName = DEFAULT_MODEL,
    source: Annotated[str | None, typer.Option(help="only this source (a key of the source table)")] = None,
    language: Annotated[str | None, typer.Option(help="only this language: zh or en")] = None,
    since: Annotated[str | None, typer.Option(help="published on this day or later, YYYY-MM-DD")] = None,
    until: Annotated[str | None, typer.Option(help="published on this day or earlier, YYYY-MM-DD")] = None,
    as_json: AsJson = False,
) -> None:
    """The stored articles most similar to TEXT."""
    with shown_in_one_line(*_EXPECTED):
        days = {"since": day("--since", since), "until": day("--until", until)}
        with SimilarityIndex.open(live=False) as index:
            _show(index, index.search(text, k, model, source=source, language=language, **days), as_json)


@app.command()
def similar(
    article_id: Annotated[str, typer.Argument(metavar="ID", help="of a stored article, as search shows it")],
    k: K = 10,
    model: ModelName = DEFAULT_MODEL,
    as_json: AsJson = False,
) -> None:
    """The stored articles most similar to the stored article ID."""
    with shown_in_one_line(*_EXPECTED), SimilarityIndex.open(live=False) as index:
        _show(index, index.similar(article_id, k, model), as_json)


@app.command()
def evaluate(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="a test set: docs, queries and qrels, or pairs")],
    model: Annotated[str | None, typer.Option(help=f"{_MODELS}; by default what suits the task")] = None,
    as_json: AsJson = False,
) -> None:
    """Precision and recall on a test set, through the same analyzer and index as the articles."""
    from similarity import evaluate as evaluation  # its metrics library takes half a second to load

    with shown_in_one_line(*_EXPECTED, evaluation.NotATestSet):
        figures = evaluation.evaluate(folder, model)
    if as_json:
        print(json.dumps(asdict(figures), ensure_ascii=False, indent=2))
        return
    console.print(
        f"[bold]{escape(figures.name)}[/bold]: {figures.task}, model {figures.model}, "
        f"{figures.documents:,} documents, {figures.queries:,} {'pairs' if figures.task == 'pairs' else 'queries'}"
    )
    for name, value in figures.values.items():
        shown = f"{value:.4f}" if name.startswith("threshold") else f"{100 * value:.1f} %"
        console.print(f"  {name:<24} {shown:>9}")


@app.command()
def health(
    sources: Annotated[list[str] | None, typer.Argument(metavar="[KEY ...]", help="sources; all that ever ran")] = None,
    as_json: AsJson = False,
) -> None:
    """How the runs of every source went lately; status 1 when a source has failed."""
    from similarity.health import health as health_of
    from similarity.health import lines

    with shown_in_one_line(*_EXPECTED):
        database = connect()
        with database.client, store_errors(database_address()):
            found = health_of(database, datetime.now(UTC), sources or [])
        if not found:
            raise QueryError("no run is recorded: scrapy crawlall, or name the sources that should have run")
    if as_json:
        print(json.dumps({"sources": [_plain(asdict(one)) for one in found]}, ensure_ascii=False, indent=2))
    else:
        for line in lines(found, datetime.now(UTC)):
            console.print(line)
    if any(one.fault for one in found):
        raise typer.Exit(1)


def _show(index: SimilarityIndex, hits: list[Hit], as_json: bool) -> None:
    if as_json:
        print(
            json.dumps({"articles": len(index), "hits": [_as_json(hit) for hit in hits]}, ensure_ascii=False, indent=2)
        )
        return
    if not len(index):
        console.print("没有索引 · nothing is indexed yet: scrapy crawl KEY, or python -m pipelines ingest PATH")
    elif not hits:
        console.print(f"没有找到 · nothing found among {len(index):,} articles")
    for place, hit in enumerate(hits, 1):
        article = hit.article
        date = f"{article.published.astimezone(PEOPLES_TIME):%Y-%m-%d}" if article.published else "----------"
        page = f"  第{hit.page}页 p. {hit.page}" if hit.page else ""
        console.print(
            f"{place:>2}. {hit.score:7.4f}  {date}  {article.source:<14} [bold]{escape(article.title)}[/bold]{page}"
        )
        console.print(f"    [dim]{article.id}  {escape(article.url)}[/dim]")


def _as_json(hit: Hit) -> dict[str, Any]:
    return {"score": hit.score, "page": hit.page, "article": _plain(asdict(hit.article))}


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    """*fields* with times as JSON has them."""
    times = {name: value for name, value in fields.items() if isinstance(value, datetime)}
    return fields | {name: time.astimezone(UTC).isoformat().replace("+00:00", "Z") for name, time in times.items()}


if __name__ == "__main__":
    app()
