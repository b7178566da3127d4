"""What is computed from the glossary alone, kept in local files: computing it takes longer than a search."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

Json = TypeVar("Json")

_PACKAGES = ("rjieba", "jieba", "OpenCC", "PyStemmer", "stopwordsiso")


def kept(folder: Path | None, name: str, make: Callable[[], Json]) -> Json:
    """What *make* returns, which JSON can express, from the file *name* in *folder*; without a folder it is made.

    The file is for this program, glossary and versions of packages; others and damaged ones are made again. Every file
    can be deleted at any time.
    """
    if folder is None:
        return make()
    file = folder / f"{name}-{_digest()}.json"
    with suppress(OSError, ValueError):
        found: Json = json.loads(file.read_bytes())
        return found
    made = make()
    with suppress(OSError):  # a folder that cannot be written: it is made each time
        folder.mkdir(parents=True, exist_ok=True)
        partial = file.with_name(f"{file.name}.{uuid4().hex}.partial")
        partial.write_text(json.dumps(made, ensure_ascii=False), "utf-8")
        partial.replace(file)
        for old in folder.glob(f"{name}-*.json"):
            if old != file:
                old.unlink(missing_ok=True)
    return made


@lru_cache(maxsize=1)
def _digest() -> str:
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parents[1].glob("*.py")) + sorted(Path(__file__).parent.iterdir()):
        if file.is_file():
            digest.update(file.read_bytes())
    for package in _PACKAGES:
        with suppress(PackageNotFoundError):
            digest.update(f"{package} {version(package)}\n".encode())
    return digest.hexdigest()[:16]
