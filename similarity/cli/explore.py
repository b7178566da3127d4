"""``keywords``, ``trend`` and ``related``: what the index says about terms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Annotated

import typer
from rich.bar import Bar
from rich.markup import escape
from rich.table import Table

from similarity.analytics.related_terms import Related
from similarity.analytics.trend import Period, Trend
from similarity.answers.fields import trend_fields
from similarity.cli.options import (
    ArticleId,
    AsJson,
    OnlySource,
    Since,
    Until,
    console,
    errors_in_one_line,
    parse_day,
    print_json,
)
from similarity.index import SimilarityIndex
from text.analysis.glossary import Term, glossary

TermLimit = Annotated[int, typer.Option("-k", min=1, help="词数 · how many terms")]
Topic = Annotated[
    str,
    typer.Argument(
        help="一个术语的任一名称，或几个词，中文或英文 · any name of a term, or several words; Chinese or English"
    ),
]

_BAR_WIDTH = 30  # characters of the longest bar
_MOST_EMPTY = 3  # periods without any article that are still shown one by one
_LANGUAGES = {"zh": "中文 zh", "en": "英文 en"}
_PERIODS = {"day": "日", "week": "周", "month": "月"}


def keywords(article_id: ArticleId, k: TermLimit = 10, as_json: AsJson = False) -> None:
    """关键词 · The terms that best characterize the stored article ID, with their weights."""
    with errors_in_one_line(), SimilarityIndex.open(live=False) as index:
        terms = index.keywords(article_id, k)
    if as_json:
        print_json({"id": article_id, "keywords": [asdict(keyword) for keyword in terms]})
        return
    if not terms:
        console.print("没有关键词 · the article has no words that say what it is about")
    for keyword in terms:
        other = _other_name(keyword.word, keyword.chinese, keyword.english)
        console.print(
            f"{keyword.weight:7.3f}  [bold]{escape(keyword.word)}[/bold]{other}  "
            f"[dim]×{keyword.count}，{keyword.articles:,} 篇 articles[/dim]"
        )


def trend(
    text: Topic,
    by: Annotated[str, typer.Option(help="按日、周或月，上海时间 · day, week or month, in Shanghai time")] = "week",
    source: OnlySource = None,
    since: Since = None,
    until: Until = None,
    as_json: AsJson = False,
) -> None:
    """趋势 · How often articles name TEXT over time, per source, in both languages together."""
    with errors_in_one_line():
        first, last = parse_day("--since", since), parse_day("--until", until)
        with SimilarityIndex.open(live=False) as index:
            result = index.trend(text, by, source, first, last)
    if as_json:
        print_json(trend_fields(result))
    else:
        _show_trend(result)


def related(term: Topic, k: TermLimit = 10, as_json: AsJson = False) -> None:
    """相关词 · The terms that are in the same articles as TERM far more often than by chance."""
    with errors_in_one_line(), SimilarityIndex.open(live=False) as index:
        terms = index.related_terms(term, k)
    if as_json:
        print_json({"term": term, "related": [asdict(result) for result in terms]})
        return
    if not terms:
        console.print("没有找到 · no other term goes with it")
    for result in terms:
        console.print(_related_line(result))


def _related_line(term: Related) -> str:
    language = f"  [yellow]{_LANGUAGES[term.language]}[/yellow]" if term.other_language else ""
    other = _other_name(term.word, term.chinese, term.english)
    return (
        f"{term.nearness:6.3f}  [bold]{escape(term.word)}[/bold]{other}{language}"
        f"  [dim]{term.articles:,} 篇 articles[/dim]"
    )


def _other_name(word: str, *names: str) -> str:
    others = [name for name in names if name and name != word]
    return f" {escape(others[0])}" if others else ""


def _show_trend(result: Trend) -> None:
    counted = [_names(term) for term in result.terms] + list(result.words)
    console.print(f"[dim]计入 · counted: {escape(' + '.join(counted))}[/dim]")
    if result.undated:
        console.print(f"[dim]{result.undated:,} 篇没有日期 · without a date, in no period[/dim]")
    if not result.periods:
        console.print("没有找到 · no article with a date names it")
        return
    console.print(_table(result))
    totals = sum((Counter(period.sources) for period in result.periods), Counter[str]())
    by_source = "  ".join(f"{name} {number:,}" for name, number in totals.most_common())
    console.print(f"[dim]共 {result.articles:,} 篇 · articles in all: {by_source}[/dim]")


def _names(term: Term) -> str:
    """All names of *term*, and the usual ones of the members that count with it."""
    members = ", ".join((member.english or member.chinese)[0] for member in glossary().narrower(term))
    return " = ".join(term.names) + (f" (含 with: {members})" if members else "")


def _table(result: Trend) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column(f"{_PERIODS[result.by]} {result.by}", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("篇 articles", justify="right", no_wrap=True)
    table.add_column("占 share", justify="right", no_wrap=True)
    table.add_column("来源 sources")
    longest = max(max(period.articles for period in result.periods), 1)
    for shown, period in _without_gaps(result.periods):
        if not shown:
            table.add_row("…")
            continue
        table.add_row(
            f"{period.start:%Y-%m}" if result.by == "month" else f"{period.start:%Y-%m-%d}",
            Bar(longest, 0, period.articles, width=_BAR_WIDTH),
            f"{period.articles:,} / {period.of:,}",
            "-" if period.share is None else f"{100 * period.share:.1f} %",
            "  ".join(f"{name} {number:,}" for name, number in period.sources.items()),
        )
    return table


def _without_gaps(periods: Sequence[Period]) -> Iterator[tuple[bool, Period]]:
    """*periods* with True each; of a long run in which no article was published only the first, with False."""
    for empty, group in groupby(periods, key=lambda period: not period.of):
        run = list(group)
        yield from [(False, run[0])] if empty and len(run) > _MOST_EMPTY else [(True, period) for period in run]
