"""The doors of the query side: ``python -m similarity search | similar | evaluate``."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.markup import escape

from similarity.index import PEOPLES_TIME, Hit, QueryError, SimilarityIndex
from similarity.models import DEFAULT_MODEL
from store.connection import StoreError
from store.errors import shown_in_one_line
from store.schema import IndexMismatch
from store.settings import SettingsError

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)
console = Console(highlight=False, soft_wrap=True)

_EXPECTED = (QueryError, StoreError, IndexMismatch, SettingsError)

K = Annotated[int, typer.Option("-k", min=1, help="how many articles")]
ModelName = Annotated[str, typer.Option("--model", help="counts, tfidf or bm25")]
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
        days = {"since": _day("--since", since), "until": _day("--until", until)}
        with SimilarityIndex.open() as index:
            _show(index, index.search(text, k, model, source=source, language=language, **days), as_json)


@app.command()
def similar(
    article_id: Annotated[str, typer.Argument(metavar="ID", help="of a stored article, as search shows it")],
    k: K = 10,
    model: ModelName = DEFAULT_MODEL,
    as_json: AsJson = False,
) -> None:
    """The stored articles most similar to the stored article ID."""
    with shown_in_one_line(*_EXPECTED), SimilarityIndex.open() as index:
        _show(index, index.similar(article_id, k, model), as_json)


@app.command()
def evaluate(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="a test set: docs, queries and qrels, or pairs")],
    model: Annotated[str | None, typer.Option(help="counts, tfidf or bm25; by default what suits the task")] = None,
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
        day = f"{article.published.astimezone(PEOPLES_TIME):%Y-%m-%d}" if article.published else "----------"
        page = f"  第{hit.page}页 p. {hit.page}" if hit.page else ""
        console.print(
            f"{place:>2}. {hit.score:7.4f}  {day}  {article.source:<14} [bold]{escape(article.title)}[/bold]{page}"
        )
        console.print(f"    [dim]{article.id}  {escape(article.url)}[/dim]")


def _as_json(hit: Hit) -> dict[str, Any]:
    article = asdict(hit.article)
    for name in ("published", "fetched"):
        article[name] = article[name] and article[name].astimezone(ZoneInfo("UTC")).isoformat().replace("+00:00", "Z")
    return {"score": hit.score, "page": hit.page, "article": article}


def _day(option: str, text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise QueryError(f"{option} {text!r} is not a date; YYYY-MM-DD is one") from None


if __name__ == "__main__":
    app()
