"""Gives the wheel the requirements that stand in ``requirements*.txt``, so that each pin stands in one place."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface


class RequirementsOfFiles(MetadataHookInterface):
    """Fills ``dependencies`` and ``optional-dependencies``."""

    PLUGIN_NAME = "custom"

    def update(self, metadata: dict[str, Any]) -> None:
        """Add what the files name to *metadata*, the table ``project``."""
        root = Path(self.root)
        extras = runpy.run_path(str(root / "store" / "places.py"))["REQUIREMENTS"]
        metadata["dependencies"] = _lines(root / "requirements.txt")
        metadata["optional-dependencies"] = {extra: _lines(root / name) for extra, name in extras.items()}


def _lines(file: Path) -> list[str]:
    lines = (line.partition("#")[0].strip() for line in file.read_text("utf-8").splitlines())
    return [line for line in lines if line]
