"""The bench measures what it says: its collection, its stages and its rivals. Tests do not check how fast they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from similarity.bench import run_bench
from similarity.bench.api import run_api_bench
from similarity.bench.api import table as api_table
from similarity.bench.backup import run_backup_bench
from similarity.bench.backup import table as backup_table
from similarity.bench.corpus import make, queries
from similarity.bench.rivals import RIVALS, Rival
from similarity.bench.table import tables

pytestmark = pytest.mark.slow


def test_every_article_has_the_given_number_of_distinct_words() -> None:
    corpus = make(300, 40)
    assert corpus.documents == 300
    for place in range(300):
        words = corpus.ids[corpus.start[place] : corpus.start[place + 1]]
        assert len(words) == 40 and (np.diff(words) > 0).all()
    assert corpus.counts.min() >= 1
    frequencies = np.bincount(corpus.ids)
    assert frequencies[0] > 250 and frequencies[0] > 2 * frequencies[10] > 4 * frequencies[100]
    again = make(300, 40)
    assert np.array_equal(corpus.ids, again.ids) and np.array_equal(corpus.counts, again.counts)


def test_queries_are_words_of_one_article() -> None:
    corpus = make(50, 40)
    articles = [set(corpus.ids[corpus.start[place] : corpus.start[place + 1]].tolist()) for place in range(50)]
    for words in queries(corpus, 20, 10):
        assert len(set(words)) == 10
        assert any(set(words) <= article for article in articles)


@pytest.mark.parametrize("rival", RIVALS.values(), ids=RIVALS)
def test_rivals_find_the_article_that_a_query_is(rival: Rival, tmp_path: Path) -> None:
    corpus = make(200, 40)
    query = rival(corpus, tmp_path)
    for place in (0, 70, 199):
        (best, *_) = places(query(corpus.ids[corpus.start[place] : corpus.start[place + 1]].tolist()))
        assert best == place


@pytest.mark.usefixtures("uri")
def test_all_stages_of_this_project_run() -> None:
    lines: list[str] = []
    figures = run_bench([200], [], lines.append)
    (size,) = figures["sizes"]
    assert size["docs"] == 200 and not size["rivals"]
    in_turn = size["xinwen"]["in_turn"]
    assert in_turn["times"]["p50_ms"] == pytest.approx(
        in_turn["default"]["p50_ms"] / in_turn["bm25"]["p50_ms"], abs=0.01
    )
    assert size["xinwen"]["p95_ms"] > 0 and size["xinwen"]["stored"]["segment_bytes"] > 0
    assert [line.split(": ")[1] for line in lines] == ["corpus", "fill", "open", "open", "measure"]
    json.dumps(figures)
    (table,) = tables(figures)
    assert table.row_count == 24


@pytest.mark.usefixtures("uri")
def test_the_bench_of_the_api_runs() -> None:
    lines: list[str] = []
    figures = run_api_bench(300, lines.append, queries=10)
    assert [line.split(": ")[1] for line in lines] == ["corpus", "fill", "api"]
    found = figures["api"]
    assert found["full"]["refused"] > 0 and found["eight"]["per_second"] > 0
    json.dumps(figures)
    assert api_table(figures).row_count == 8


@pytest.mark.usefixtures("uri")
def test_the_bench_of_backups_runs() -> None:
    lines: list[str] = []
    figures = run_backup_bench(150, lines.append)
    assert [line.split(": ")[1] for line in lines] == ["corpus", "fill", "pages", "backup", "restore"]
    assert figures["backup"]["mib"] == figures["restore"]["mib"] > 0 and figures["backup"]["of_one_moment"]
    assert figures["stored"]["page_bytes"] > 5000
    json.dumps(figures)
    assert backup_table(figures).row_count == 2


def places(answer: Any) -> list[int]:
    """The places in the corpus that a rival found, best first."""
    if hasattr(answer, "documents"):
        return [int(place) for place in answer.documents[0]]
    return [int(place) for place, _ in answer]
