"""The example notebook runs, and is kept without what it printed."""

from __future__ import annotations

import contextlib
import io
import json
import warnings

import pytest

from store.settings import settings
from tests.commands import PROJECT
from text.analysis.analyzer import Analyzer

CELLS = json.loads((PROJECT / "docs" / "example.ipynb").read_text("utf-8"))["cells"]


def test_the_notebook_has_no_outputs() -> None:
    for cell in CELLS:
        assert cell["cell_type"] in ("markdown", "code")
        if cell["cell_type"] == "code":
            assert (cell["outputs"], cell["execution_count"]) == ([], None)


def test_the_example_notebook_runs(uri: str, store_texts, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["HBM4 supply stays short.", "SK hynix raises HBM4 output.", "HBM4供应仍然紧张。"]
    store_texts(texts, Analyzer(), language="en")
    monkeypatch.setenv("MONGODB_URI", uri)
    settings.cache_clear()
    names: dict[str, object] = {}
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed), warnings.catch_warnings():
            for cell in CELLS:
                if cell["cell_type"] == "code":
                    exec(compile("".join(cell["source"]), cell["id"], "exec"), names)
    finally:
        settings.cache_clear()
    lines = printed.getvalue().splitlines()
    assert len([line for line in lines if "sia" in line and "HBM4" in line]) == len(names["hits"]) > 0
    assert lines[-1].startswith("k k is 0")
