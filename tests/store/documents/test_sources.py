"""What is known of sources: the packaged rows, those that crawls noted, and the user's own file on top."""

from __future__ import annotations

from pathlib import Path

import pytest

from store.documents import sources
from store.documents.sources import note_source, own_rows, packaged, source_rows
from store.sources_file import SourcesFile, SourcesFileError

OWN = """
[kpmg]
enabled = false

[chip_daily]
name = "Chip Daily"
category = "媒体"
address = "https://www.chipdaily.example/"
note = "mine"
language = "en"
keep = "abstract"
enabled = true
"""


def use(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sources, "sources_file", lambda: SourcesFile(Path("own.toml"), text))


def test_the_file_goes_before_what_a_crawl_noted(database, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = {
        "key": "other",
        "number": 21,
        "name": "O",
        "name_zh": "",
        "category": "媒体",
        "address": "https://o.example/",
    }
    elsewhere |= {"note": "n", "language": "en", "keep": "full", "enabled": True}
    note_source(database, elsewhere)
    note_source(database, elsewhere | {"key": "chip_daily", "name": "Old name"})
    use(monkeypatch, OWN)
    rows = source_rows(database)
    assert list(rows) == [*packaged(), "chip_daily", "other"]
    assert (rows["kpmg"].enabled, rows["kpmg"].name, rows["sia"]) == (False, "KPMG", packaged()["sia"])
    assert (rows["chip_daily"].name, rows["chip_daily"].number) == ("Chip Daily", 21)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("[kpmg]\nenabled = 'no'", ["own.toml:2: kpmg.enabled: 'no' is neither true nor false"]),
        ("[kpmg]\nname = 5\nkeep = 'all'", [
            "own.toml:2: kpmg.name: 5 is no text", "own.toml:3: kpmg.keep: 'all' is none of full, abstract, headline"]),
        (OWN.replace('note = "mine"\n', "").replace("媒体", "杂志"), [
            "own.toml:5: chip_daily: a new source needs note",
            "own.toml:7: chip_daily.category: '杂志' is none of 行业协会, 半导体科技, 咨询, 金融财务, 媒体"]),
    ],
)  # fmt: skip
def test_what_cannot_be_shown_is_refused(text: str, lines: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, text)
    with pytest.raises(SourcesFileError) as refusal:
        own_rows()
    assert sorted(refusal.value.lines) == lines
