"""Schemathesis asks what the description of the API allows, and what it does not, and compares the answers with it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from service.access import AccessRules
from service.app import API, create_app
from service.capacity import SearchThreads
from similarity.index import SimilarityIndex
from tests.commands import PROJECT
from tests.service.live import live

pytest.importorskip("schemathesis", reason="not run: the API asked by schemathesis, which is not installed")

pytestmark = pytest.mark.slow

EXAMPLES = 12  # requests an operation in each phase


def test_schemathesis_finds_nothing(news_uri: str, tmp_path: Path) -> None:
    app = create_app(AccessRules(rate=0), lambda: SimilarityIndex.open(news_uri), lambda: SearchThreads(seconds=120))
    with live(app) as address:
        done = subprocess.run(
            [
                str(Path(sys.executable).with_name("schemathesis")),
                f"--config-file={PROJECT / 'schemathesis.toml'}",
                "--no-color",
                "run",
                f"{address}{API}/openapi.json",
                "--checks=all",
                f"--max-examples={EXAMPLES}",
                "--workers=2",
                "--seed=1",
                "--generation-database=none",
                "--continue-on-failure",
                "--no-shrink",
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
