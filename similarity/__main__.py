"""The doors of the query side: ``python -m similarity search | similar | evaluate | floors | health | …``."""

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
from similarity.calibration import ACROSS
from similarity.errors import QueryError
from similarity.explain import lines_of
from similarity.index import PEOPLES_TIME, Hit, SimilarityIndex
from similarity.looking_around import keywords, related, trend
from similarity.models import DEFAULT_MODEL, HYBRID, MODEL_NAMES
from similarity.options import day
from similarity.quality import calibrate, floors
from similarity.stories import first_stories, sources_beside
from similarity.upkeep import compact, rebuild, retokenize, train, verify
from store.connection import StoreError, connect, database_address, store_errors
from store.errors import shown_in_one_line
from store.manifest import DamagedManifest
from store.schema import IndexMismatch
from store.settings import SettingsError

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)
console = Console(highlight=False, soft_wrap=True)

for _chore in (compact, rebuild, verify, train, retokenize):
    app.command()(_chore)
app.command("bench")(bench_command)
app.command()(keywords)
app.command()(trend)
app.command()(related)

_EXPECTED = (QueryError, StoreError, IndexMismatch, DamagedManifest, SettingsError)

_MODELS = ", ".join(MODEL_NAMES)

K = Annotated[int, typer.Option("-k", min=1, help="how many articles")]
ModelName = Annotated[str, typer.Option("--model", help=_MODELS)]
Across = Annotated[
    bool, typer.Option("--across/--no-across", help="也找另一种语言的文章 · find articles in the other language too")
]
MinScore = Annotated[float | None, typer.Option("--min-score", help="分数低于此的不显示 · leave out what scores below")]
TargetPrecision = Annotated[
    float | None,
    typer.Option(
        "--target-precision",
        help="只显示在测试集上达到此查准率的分数以上的 · leave out what scores too low for this precision, as 0.9",
    ),
]
Explain = Annotated[bool, typer.Option("--explain", help="为什么找到它 · why each article was found")]
Fold = Annotated[
    bool, typer.Option("--fold/--every", help="同一新闻只列一条 · one entry a story, or every article by itself")
]
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
    across: Across = True,
    min_score: MinScore = None,
    target_precision: TargetPrecision = None,
    explain: Explain = False,
    fold: Fold = True,
    as_json: AsJson = False,
) -> None:
    """The stored articles most similar to TEXT."""
    with shown_in_one_line(*_EXPECTED):
        days = {"since": day("--since", since), "until": day("--until", until)}
        with SimilarityIndex.open(live=False) as index:
            least = _least(index, model, min_score, target_precision)

            def find(most: int) -> list[Hit]:
                return index.search(
                    text, most, model, source=source, language=language, across=across, min_score=least, **days
                )

            hits = first_stories(find, index.stories_of, k) if fold else find(k)
            _show(index, hits, as_json, explain, index.off if model == HYBRID else ())


@app.command()
def similar(
    article_id: Annotated[str, typer.Argument(metavar="ID", help="of a stored article, as search shows it")],
    k: K = 10,
    model: ModelName = DEFAULT_MODEL,
    across: Across = True,
    min_score: MinScore = None,
    target_precision: TargetPrecision = None,
    explain: Explain = False,
    fold: Fold = True,
    as_json: AsJson = False,
) -> None:
    """The stored articles most similar to the stored article ID."""
    with shown_in_one_line(*_EXPECTED), SimilarityIndex.open(live=False) as index:
        least = _least(index, model, min_score, target_precision)

        def find(most: int) -> list[Hit]:
            return index.similar(article_id, most, model, across=across, min_score=least)

        hits = first_stories(find, index.stories_of, k) if fold else find(k)
        _show(index, hits, as_json, explain, index.off if model == HYBRID else ())


@app.command()
def evaluate(
    folder: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="a test set: docs, queries and qrels, or pairs, or stories; or lee50"),
    ],
    model: Annotated[str | None, typer.Option(help=f"{_MODELS}; by default what suits the task")] = None,
    encoder: Annotated[
        bool,
        typer.Option("--encoder/--no-encoder", help="用不用编码器 · with the encoder, or words and dictionary alone"),
    ] = True,
    target_precision: Annotated[
        float, typer.Option(help="要求的查准率 · the precision whose threshold is told", min=0.0, max=1.0)
    ] = 0.9,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE.svg", help="画出查准率与查全率 · draw precision and recall")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Precision and recall on a test set, through the same analyzer and index as the articles."""
    from similarity import evaluate as evaluation  # its metrics library takes half a second to load
    from similarity.curve import curve
    from similarity.curve_plot import drawing
    from similarity.curve_told import as_json as curve_as_json
    from similarity.curve_told import lines

    with shown_in_one_line(*_EXPECTED, evaluation.NotATestSet):
        if plot is not None and not plot.absolute().parent.is_dir():
            raise QueryError(f"--plot {plot}: no folder {plot.parent}")  # told before minutes of measuring
        evaluated = evaluation.evaluation(folder, model, encoder)
    figures = evaluated.figures
    found = None if evaluated.judged is None else curve([evaluated.judged])
    if plot is not None:
        with shown_in_one_line(OSError, evaluation.NotATestSet):
            if found is None:
                raise evaluation.NotATestSet(f"{figures.name} has ratings and no right answers: nothing to draw")
            svg = drawing(f"{figures.name} ({figures.model})", found, found.reaching(target_precision))
            plot.write_text(svg, encoding="utf-8")
    if as_json:
        told = asdict(figures) | ({} if found is None else curve_as_json(found, target_precision))
        print(json.dumps(told, ensure_ascii=False, indent=2))
        return
    console.print(
        f"[bold]{escape(figures.name)}[/bold]: {figures.task}, model {figures.model}, "
        f"{figures.documents:,} documents, {figures.queries:,} {'queries' if figures.task == 'retrieval' else 'pairs'}"
    )
    for name, value in figures.values.items():
        shown = f"{value:.4f}" if name.startswith("threshold") else f"{100 * value:.1f} %"
        console.print(f"  {name:<24} {shown:>9}")
    for line in () if found is None else lines(found, target_precision):
        console.print(line)


app.command()(calibrate)
app.add_typer(floors, name="floors")


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


def _least(index: SimilarityIndex, model: str, min_score: float | None, target_precision: float | None) -> float:
    if target_precision is None:
        return min_score or 0.0
    if min_score is not None:
        raise QueryError("--min-score and --target-precision both say what is left out: give one of them")
    return index.score_reaching(target_precision, model)


def _show(index: SimilarityIndex, hits: list[Hit], as_json: bool, explain: bool, off: tuple[str, ...]) -> None:
    if as_json:
        answer = {"articles": len(index), "off": off, "hits": [_as_json(hit) for hit in hits]}
        print(json.dumps(answer, ensure_ascii=False, indent=2))
        return
    if not len(index):
        console.print("没有索引 · nothing is indexed yet: scrapy crawl KEY, or python -m pipelines ingest PATH")
    elif not hits:
        console.print(f"没有找到 · nothing found among {len(index):,} articles")
    for place, hit in enumerate(hits, 1):
        article = hit.article
        date = f"{article.published.astimezone(PEOPLES_TIME):%Y-%m-%d}" if article.published else "----------"
        page = f"  第{hit.page}页 p. {hit.page}" if hit.page else ""
        other = "  [跨语言 across]" if hit.route == ACROSS else ""
        console.print(
            f"{place:>2}. {hit.score:7.4f}  {date}  {article.source:<14} [bold]{escape(article.title)}[/bold]"
            f"{page}{escape(other)}"
        )
        console.print(f"    [dim]{article.id}  {escape(article.url)}[/dim]")
        if hit.more:
            console.print(f"    [dim]{_more(hit)}[/dim]")
        if explain:
            for line in lines_of(hit):
                console.print(f"    {escape(line)}")
    for part in off:
        console.print(f"[dim]{escape(part)}[/dim]")


def _more(hit: Hit) -> str:
    """What is said of the other articles of a story: their sources, or that the same source has it again."""
    sources = sources_beside(hit)
    if not sources:
        return f"同源另有 {len(hit.more)} 篇 · and {len(hit.more)} more of the same source"
    noun = "source" if len(sources) == 1 else "sources"
    return f"另有 {len(sources)} 个来源 · and {len(sources)} more {noun}: {escape(', '.join(sources))}"


def _as_json(hit: Hit) -> dict[str, Any]:
    more = [_plain(asdict(one)) for one in hit.more]
    said: dict[str, Any] = {"score": hit.score, "page": hit.page, "article": _plain(asdict(hit.article)), "more": more}
    if hit.route:
        said |= {
            "route": hit.route,
            "parts": dict(hit.parts),
            "words": [word._asdict() for word in hit.words],
            "passage": hit.passage,
        }
    return said


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    """*fields* with times as JSON has them."""
    times = {name: value for name, value in fields.items() if isinstance(value, datetime)}
    return fields | {name: time.astimezone(UTC).isoformat().replace("+00:00", "Z") for name, time in times.items()}


if __name__ == "__main__":
    app()
