"""``latest``, ``show``, ``open``, ``stats`` and ``delete``: what is stored, without a question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape

from similarity.cli.options import ArticleId, AsJson, OnlySource, console, errors_in_one_line, parse_day, print_json
from similarity.cli.search import Categories, Fold, Kinds, Languages, Limit, Sources, print_answer
from similarity.errors import QueryError
from similarity.index import SimilarityIndex
from similarity.option_values import TIME_ZONE, moment_of
from store.article import Article
from store.connection import opened
from store.documents import articles, removal
from store.documents.overview import overview
from store.index.preparation import refuse_other_layout
from store.layout import OLDEST_READ

_MONTHS = 24  # of the newest that are shown
_MB = 1_000_000


def latest(
    k: Limit = 10,
    source: Sources = None,
    category: Categories = None,
    kind: Kinds = None,
    language: Languages = None,
    day: Annotated[
        str | None, typer.Option("--day", help="只要这一天发布的 · published on this day, YYYY-MM-DD")
    ] = None,
    fold: Fold = True,
    as_json: AsJson = False,
) -> None:
    """最新 · The newest articles first."""
    with errors_in_one_line():
        on = parse_day("--day", day)
        filters = {"source": source, "category": category, "kind": kind, "language": language}
        print_answer({"k": k, "since": on, "until": on, "fold": fold} | filters, as_json)


def show(article_id: ArticleId, as_json: AsJson = False) -> None:
    """一篇文章 · A stored article with its facts, its story and its files."""
    with errors_in_one_line(), SimilarityIndex.open(live=False) as index:
        article = _stored(index, article_id)
        story, others = index.stories_of([article.id]).get(article.id, (article.id, []))
        if as_json:
            print_json(asdict(article) | {"story": story, "same_story": [asdict(other) for other in others]})
            return
        console.print(f"[bold]{escape(article.title)}[/bold]")
        published = (
            f"{article.published.astimezone(TIME_ZONE):%Y-%m-%d %H:%M}" if article.published else "无日期 undated"
        )
        facts = [article.source, published, article.kind, article.language, article.access, *article.authors]
        console.print(escape("  ".join(filter(None, facts))))
        console.print(f"[dim]{article.id}  {escape(article.url)}[/dim]")
        for file in article.files:
            console.print(f"[dim]{escape(file.name or file.media_type)}  {escape(file.url)}[/dim]")
        for other in others:
            console.print(
                f"[dim]同一新闻 · same story: {other.id}  {escape(other.source)}  {escape(other.title)}[/dim]"
            )
        console.print(escape("\n" + (article.body or article.summary or "（正文未存 · the text is not kept）")))


def open_original(article_id: ArticleId, as_json: AsJson = False) -> None:
    """打开原文 · The original page in the browser."""
    with errors_in_one_line(), SimilarityIndex.open(live=False) as index:
        url = _stored(index, article_id).url
    if not url.startswith(("http://", "https://")):
        typer.echo(f"error: {url} is no web page", err=True)
        raise typer.Exit(1)
    if as_json:
        print_json({"url": url})
    else:
        typer.echo(url)
    typer.launch(url)


def stats(as_json: AsJson = False) -> None:
    """库存 · How many articles are stored, and how large the store is."""
    with errors_in_one_line(), opened() as database:
        refuse_other_layout(database, OLDEST_READ)
        found = overview(database)
    if as_json:
        print_json(asdict(found))
        return
    console.print(f"共 {found.articles:,} 篇 · articles")
    for name, numbers in (
        ("来源 source", found.sources),
        ("语言 language", found.languages),
        ("种类 kind", found.kinds),
    ):
        console.print(f"{name}: {_numbers(numbers)}")
    console.print(f"月份 month: {_numbers(dict([*found.months.items()][:_MONTHS]))}")
    console.print("占用 size: " + ", ".join(f"{name} {size / _MB:,.1f} MB" for name, size in found.bytes.items()))


def delete(
    article_id: Annotated[str | None, typer.Argument(metavar="[ID]", help="文章编号 · id of one article")] = None,
    source: OnlySource = None,
    before: Annotated[
        str | None,
        typer.Option("--before", help="该来源这一天之前的 · those of the source before this day, YYYY-MM-DD"),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只说会删多少 · only say how many")] = False,
    as_json: AsJson = False,
) -> None:
    """删除 · Deletes one article, or those of a source before a day: with index, stories and raw pages."""
    with errors_in_one_line():
        if (article_id is None) == (source is None) or (source is None) != (before is None):
            raise QueryError("give the ID of one article, or --source KEY with --before YYYY-MM-DD", "id")
        day = parse_day("--before", before)
        with opened() as database:
            refuse_other_layout(database)
            if source is not None and day is not None:
                ids = removal.ids_before(database, source, moment_of(day))
            else:
                ids = sorted(articles.existing_ids(database, [article_id or ""]))
            if not ids:
                raise QueryError("nothing is stored that fits")
            number = len(ids) if dry_run else removal.remove(database, ids)
    if as_json:
        print_json({"articles": number, "deleted": not dry_run})
        return
    console.print(f"{'会删 would delete' if dry_run else '已删 deleted'}: {number:,} 篇 articles")


def _stored(index: SimilarityIndex, article_id: str) -> Article:
    """The article with this id or address. Raises QueryError."""
    key = index.id_of(article_id)
    found = articles.read(index.database, [key])
    if key not in found:
        raise QueryError(f"no article {article_id!r} is stored", "article")
    return found[key].article


def _numbers(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{escape(name) or '-'} {number:,}" for name, number in numbers.items())
