"""A crawl of each source of the bundled sample web yields exactly the articles in ``tests/crawls/KEY.json``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from crawler.sources import SOURCES
from pipelines.ingest.samples import SAMPLE_KEY
from tests.commands import PROJECT
from tests.crawler.tiny_web import crawl

pytestmark = pytest.mark.slow

EXPECTED = sorted(PROJECT.glob("tests/crawls/*.json"))
_EDGE = 30  # characters compared at the start and the end of a body


def comparable(article: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """*article* with the fields of *wanted*, in the form of the file of expected articles."""
    body = article["body"]
    facts = {**article, "body_starts": body[:_EDGE], "body_ends": body[-_EDGE:]}
    facts["published"] = (article["published"] or "").replace("+00:00", "Z")
    facts["pages"] = len(body.split("\f"))
    facts["files"] = [file["name"] for file in article["files"]]
    return {name: facts[name] or None for name in wanted}


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda path: path.stem)
def test_a_full_crawl(expected: Path, tmp_path: Path) -> None:
    wanted = {article["url"]: article for article in json.loads(expected.read_text("utf-8"))}
    keys = {credential.variable: SAMPLE_KEY for credential in SOURCES[expected.stem].credentials}
    run = crawl(PROJECT / "samples", expected.stem, results=tmp_path, **keys)
    assert run.status == 0, run.errors
    assert set(run.articles) == set(wanted)
    for url, article in wanted.items():
        assert comparable(run.articles[url], article) == {name: value or None for name, value in article.items()}
