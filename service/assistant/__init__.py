"""Tools for AI assistants, over the Model Context Protocol: what a person sees, typed, short, and marked as quoted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from similarity.errors import NotInstalled
from store.places import install

NEEDS = install("mcp")


@contextmanager
def needs_package() -> Iterator[None]:
    """Around an import of the SDK. Raises NotInstalled where it is missing."""
    try:
        yield
    except ImportError as error:
        if not (error.name or "").startswith("mcp"):
            raise
        raise NotInstalled(f"assistants need the package mcp: {NEEDS}", f"AI 助手接口需要 mcp：{NEEDS}") from None
