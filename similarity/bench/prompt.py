"""How long a command takes at the prompt, as a multiple of what Python takes to load numpy and pymongo."""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from similarity.bench import SearchBenchFailed
from text.analysis.glossary import glossary

ARTICLES = 300
"""Articles of a store like that of the sample web."""

_NAMES_PER_ARTICLE = 40
_TIMES = 5  # a command is measured, and the loading of numpy and pymongo before each time
_TIMEOUT = 300.0  # seconds
_QUESTION = "HBM4 supply"


class PromptTime(NamedTuple):
    """A command, its median seconds, how many times as long as loading numpy and pymongo that is, and the aim."""

    name: str
    seconds: float
    ratio: float
    aim: float


def measure_prompt(show: Callable[[str], None], repeats: int = _TIMES) -> list[PromptTime]:
    """The times of ``--help`` and of a search over ``ARTICLES`` generated articles, in a data folder of their own.

    Warm: the embedded server is running; cold: it is not; by the service: ``serve`` runs on the same data. *show* is
    given a line before each; each is measured *repeats* times. Raises SearchBenchFailed.
    """
    with tempfile.TemporaryDirectory(prefix="xinwen-bench-") as folder:
        environment = {name: value for name, value in os.environ.items() if name != "MONGODB_URI"}
        environment |= {"XINWEN_DATA": folder, "XINWEN_EMBEDDED_IDLE": "600"}
        articles = Path(folder) / "articles.jsonl"
        articles.write_text("".join(f"{json.dumps(row)}\n" for row in _articles()), "utf-8")
        search = "-m", "similarity", "search", _QUESTION
        stop = "-m", "store", "stop"
        show(f"storing {ARTICLES} articles")
        try:
            _run(environment, "-m", "pipelines", "ingest", str(articles))
            _run(environment, *search)  # makes the files that later searches map
            times = []
            for name, aim, arguments, before in (
                ("--help", 2.0, ("-m", "similarity", "--help"), ()),
                ("search, warm", 5.0, search, ()),
                ("search, cold", 12.0, search, stop),
            ):
                show(name)
                times.append(_measured(name, aim, repeats, environment, arguments, before))
            show("search, by the service")
            with _serving(environment):
                times.append(_measured("search, by the service", 5.0, repeats, environment, search, ()))
        finally:
            _run(environment, *stop)
    return times


def _measured(
    name: str,
    aim: float,
    repeats: int,
    environment: Mapping[str, str],
    arguments: tuple[str, ...],
    before: tuple[str, ...],
) -> PromptTime:
    taken, base = [], []
    for _ in range(repeats):
        base.append(_run(environment, "-c", "import numpy, pymongo"))
        if before:
            _run(environment, *before)
        taken.append(_run(environment, *arguments))
    # The quickest are compared: what else the machine does only makes a command slower.
    return PromptTime(name, round(statistics.median(taken), 3), round(min(taken) / min(base), 2), aim)


def _run(environment: Mapping[str, str], *arguments: str) -> float:
    """The seconds that Python takes with *arguments*. Raises SearchBenchFailed."""
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, text=True, timeout=_TIMEOUT, check=False
    )
    seconds = time.perf_counter() - start
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()] or [f"status {done.returncode}"]
        raise SearchBenchFailed(f"{' '.join(arguments)}: {lines[-1]}")
    return seconds


@contextmanager
def _serving(environment: Mapping[str, str]) -> Iterator[None]:
    command = [sys.executable, "-m", "similarity", "serve", "--port", "0"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + _TIMEOUT
        while "by the service" not in _who_answered(environment):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SearchBenchFailed("the service does not answer")
        yield
    finally:
        process.terminate()
        process.communicate()


def _who_answered(environment: Mapping[str, str]) -> str:
    command = [sys.executable, "-m", "similarity", "search", _QUESTION, "--explain"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=_TIMEOUT, check=False)
    return done.stderr


def _articles() -> Iterator[dict[str, str]]:
    names = [name for term in glossary().terms for name in term.names]
    draw = random.Random(1)
    for number in range(ARTICLES):
        drawn = draw.choices(names, k=_NAMES_PER_ARTICLE)
        yield {
            "url": f"https://bench.example/{number}",
            "title": " ".join(drawn[:5]),
            "body": ". ".join(drawn),
            "published": f"2026-{1 + number % 9:02}-{1 + number % 28:02}",
        }
