"""The packages that send to services: an extra of its own, without which watches are kept but send nothing there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from similarity.errors import NotInstalled
from store.places import install

_PACKAGES = ("apprise", "standardwebhooks")


@contextmanager
def needs_package() -> Iterator[None]:
    """Around an import of one of the packages. Raises NotInstalled where it is missing."""
    try:
        yield
    except ImportError as error:
        name = (error.name or "").split(".")[0]
        if name not in _PACKAGES:
            raise
        command = install("alerts")
        raise NotInstalled(
            f"targets of this kind need the package {name}: {command}", f"这类接收方需要 {name}：{command}"
        ) from None
