"""``metrics``: metrics for Prometheus where no server runs, as on a machine that only crawls."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from similarity.cli.health import CANNOT_TELL
from similarity.cli.options import AsJson, errors_in_one_line, print_json
from similarity.condition import read_state
from similarity.metrics import gauge, of_sources, of_state, text_of, write_file
from store.connection import StoreError, opened
from store.documents.sources import own_rows
from store.settings import settings


class CannotWrite(RuntimeError):
    """The file cannot be written; the message is one line."""


def metrics(
    file: Annotated[
        Path | None,
        typer.Option(help="写入此文件，供 node exporter 读取 · write this file, for node exporter"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Prometheus 指标 · Metrics of sources, index, messages and disks; cron or a timer writes them with --file."""
    now = datetime.now(UTC)
    with errors_in_one_line(CannotWrite):
        own_rows()
        try:
            with opened() as database:
                state = read_state(database, now, settings().data)
                written = gauge("metrics_timestamp_seconds", "When these metrics were read.", now.timestamp())
                families = [written, *of_state(state, now), *of_sources(database, state, now)]
        except StoreError as error:
            error.status = CANNOT_TELL
            raise
        text = text_of(families)
        if file:
            _write(file, text)
    if as_json:
        samples = [{"name": one.name, "labels": one.labels, "value": one.value} for family in families
                   for one in family.samples]  # fmt: skip
        print_json({"metrics": samples})
    elif not file:
        typer.echo(text.decode(), nl=False)


def _write(file: Path, text: bytes) -> None:
    try:
        write_file(file, text)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise CannotWrite(f"{file} is not written: {reason}; what stood there before stays") from None
