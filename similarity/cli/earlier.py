"""``earlier``: what a company's earlier reports said where a report has a page or a passage."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape

from similarity.cli.options import ArticleId, AsJson, console, errors_in_one_line, print_json
from similarity.option_values import TIME_ZONE

_SHOWN = 200  # characters of a page


def earlier(
    article_id: ArticleId,
    page: Annotated[int | None, typer.Option("--page", min=1, help="页 · a page of the report")] = None,
    passage: Annotated[
        str | None, typer.Option("--passage", help="或其中一段 · or a passage of it, as it is written")
    ] = None,
    k: Annotated[int, typer.Option("-k", min=1, help="报告数 · how many earlier reports")] = 20,
    as_json: AsJson = False,
) -> None:
    """以前怎么说 · The pages of the same company's earlier reports that are most like a page of report ID."""
    from similarity.index import SimilarityIndex

    with errors_in_one_line(), SimilarityIndex.open(live=False) as index:
        found = index.earlier(article_id, page, passage, k)
    if as_json:
        print_json(asdict(found))
        return
    if not found.reports:
        console.print(
            f"没有更早的报告 · no earlier report of {escape(found.company)} that shares a word with it is stored"
        )
    for report in found.reports:
        quarter = f" Q{report.quarter}" if report.quarter else ""
        period = f"{report.year}{quarter}" if report.year else "-------"
        published = report.article.published
        date = f"{published.astimezone(TIME_ZONE):%Y-%m-%d}" if published else "----------"
        console.print(
            f"{period:<7}  {report.score:.4f}  {date}  第{report.page}页 p. {report.page}"
            f"  [bold]{escape(report.article.title)}[/bold]"
        )
        console.print(f"    [dim]{report.article.id}  {escape(report.article.url)}[/dim]")
        text = " ".join(report.text.split())
        if text:
            console.print(f"    {escape(text if len(text) <= _SHOWN else text[: _SHOWN - 1] + '…')}")
