"""What the tests of deploy/ share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands import PROJECT


@pytest.fixture(scope="session")
def deploy() -> Path:
    """The folder of deployment files."""
    return PROJECT / "deploy"
