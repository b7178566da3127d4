"""The assistant tools on standard input and output: ``similarity mcp`` starts ``python -m service.assistant``."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import Any

import anyio.to_thread

from service.assistant import needs_package
from similarity.errors import NotInstalled
from similarity.index import SimilarityIndex
from store import logs
from store.connection import StoreError
from store.errors import shown_in_one_line
from store.index.manifest import DamagedManifest
from store.index.preparation import IndexMismatch
from store.settings import SettingsError


def main() -> None:
    """Answer an assistant until it closes standard input."""
    if not logs.set_up():
        logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    with shown_in_one_line(NotInstalled, StoreError, IndexMismatch, DamagedManifest, SettingsError):
        with needs_package():
            from service.assistant.server import make_server
        with SimilarityIndex.open() as index:

            async def call(function: Callable[..., Any], *args: Any) -> Any:
                return await anyio.to_thread.run_sync(lambda: function(index, *args))

            make_server(call).run("stdio")


if __name__ == "__main__":
    main()
