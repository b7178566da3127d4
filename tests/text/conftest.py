"""The labelled stories, portrayed once."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from tests.commands import PROJECT
from text.encoder import find_encoder
from text.portrait import Portrait, portray

STORIES = PROJECT / "tests" / "relevance" / "stories"


@pytest.fixture(scope="session")
def labelled() -> list[Portrait]:
    """Portraits of the labelled articles; the id of each begins with its story."""
    rows = map(json.loads, (STORIES / "docs.jsonl").read_text("utf-8").splitlines())
    return [
        portray(
            row["id"],
            row["source"],
            datetime.fromisoformat(row["published"]),
            row["title"],
            row["text"],
            find_encoder(),
        )
        for row in rows
    ]
