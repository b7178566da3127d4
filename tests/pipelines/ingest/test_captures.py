"""Real pages and reports are stored, indexed and found."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from similarity import SimilarityIndex
from tests.commands import run


@pytest.fixture(scope="module")
def ingested(captures: Path, server: str) -> Iterator[tuple[str, str]]:
    """Address of the database, and what ingesting the captured pages printed."""
    from store.connection import another_database, connect

    uri = another_database(server, "test_captures")
    yield uri, run("pipelines", "ingest", captures, mongodb_uri=uri).stdout
    with connect(uri).client as client:
        client.drop_database("test_captures")


def test_every_file_is_stored_or_in_quarantine_with_a_reason(ingested: tuple[str, str], captures: Path) -> None:
    endings = ("*.html", "*.html.gz", "*.pdf", "*.xlsx", "*.txt", "*.md")
    files = [file for ending in endings for file in captures.rglob(ending) if file.name != "README.md"]
    robots = len([file for file in files if "robots" in file.name])
    assert f"{len(files)} files" in ingested[1]
    assert (
        f"{len(files) - robots - 6} new, 0 changed, 0 unchanged, 0 duplicates, {robots + 6} quarantined" in ingested[1]
    )
    refused = [line for line in ingested[1].splitlines() if line.startswith("quarantined")]
    assert len([line for line in refused if "truncated PDF" in line]) == 1
    # The rest are two lists, a challenge page, a page without content, and a fragment of a page.
    assert len([line for line in refused if "no text" in line]) == 5
    assert len([line for line in refused if "a robots.txt" in line]) == robots


@pytest.mark.parametrize(
    ("query", "title", "page"),
    [
        ("阿里发布AI芯片 含光800", "阿里发布最强AI芯片", None),
        ("台积电 综合损益表 毛利率", "1Q26 Presentation (C)", 4),
        ("generative AI demand for wafers", "Generative AI: The next S-curve", None),
    ],
)
def test_the_first_hit_of_real_queries(ingested: tuple[str, str], query: str, title: str, page: int | None) -> None:
    with SimilarityIndex.open(ingested[0]) as index:
        hit = index.search(query)[0]
    assert hit.article.title.startswith(title)
    assert hit.page == page


def test_a_filing_is_found_with_its_page(ingested: tuple[str, str]) -> None:
    with SimilarityIndex.open(ingested[0]) as index:
        hits = index.search("capital expenditures for new fabs and government incentives", k=5)
    hit = next(hit for hit in hits if hit.article.source == "intel")
    assert "10K" in hit.article.title
    text = hit.article.pages[hit.page - 1].lower()
    assert "capital" in text and "incentives" in text
