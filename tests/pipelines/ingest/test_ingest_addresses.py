"""JSONL lines with no more than an address, of a source whose addresses contain day and headline."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from crawler.items import UnreadablePage
from pipelines.ingest.files import InputFile, read_file
from store.article import reasons_against

NOW = datetime(2026, 11, 20, tzinfo=UTC)
FOLDER = "https://www.gartner.com/en/newsroom/press-releases/"


def read(tmp_path: Path, *rows: dict[str, str]):
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return list(read_file(InputFile(path), NOW))


def test_a_release_of_gartner_by_its_address(tmp_path: Path) -> None:
    address = f"{FOLDER}2025-06-25-gartner-predicts-over-40-percent-of-projects-will-end-by-2027"
    article, titled = read(tmp_path, {"url": f"{address}-0"}, {"url": address, "title": "Gartner Predicts an End"})
    assert (article.source, article.url, article.access) == ("gartner", address, "headline")
    assert article.title == "Gartner predicts over 40 percent of projects will end by 2027"
    assert article.tags == ["title from address"]
    assert (titled.title, titled.tags) == ("Gartner Predicts an End", [])
    for release in (article, titled):
        assert release.published == datetime(2025, 6, 25, 4, tzinfo=UTC)
        assert reasons_against(release) == []


def test_other_addresses_need_a_title(tmp_path: Path) -> None:
    (refused,) = read(tmp_path, {"url": "https://www.gartner.com/en/articles/what-is-a-chiplet"})
    assert isinstance(refused, UnreadablePage)
    assert refused.reasons == ["line 1: title is missing, and there is no text"]
