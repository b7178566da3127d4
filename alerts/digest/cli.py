"""``xinwen digest``: what was new, on one page."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

import typer

from alerts.digest.contents import digest as digest_of
from alerts.digest.sending import note_sent, send, stories_sent, with_known_secret
from alerts.digest.texts import FORMATS, LANGUAGES
from alerts.errors import WatchError
from alerts.network import NotSent
from alerts.targets import Target, target_of
from similarity.cli.options import AsJson, console, errors_in_one_line, parse_day, print_json
from similarity.errors import QueryError
from similarity.index import SimilarityIndex
from similarity.option_values import moment_of
from store import command_line
from store.index import preparation
from text.analysis.analyzer import VERSION

_SPAN = re.compile(r"([1-9]\d{0,3})([hdw])")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


def digest(
    since: Annotated[
        str | None, typer.Option("--since", metavar="1d", help="最近这么久：12h、1d、2w · so long until now; 1d")
    ] = None,
    day: Annotated[str | None, typer.Option("--day", help="这一天（上海） · this day in Shanghai, YYYY-MM-DD")] = None,
    week: Annotated[bool, typer.Option("--week", help="七天，到 --day 或现在 · seven days, to --day or now")] = False,
    written: Annotated[str, typer.Option("--format", help=f"{', '.join(FORMATS)}")] = "text",
    lang: Annotated[str, typer.Option("--lang", help="zh 或 or en")] = "zh",
    to: Annotated[
        list[str] | None,
        typer.Option("--to", metavar="URL", help="发给谁，可多次，同 watch · whom to send it to, as for watch"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """每日摘要 · What was new: stories with all their sources, reports, numbers, rising terms, sources with trouble.

    With --to it is sent instead, without the stories of the last digest to the same target: as a mail in HTML and text,
    to robots of groups in short. Exit status 0, also when nothing was new; 1 for an error or a refusal.
    """
    with errors_in_one_line(WatchError, NotSent):
        targets = [*{target.key: target for target in map(target_of, to or ())}.values()]  # one may have two addresses
        if written not in FORMATS:
            raise QueryError(f"no format {written[:40]!r}; there are {', '.join(FORMATS)}", "format")
        if lang not in LANGUAGES:
            raise QueryError(f"no language {lang[:40]!r}; there are {', '.join(LANGUAGES)}", "lang")
        first, last = span_of(since, parse_day("--day", day), week, datetime.now(UTC))
        with SimilarityIndex.open(live=False) as index:
            if targets:
                _send(index, (first, last), lang, targets, as_json, with_late=day is None)
                return
            found = digest_of(index, first, last, lang)
    text = FORMATS["json" if as_json else written](found, lang)
    typer.echo(text.encode("utf-8", "replace"), nl=False)


def _send(
    index: SimilarityIndex,
    span: tuple[datetime, datetime],
    lang: str,
    targets: list[Target],
    as_json: bool,
    *,
    with_late: bool,
) -> None:
    """Send the digest to each of *targets*. Raises NotSent where one of them refuses, after all were tried.

    *with_late*: a digest of the time up to now follows the one before it, and has what was stored between the two.
    """
    preparation.prepare(index.database, VERSION)
    answers = []
    for target in (with_known_secret(index.database, target) for target in targets):
        found = digest_of(index, *span, lang, stories_sent(index.database, target), with_late)
        answer = send(found, lang, target)
        if answer.is_delivered:
            note_sent(index.database, target, found, datetime.now(UTC))
        answers.append((target.shown, answer))
    if as_json:
        sent = [{"target": shown, "delivered": one.is_delivered, "answer": one.text} for shown, one in answers]
        print_json({"sent": sent})
    else:
        for shown, one in answers:
            console.print(f"{'✓' if one.is_delivered else '✗'} {shown}: {one.text}", markup=False)
    if refused := [f"{shown}: {one.text}" for shown, one in answers if not one.is_delivered]:
        raise NotSent(f"not delivered to {len(refused)} of {len(targets)}: {'; '.join(refused)}")


def span_of(since: str | None, day: date | None, week: bool, now: datetime) -> tuple[datetime, datetime]:
    """The span that the options name: from, and until before. Raises QueryError."""
    if since is not None and (day is not None or week):
        raise QueryError("--since says how long: leave out --day and --week", "since")
    if day is not None:
        last = moment_of(day).astimezone(UTC) + timedelta(days=1)
        try:
            return last - timedelta(days=7 if week else 1), last
        except OverflowError:
            raise QueryError(f"seven days before {day} the calendar has not begun: leave out --week", "day") from None
    match = _SPAN.fullmatch(since if since is not None else "7d" if week else "1d")
    if not match:
        raise QueryError(f"--since {since!r:.40} is no span; 12h, 1d and 2w are", "since")
    try:
        return now - int(match[1]) * _UNITS[match[2]], now
    except OverflowError:
        raise QueryError(f"--since {since!r:.40} is before the calendar begins", "since") from None


def main() -> None:
    """The command."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command("digest")(digest)
    command_line.run(app, "xinwen digest")
