"""The file that ``XINWEN_SOURCES`` names: sources of the user's own and changes of the source table, in TOML.

Read here as far as all programs need it; ``crawler.local_sources`` makes sources of it. Loads no MongoDB, so the
crawler may import it.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from store.settings import settings
from store.toml_file import TomlFile, TomlFileError


class SourcesFileError(TomlFileError):
    """The file of sources has mistakes."""


class SourcesFile(TomlFile):
    """The tables of the file by the keys of the sources."""

    variable = "XINWEN_SOURCES"
    error = SourcesFileError
    begins = "a source"


def sources_file() -> SourcesFile | None:
    """The user's file, read once a process; None where ``XINWEN_SOURCES`` names none. Raises SourcesFileError."""
    name = settings().sources
    return _read_once(Path(name).expanduser().absolute()) if name else None


@lru_cache(maxsize=1)
def _read_once(path: Path) -> SourcesFile:
    return SourcesFile.read(path)
