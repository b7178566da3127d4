"""How the command ``watch`` prints watches and previews."""

from __future__ import annotations

from typing import Any

from alerts.previews import Preview
from alerts.watches import SOURCES, Watch
from similarity.cli.options import console
from similarity.option_values import TIME_ZONE


def asked(watch: Watch) -> str:
    """What *watch* asks for, in a line."""
    question = watch.question
    text = " ".join((question.q or question.passage).split())
    if watch.about == SOURCES:
        return "来源的失败与恢复 · sources that fail and recover"
    return (text if len(text) <= 40 else text[:39] + "…") or f"like {question.like}"


def secrets(watch: Watch) -> dict[str, str]:
    """By address as it is shown, the secret that signs what a plain webhook gets."""
    return {target.shown: target.secret for target in watch.targets if target.secret}


def target_line(fields: dict[str, Any]) -> str:
    """A target with its rhythm, in a line."""
    quiet = f", quiet {fields['quiet']}" if fields["quiet"] else ""
    return f"{fields['to']}  {fields['every']}{quiet}"


def print_preview(found: Preview, threshold: float) -> None:
    """Print of what a watch would have notified."""
    days = f"{found.since.astimezone(TIME_ZONE):%Y-%m-%d} – {found.until.astimezone(TIME_ZONE):%Y-%m-%d}"
    console.print(f"{days}：会通知 · would have notified", markup=False)
    for one in found.thresholds:
        mark = "→" if one.min_score == threshold else " "
        line = f"{mark} --min-score {one.min_score:.2f}  {one.stories} 条新闻 stories ({one.articles} 篇 articles)"
        console.print(line, markup=False)
    for hit in found.examples:
        day = f"{hit.article.published.astimezone(TIME_ZONE):%Y-%m-%d}" if hit.article.published else "----------"
        console.print(f"    {hit.score:.2f}  {day}  {hit.article.source:<14} {hit.article.title}", markup=False)
