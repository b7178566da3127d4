"""The fingerprints of the labelled stories, made once."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from tests.commands import PROJECT
from text.analysis.analyzer import Analyzer
from text.embedding.encoder import find_encoder
from text.stories.fingerprint import Fingerprint, make_fingerprint

STORIES = PROJECT / "tests" / "relevance" / "stories"


@pytest.fixture(scope="session")
def labelled() -> list[Fingerprint]:
    """Fingerprints of the labelled articles; the id of each begins with its story."""
    analyzer = Analyzer()
    rows = map(json.loads, (STORIES / "docs.jsonl").read_text("utf-8").splitlines())
    return [
        make_fingerprint(
            row["id"],
            row["source"],
            datetime.fromisoformat(row["published"]),
            row["title"],
            row["text"],
            analyzer,
            find_encoder(),
        )
        for row in rows
    ]
