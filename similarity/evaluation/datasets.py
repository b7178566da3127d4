"""Test sets as files: their digest, and a fixed part of one that is quick to measure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

_FILES = ("docs.jsonl", "queries.jsonl", "qrels.tsv", "pairs.dev.jsonl", "pairs.test.jsonl")


def digest(folder: Path) -> str:
    """sha256 over names and bytes of those files of *folder* that a figure depends on; "" where there is none."""
    return digest_of_files(folder / name for name in _FILES if (folder / name).is_file())


def digest_of_files(paths: Iterable[Path]) -> str:
    """sha256 over names, sizes and bytes of *paths*; "" for none."""
    found, any_file = hashlib.sha256(), False
    for path in paths:
        content = path.read_bytes()
        found.update(f"{path.name} {len(content)}\n".encode())
        found.update(content)
        any_file = True
    return found.hexdigest() if any_file else ""


@contextmanager
def part_of(folder: Path, every: int) -> Iterator[Path]:
    """A folder like *folder* with every *every*-th query or pair, gone afterwards; *folder* itself for 1.

    Documents: all that were judged for one of those queries, and every *every*-th of the others, so that a query has
    others to be told from. Stories are left whole: what is grouped depends on all the rest.
    """
    if every == 1:
        yield folder
        return
    with TemporaryDirectory(prefix="xinwen-part-") as made:
        part = Path(made) / folder.name
        part.mkdir()
        for name in ("pairs.dev.jsonl", "pairs.test.jsonl"):
            if (folder / name).is_file():
                _write(part / name, _lines(folder / name)[::every])
        if (folder / "queries.jsonl").is_file():
            _thin_retrieval(folder, part, every)
        yield part


def _thin_retrieval(folder: Path, part: Path, every: int) -> None:
    queries = _lines(folder / "queries.jsonl")[::every]
    kept = {str(json.loads(line)["id"]) for line in queries}
    judgements = [line for line in _lines(folder / "qrels.tsv") if line.split()[0] in kept]
    judged = {line.split()[-2] for line in judgements}
    documents = _lines(folder / "docs.jsonl")
    chosen = [
        line for place, line in enumerate(documents) if place % every == 0 or str(json.loads(line)["id"]) in judged
    ]
    _write(part / "queries.jsonl", queries)
    _write(part / "qrels.tsv", judgements)
    _write(part / "docs.jsonl", chosen)


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]


def _write(path: Path, lines: list[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
