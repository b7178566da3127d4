"""``python -m crawler``: runs extraction and link discovery on saved files, without network or database."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, NoReturn
from urllib.parse import urlsplit

import typer

from store import command_line, logs

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


AsJson = Annotated[bool, typer.Option("--json", help="One JSON object; there is no other form.")]


@app.callback()
def main() -> None:
    """Run extraction and link discovery on saved files, without network or database."""


@app.command()
def extract(
    file: Annotated[
        Path, typer.Argument(help="An HTML page (also gzipped), PDF, workbook, DOCX, PPTX, TXT or Markdown.")
    ],
    url: Annotated[str, typer.Option(help="The address that the file was fetched from.")],
    source: Annotated[str, typer.Option(help="Key of a source: apply its selectors and what it allows to keep.")] = "",
    captured: Annotated[str, typer.Option(help="When it was fetched: ISO time or date, UTC unless it says more.")] = "",
    as_json: AsJson = True,
) -> None:
    """Print a saved page or report as one JSON object; with --source only what that source allows to keep."""
    from crawler.extraction import Unreadable, read_document
    from crawler.extraction.blocked_pages import asks_for_human, challenge_of
    from store.article import withhold

    chosen = _source(source) if source else None
    moment = _moment(captured) if captured else datetime.now(UTC)
    _check_address(url)
    data = _read(file)
    if refusal := challenge_of(data) or ("a page that asks for a human" if asks_for_human(data) else ""):
        _fail(f"{file}: no article, but {refusal}")
    try:
        article = read_document(data, url, captured=moment, source=chosen, name=file.name)
    except Unreadable as error:
        _fail(f"{file}: {error}")
    article = withhold(article) if chosen else article
    record = {"id": article.id} | {name: _plain(value) for name, value in asdict(article).items() if name != "id"}
    _print(json.dumps(record, ensure_ascii=False, indent=2))


@app.command()
def links(
    file: Annotated[Path, typer.Argument(help="A feed, sitemap, JSON reply or list page, also gzipped.")],
    source: Annotated[str, typer.Option(help="Key of the source whose discovery methods read it, tried in order.")],
    url: Annotated[str, typer.Option(help="The address that the file was fetched from, if it is known.")] = "",
    captured: Annotated[str, typer.Option(help="When it was fetched: ISO time or date, UTC unless it says more.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object in place of one a line.")] = False,
) -> None:
    """Print the links of a saved entry page, one JSON object a line, with the discovery method that read it.

    "wanted" says whether a run would follow the link, by the source's addresses and topic words. A sitemap index has
    no links to articles; its lines name further entry pages and say "entry": true.
    """
    from crawler.authoring.captured_links import read_captured
    from crawler.discovery.entry_page import EntryPageError
    from crawler.discovery.select import is_wanted

    chosen = _source(source)
    moment = _moment(captured) if captured else datetime.now(UTC)
    if url:
        _check_address(url)
    try:
        reading = read_captured(_read(file), chosen, moment, url)
        wanted = [is_wanted(link, chosen) for link in reading.entry.links]
    except EntryPageError as error:
        _fail(f"{file}: {error}")
    page = reading.entry
    # The JSON key "way" is older than the term discovery method.
    lines = []
    for link, followed in zip(page.links, wanted, strict=True):
        facts = {name: _plain(value) for name, value in asdict(link).items()}
        always = {name: facts.pop(name) for name in ("url", "title", "published")}
        not_empty = {name: value for name, value in facts.items() if value}
        added = {"wanted": followed, "way": reading.name}
        lines.append(always | not_empty | added)
    further = () if page.links else page.further
    lines += [{"url": address, "entry": True, "way": reading.name} for address in further]
    for line in [{"links": lines}] if as_json else lines:
        _print(json.dumps(line, ensure_ascii=False))
    dropped = "".join(f", {number} dropped ({reason})" for reason, number in page.dropped.items())
    typer.echo(f"{reading.name}: {len(page.links)} links{dropped}, {len(page.further)} further entry pages", err=True)


@app.command()
def bench(
    pages: Annotated[int, typer.Option(min=200, max=2000, help="How many pages each crawl reads.")] = 500,
    rounds: Annotated[int, typer.Option(min=1, help="Crawls of each kind; the lowest CPU time counts.")] = 3,
    save: Annotated[bool, typer.Option(help="Write the figures to benchmarks/.")] = True,
) -> None:
    """Measure CPU time a page, with storing and indexing, compared with a bare Scrapy spider over the same pages."""
    from crawler.bench import ARTICLES_A_SECOND, TARGETS, CrawlBenchFailed
    from crawler.bench import bench as measure
    from crawler.bench import save as write

    try:
        figures = measure(pages, rounds)
    except CrawlBenchFailed as error:
        _fail(str(error))
    for kind, milliseconds in figures["cpu_ms_per_page"].items():
        share = figures["speed_of_bare"].get(kind)
        target = f"   {share:.3f} of bare Scrapy's speed (at least {TARGETS[kind]:.2f})" if share else ""
        if kind == "meaning":  # the crawl that also encodes embeddings
            target = f"   {1000 / milliseconds:.1f} articles a second on one core (at least {ARTICLES_A_SECOND})"
        _print(f"{kind:<10} {milliseconds:7.2f} ms CPU a page{target}")
    for kind, holds in figures["holds_over_10_ms"].items():
        causes = ", ".join(f"{facts['number']} {cause}" for cause, facts in holds["causes"].items())
        longest = f", the longest {holds['longest_ms']} ms: {causes}" if causes else ""
        _print(f"{kind:<10} {holds['number']:4d} holds of the reactor over 10 ms{longest}")
    if save:
        _print(f"written: {write(figures)}")


def _read(file: Path) -> bytes:
    from crawler.extraction import MAX_PDF_BYTES

    try:
        size = file.stat().st_size
        if size > MAX_PDF_BYTES:  # checked before reading: the file may be larger than memory
            _fail(f"{file}: {size // 2**20} MiB; up to {MAX_PDF_BYTES // 2**20} MiB are read")
        return file.read_bytes()
    except OSError as error:
        _fail(f"{file}: {(error.strerror or str(error)).lower()}")


def _print(line: str) -> None:
    # Always UTF-8, whatever the terminal's encoding. "replace": a broken page may hold half of a surrogate pair.
    sys.stdout.buffer.write(line.encode("utf-8", "replace") + b"\n")


def _source(key: str) -> Any:
    from crawler.sources import UnknownSource, source
    from store.errors import shown_in_one_line
    from store.settings import SettingsError

    try:
        with shown_in_one_line(SettingsError):
            return source(key)
    except UnknownSource as error:
        _fail(str(error))


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        _fail(f"--captured {text!r} is no ISO time or date, such as 2026-03-06T10:20:00+08:00 or 2026-03-06")
    try:
        captured = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        # A page may name the day after: that must be one, too.
        return captured + timedelta(days=1) - timedelta(days=1)
    except OverflowError:
        _fail(f"--captured {text!r} is at an end of the calendar")


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
    logs.set_up()
    # Its ``bench`` is not the one of ``xinwen``.
    command_line.run(app, "xinwen" if sys.argv[0] == "xinwen" else "python -m crawler")
