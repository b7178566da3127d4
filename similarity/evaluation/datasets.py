"""Test sets as files: their digest, and a fixed sample that is quick to measure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

_PAIR_FILES = ("pairs.dev.jsonl", "pairs.test.jsonl")
_FILES = ("docs.jsonl", "queries.jsonl", "qrels.tsv", *_PAIR_FILES)


class NotATestSet(ValueError):
    """The folder is not a test set, or a line of it is wrong; the message is one line."""


def digest(folder: Path) -> str:
    """sha256 over names and bytes of those files of *folder* that metrics depend on; "" where there are none."""
    return digest_of_files(folder / name for name in _FILES if (folder / name).is_file())


def digest_of_files(paths: Iterable[Path]) -> str:
    """sha256 over names, sizes and bytes of *paths*; "" for none."""
    hashed, any_file = hashlib.sha256(), False
    for path in paths:
        content = path.read_bytes()
        hashed.update(f"{path.name} {len(content)}\n".encode())
        hashed.update(content)
        any_file = True
    return hashed.hexdigest() if any_file else ""


@contextmanager
def sample_of(folder: Path, every: int) -> Iterator[Path]:
    """A temporary test set with each *every*-th query or pair of *folder*; *folder* itself for 1.

    Of the documents it has all that were judged for one of those queries, and each *every*-th of the others, so that
    there are wrong answers to rank below the right ones. Stories are left whole: grouping depends on all documents.
    """
    if every == 1:
        yield folder
        return
    with TemporaryDirectory(prefix="xinwen-sample-") as temporary:
        sample = Path(temporary) / folder.name
        sample.mkdir()
        for name in _PAIR_FILES:
            if (folder / name).is_file():
                _write(sample / name, _lines(folder / name)[::every])
        if (folder / "queries.jsonl").is_file():
            _sample_retrieval(folder, sample, every)
        yield sample


def _sample_retrieval(folder: Path, sample: Path, every: int) -> None:
    queries = _lines(folder / "queries.jsonl")[::every]
    query_ids = {str(json.loads(line)["id"]) for line in queries}
    judgements = [line for line in _lines(folder / "qrels.tsv") if line.split()[0] in query_ids]
    judged = {line.split()[-2] for line in judgements}
    documents = [
        line
        for number, line in enumerate(_lines(folder / "docs.jsonl"))
        if number % every == 0 or str(json.loads(line)["id"]) in judged
    ]
    _write(sample / "queries.jsonl", queries)
    _write(sample / "qrels.tsv", judgements)
    _write(sample / "docs.jsonl", documents)


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]


def _write(path: Path, lines: list[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
