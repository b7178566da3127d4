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
    from crawler.read import Unreadable, read_document
    from store.article import withhold

    row = _row(source) if source else None
    moment = _moment(captured) if captured else datetime.now(UTC)
    _check_address(url)
    data = _read(file)
    try:
        article = read_document(data, url, captured=moment, source=row, name=file.name)
    except Unreadable as error:
        _fail(f"{file}: {error}")
    article = withhold(article) if row else article
    record = {"id": article.id} | {name: _plain(value) for name, value in asdict(article).items() if name != "id"}
    _print(json.dumps(record, ensure_ascii=False, indent=2))


@app.command()
def links(
    file: Annotated[Path, typer.Argument(help="A feed, sitemap, JSON reply or list page, also gzipped.")],
    source: Annotated[str, typer.Option(help="Key of the row whose ways in read it, one after another.")],
    url: Annotated[str, typer.Option(help="The address that the file was fetched from, if it is known.")] = "",
    captured: Annotated[str, typer.Option(help="When it was fetched: ISO time or date, UTC unless it says more.")] = "",
) -> None:
    """What a captured entry leads to, one JSON object a line, with the way in that read it.

    "wanted" tells whether a run would take the link, by the row's addresses and words. An index leads to no article but
    to further entries: their lines say "entry": true.
    """
    from crawler.links import read_captured
    from crawler.ways.entry import EntryError
    from crawler.ways.select import is_of

    row = _row(source)
    moment = _moment(captured) if captured else datetime.now(UTC)
    if url:
        _check_address(url)
    try:
        reading = read_captured(_read(file), row, moment, url)
    except EntryError as error:
        _fail(f"{file}: {error}")
    entry = reading.entry
    for link in entry.links:
        facts = {name: _plain(value) for name, value in asdict(link).items()}
        always = {name: facts.pop(name) for name in ("url", "title", "published")}
        told = {name: value for name, value in facts.items() if value}
        _print(json.dumps(always | told | {"wanted": is_of(link, row), "way": reading.name}, ensure_ascii=False))
    for address in () if entry.links else entry.further:
        _print(json.dumps({"url": address, "entry": True, "way": reading.name}, ensure_ascii=False))
    dropped = "".join(f", {number} dropped ({reason})" for reason, number in entry.dropped.items())
    typer.echo(f"{reading.name}: {len(entry.links)} links{dropped}, {len(entry.further)} further entries", err=True)


@app.command()
def bench(
    pages: Annotated[int, typer.Option(min=200, help="How many pages each crawl reads.")] = 500,
    rounds: Annotated[int, typer.Option(min=1, help="Crawls of each kind; the least CPU time counts.")] = 3,
    save: Annotated[bool, typer.Option(help="Write the figures to benchmarks/.")] = True,
) -> None:
    """CPU time a page of our crawl, storing and indexing included, beside a bare Scrapy spider over the same pages."""
    from crawler.bench import ARTICLES_A_SECOND, TARGETS, BenchFailed
    from crawler.bench import bench as measure
    from crawler.bench import save as write

    try:
        found = measure(pages, rounds)
    except BenchFailed as error:
        _fail(str(error))
    for way, milliseconds in found["cpu_ms_per_page"].items():
        share = found["speed_of_bare"].get(way)
        judged = f"   {share:.3f} of bare Scrapy's speed (at least {TARGETS[way]:.2f})" if share else ""
        if way == "meaning":
            judged = f"   {1000 / milliseconds:.1f} articles a second on one core (at least {ARTICLES_A_SECOND})"
        _print(f"{way:<10} {milliseconds:7.2f} ms CPU a page{judged}")
    for way, holds in found["holds_over_10_ms"].items():
        causes = ", ".join(f"{facts['number']} {cause}" for cause, facts in holds["causes"].items())
        longest = f", the longest {holds['longest_ms']} ms: {causes}" if causes else ""
        _print(f"{way:<10} {holds['number']:4d} holds of the reactor over 10 ms{longest}")
    if save:
        _print(f"written: {write(found)}")


def _read(file: Path) -> bytes:
    from crawler.read import MOST_PDF

    try:
        size = file.stat().st_size
        if size > MOST_PDF:  # not even looked at: nothing so large is read
            _fail(f"{file}: {size // 2**20} MiB; up to {MOST_PDF // 2**20} MiB are read")
        return file.read_bytes()
    except OSError as error:
        _fail(f"{file}: {(error.strerror or str(error)).lower()}")


def _print(line: str) -> None:
    # In UTF-8 whatever the terminal's language; half of a surrogate pair from a broken page cannot be written.
    sys.stdout.buffer.write(line.encode("utf-8", "replace") + b"\n")


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
