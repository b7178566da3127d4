"""``python -m crawler``: what the crawler makes of captured files, without network or database."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn
from urllib.parse import urlsplit

import typer

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def main() -> None:
    """What the crawler makes of captured files, without network or database."""


@app.command()
def extract(
    file: Annotated[Path, typer.Argument(help="An HTML page, also gzipped, a PDF or a workbook.")],
    url: Annotated[str, typer.Option(help="The address that the file was fetched from.")],
    source: Annotated[str, typer.Option(help="Key of a row: its selectors and what it allows to keep are used.")] = "",
    captured: Annotated[str, typer.Option(help="When it was fetched: ISO time or date, UTC unless it says more.")] = "",
) -> None:
    """One captured page or report as one JSON object; with --source only what that source allows to keep."""
    from crawler.read import MOST_PDF, Unreadable, read_document
    from store.article import withhold

    row = _row(source) if source else None
    moment = _moment(captured) if captured else datetime.now(UTC)
    _check_address(url)
    try:
        size = file.stat().st_size
        if size > MOST_PDF:  # not even looked at: nothing so large is read
            _fail(f"{file}: {size // 2**20} MiB; up to {MOST_PDF // 2**20} MiB are read")
        data = file.read_bytes()
    except OSError as error:
        _fail(f"{file}: {(error.strerror or str(error)).lower()}")
    try:
        article = read_document(data, url, captured=moment, source=row, name=file.name)
    except Unreadable as error:
        _fail(f"{file}: {error}")
    article = withhold(article) if row else article
    record = {"id": article.id} | {name: _plain(value) for name, value in asdict(article).items() if name != "id"}
    text = json.dumps(record, ensure_ascii=False, indent=2)
    # In UTF-8 whatever the terminal's language; half of a surrogate pair from a broken page cannot be written.
    sys.stdout.buffer.write(text.encode("utf-8", "replace") + b"\n")


def _row(key: str) -> Any:
    from crawler.sources import UnknownSource, source

    try:
        return source(key)
    except UnknownSource as error:
        _fail(str(error))


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        _fail(f"--captured {text!r} is no ISO time or date, such as 2026-03-06T10:20:00+08:00 or 2026-03-06")
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _check_address(url: str) -> None:
    try:
        parts = urlsplit(url.strip())
        known = parts.scheme in ("http", "https", "file") and bool(parts.hostname or parts.scheme == "file")
    except ValueError:
        known = False
    if not known or any(character.isspace() for character in url.strip()):
        _fail(f"--url {url!r} is no http address")


def _plain(value: Any) -> Any:
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value


def _fail(reason: str) -> NoReturn:
    typer.echo(f"error: {' '.join(reason.split())}", err=True)
    raise typer.Exit(1)


if __name__ == "__main__":
    app()
