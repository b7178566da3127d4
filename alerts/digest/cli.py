"""``python -m similarity digest``: what was new, on one page."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

import typer

from alerts.digest.contents import digest as digest_of
from alerts.digest.texts import FORMATS, LANGUAGES
from similarity.cli.options import AsJson, errors_in_one_line, parse_day
from similarity.errors import QueryError
from similarity.index import SimilarityIndex
from similarity.option_values import moment_of

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
    as_json: AsJson = False,
) -> None:
    """每日摘要 · What was new: stories with all their sources, reports, numbers, rising terms, sources with trouble.

    Exit status 0, also when nothing was new; 1 for an error, 2 for a wrong option.
    """
    with errors_in_one_line():
        if written not in FORMATS:
            raise QueryError(f"no format {written[:40]!r}; there are {', '.join(FORMATS)}", "format")
        if lang not in LANGUAGES:
            raise QueryError(f"no language {lang[:40]!r}; there are {', '.join(LANGUAGES)}", "lang")
        first, last = span_of(since, parse_day("--day", day), week, datetime.now(UTC))
        with SimilarityIndex.open(live=False) as index:
            found = digest_of(index, first, last, lang)
    text = FORMATS["json" if as_json else written](found, lang)
    typer.echo(text.encode("utf-8", "replace"), nl=False)


def span_of(since: str | None, day: date | None, week: bool, now: datetime) -> tuple[datetime, datetime]:
    """The span that the options name: from, and until before. Raises QueryError."""
    if since is not None and (day is not None or week):
        raise QueryError("--since says how long: leave out --day and --week", "since")
    if day is not None:
        last = moment_of(day).astimezone(UTC) + timedelta(days=1)
        return last - timedelta(days=7 if week else 1), last
    match = _SPAN.fullmatch(since or ("7d" if week else "1d"))
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
    app(prog_name="python -m similarity digest")
