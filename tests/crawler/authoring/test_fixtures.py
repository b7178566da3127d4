"""Fixtures: each case of ``tests/fixtures/<key>/<case>/`` gives one result a field, compared exactly.

A case holds ``page.*`` (the bytes), ``meta.json`` (url, captured, headers, kind: article or listing) and
``expected.json``. ``link`` in an article's meta holds what the feed or listing says about the article. Where nothing
else is read, the page is the feed or listing, and ``article`` is the address of the article in it. ``scrapy capture
KEY URL`` writes a new case.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from crawler.authoring.fixtures import FIXTURES, read_case
from crawler.local_sources import with_local
from crawler.sources import EXTRA, PACKAGED
from store.sources_file import SourcesFile

KNOWN = with_local(PACKAGED, SourcesFile.read(EXTRA))
OF_EXTRA = ("federal_register", "trendforce", "trendforce_cn", "twse")
CASES = sorted(path.parent for path in FIXTURES.glob("*/*/meta.json"))
ARTICLE = {"url", "title", "published", "authors", "tags", "language", "kind", "access", "body"}
LINK = {"url"}


def load(case: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((case / f"{name}.json").read_text("utf-8"))
    return found


def results() -> list[Any]:
    found = []
    for case in CASES:
        expected = load(case, "expected")
        fields = [name for name in expected if name != "links"] + [*expected.get("links", [{}])[0]]
        found += [pytest.param(case, field, id=f"{case.parent.name}/{case.name}:{field}") for field in fields]
    return found


@cache
def read(case: Path) -> dict[str, Any]:
    """The fields of the article that the source reads from the page, or of its links a list of each field."""
    (page,) = case.glob("page.*")
    return read_case(page.read_bytes(), load(case, "meta"), KNOWN[case.parent.name])


@pytest.mark.parametrize(("case", "field"), results())
def test_field(case: Path, field: str) -> None:
    expected = load(case, "expected")
    wanted = [link.get(field) for link in expected["links"]] if field != "way" and "links" in expected else None
    assert read(case)[field] == (expected[field] if wanted is None else wanted)


@pytest.mark.parametrize("key", [*PACKAGED, *OF_EXTRA])
@pytest.mark.parametrize("kind", ["listing", "article"])
def test_every_source_has_both(key: str, kind: str) -> None:
    kinds = {load(case, "meta")["kind"] for case in CASES if case.parent.name == key}
    assert kind in kinds, f"no {kind} in tests/fixtures/{key}: `scrapy capture {key} URL` saves one"


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_a_case_is_whole(case: Path) -> None:
    meta, expected = load(case, "meta"), load(case, "expected")
    assert case.parent.name in KNOWN
    assert {"url", "captured", "headers", "kind"} <= set(meta)
    assert len([*case.glob("page.*")]) == 1
    if meta["kind"] == "listing":
        assert expected["links"] and all(set(one) == set(expected["links"][0]) >= LINK for one in expected["links"])
    else:
        assert set(expected) >= ARTICLE
        assert expected["title"] and expected["published"]
