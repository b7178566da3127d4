"""The doors for looking around: ``python -m similarity keywords | trend | related``."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Annotated, Any

import typer
from rich.bar import Bar
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from similarity.index import QueryError, SimilarityIndex
from similarity.options import day
from similarity.related import Related
from similarity.trend import Period, Trend
from store.connection import StoreError
from store.errors import shown_in_one_line
from store.manifest import DamagedManifest
from store.schema import IndexMismatch
from store.settings import SettingsError

console = Console(highlight=False, soft_wrap=True)

_EXPECTED = (QueryError, StoreError, IndexMismatch, DamagedManifest, SettingsError)
_BAR = 30  # characters of the longest bar
_GAP = 3  # empty periods that are shown one by one
_LANGUAGES = {"zh": "中文 zh", "en": "英文 en"}

Many = Annotated[int, typer.Option("-k", min=1, help="how many terms")]
AsJson = Annotated[bool, typer.Option("--json", help="one JSON object on stdout")]


def keywords(
    article_id: Annotated[str, typer.Argument(metavar="ID", help="of a stored article, as search shows it")],
    k: Many = 10,
    as_json: AsJson = False,
) -> None:
    """关键词 · The terms that make the stored article ID what it is, with their weights."""
    with shown_in_one_line(*_EXPECTED), SimilarityIndex.open(live=False) as index:
        found = index.keywords(article_id, k)
    if as_json:
        _print({"id": article_id, "keywords": [asdict(keyword) for keyword in found]})
        return
    if not found:
        console.print("没有关键词 · the article has no words that say what it is about")
    for keyword in found:
        other = _other_name(keyword.word, keyword.chinese, keyword.english)
        console.print(
            f"{keyword.weight:7.3f}  [bold]{escape(keyword.word)}[/bold]{other}  "
            f"[dim]×{keyword.count}，{keyword.articles:,} 篇 articles[/dim]"
        )


def trend(
    text: Annotated[str, typer.Argument(help="a term in any of its names, or several words; Chinese or English")],
    by: Annotated[str, typer.Option(help="day, week or month, in Shanghai")] = "week",
    source: Annotated[str | None, typer.Option(help="only this source (a key of the source table)")] = None,
    since: Annotated[str | None, typer.Option(help="published on this day or later, YYYY-MM-DD")] = None,
    until: Annotated[str | None, typer.Option(help="published on this day or earlier, YYYY-MM-DD")] = None,
    as_json: AsJson = False,
) -> None:
    """趋势 · How often TEXT appears over time, per source, in both languages together."""
    with shown_in_one_line(*_EXPECTED):
        first, last = day("--since", since), day("--until", until)
        with SimilarityIndex.open(live=False) as index:
            found = index.trend(text, by, source, first, last)
    if as_json:
        _print(_trend_as_json(found))
    else:
        _show(found)


def related(
    term: Annotated[str, typer.Argument(help="a term in any of its names, or several words; Chinese or English")],
    k: Many = 10,
    as_json: AsJson = False,
) -> None:
    """相关词 · The terms that articles use most like TERM; in the other language too, which is marked."""
    with shown_in_one_line(*_EXPECTED), SimilarityIndex.open(live=False) as index:
        found = index.related_terms(term, k)
    if as_json:
        _print({"term": term, "related": [asdict(one) for one in found]})
        return
    if not found:
        console.print("没有找到 · no other term is used like it")
    for one in found:
        console.print(_line(one))


def _line(one: Related) -> str:
    mark = f"  [yellow]{_LANGUAGES[one.language]}[/yellow]" if one.other_language else ""
    other = _other_name(one.word, one.chinese, one.english)
    return f"{one.nearness:6.3f}  [bold]{escape(one.word)}[/bold]{other}{mark}  [dim]{one.articles:,} 篇 articles[/dim]"


def _other_name(word: str, *names: str) -> str:
    others = [name for name in names if name and name != word]
    return f" {escape(others[0])}" if others else ""


def _show(found: Trend) -> None:
    counted = [" = ".join(term.names) for term in found.terms] + list(found.words)
    console.print(f"[dim]计入 · counted: {escape(' + '.join(counted))}[/dim]")
    if found.undated:
        console.print(f"[dim]{found.undated:,} 篇没有日期 · without a date, in no period[/dim]")
    if not found.periods:
        console.print("没有找到 · no article with a date names it")
        return
    most = max(max(period.articles for period in found.periods), 1)
    table = Table(box=None, pad_edge=False)
    for name in (f"{ {'day': '日', 'week': '周', 'month': '月'}[found.by] } {found.by}", "", "篇 articles", "占 share"):
        table.add_column(name, justify="right" if " " in name and name[0] in "篇占" else "left", no_wrap=True)
    table.add_column("来源 sources")
    for few, period in _without_gaps(found.periods):
        if not few:
            table.add_row("…")
            continue
        shown = f"{period.start:%Y-%m}" if found.by == "month" else f"{period.start:%Y-%m-%d}"
        sources = "  ".join(f"{name} {number:,}" for name, number in period.sources.items())
        bar = Bar(most, 0, period.articles, width=_BAR)
        table.add_row(
            shown,
            bar,
            f"{period.articles:,} / {period.of:,}",
            "-" if period.share is None else f"{100 * period.share:.1f} %",
            sources,
        )
    console.print(table)
    in_all = sum((Counter(period.sources) for period in found.periods), Counter[str]())
    total = "  ".join(f"{name} {number:,}" for name, number in in_all.most_common())
    console.print(f"[dim]共 {found.articles:,} 篇 · articles in all: {total}[/dim]")


def _without_gaps(periods: Sequence[Period]) -> Iterator[tuple[bool, Period]]:
    """*periods* one by one, but of many in which no article at all was published only the first, with False."""
    for empty, some in groupby(periods, key=lambda period: not period.of):
        run = list(some)
        yield from [(False, run[0])] if empty and len(run) > _GAP else [(True, period) for period in run]


def _trend_as_json(found: Trend) -> dict[str, Any]:
    periods = [
        asdict(period) | {"start": period.start.isoformat(), "end": period.end.isoformat()} for period in found.periods
    ]
    terms = [{"names": list(term.names), "category": term.category} for term in found.terms]
    return asdict(found) | {"terms": terms, "words": list(found.words), "periods": periods}


def _print(found: dict[str, Any]) -> None:
    shown = json.dumps(found, ensure_ascii=False, indent=2)
    typer.echo(shown.encode("utf-8", "replace").decode())  # what was asked for may be no UTF-8
