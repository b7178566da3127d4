"""Backs up, or restores, and ends as by ``kill -9`` at a step: ``python killed.py take|restore URI FOLDER STEP``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from store.backup import files
from store.backup.restoring import restore
from store.backup.taking import take
from store.connection import connect


def main(what: str, uri: str, folder: str, killed_at: str) -> None:
    files.MAX_BYTES = 20_000

    def step(name: str) -> None:
        if name == killed_at:
            os._exit(9)

    if what == "take":
        take(connect(uri), Path(folder), "test", step=step)
    else:
        restore(connect(uri), Path(folder), step)


if __name__ == "__main__":
    main(*sys.argv[1:])
