"""A file of the user's own sources that leaves only a few enabled, for crawls of the sample web."""

from __future__ import annotations

from pathlib import Path

from crawler.sources import PACKAGED
from tests.commands import PROJECT

SAMPLES = PROJECT / "samples"


def only(folder: Path, *keys: str) -> dict[str, str]:
    """Variables for a crawl of the sample web in which only *keys* are enabled; writes a file into *folder*."""
    others = [source.key for source in PACKAGED.values() if source.enabled and source.key not in keys]
    file = folder / "sources.toml"
    file.write_text("".join(f'[{key}]\nenabled = false\nwhy = "not in this test"\n' for key in others), "utf-8")
    return {"XINWEN_SAMPLE_WEB": str(SAMPLES), "XINWEN_SOURCES": str(file)}
