"""Finds the programs that read the files of deploy/ in life, and installs them where that is allowed.

A test whose program is missing is skipped with one line that says what was not run; ``pytest`` prints these at the end.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.commands import PROJECT

CACHE = PROJECT / ".test-tools"
"""What tests install for themselves; git ignores it, ``make clean`` removes it."""
FOLDERS = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin", "/usr/lib/systemd"])


def tool(name: str, package: str = "") -> str:
    """The path of the program *name*, from the Debian package *package* (default: of the same name).

    Installs the package when we are root and apt-get works. Skips the test where it does not.
    """
    with _one_at_a_time("apt"):
        reason = "" if shutil.which(name, path=FOLDERS) else _install(package or name)
    return shutil.which(name, path=FOLDERS) or pytest.skip(f"not run: {name} is missing, {reason}")


def _install(package: str) -> str:
    """Installs a Debian package and starts none of its services; the reason if it could not."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return f"and only root on Debian can install {package}"
    quietly = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", package]
    with _without_services():
        for command in (install, ["apt-get", "update", "-qq"], install):  # lists may be absent or old
            done = subprocess.run(command, env=quietly, capture_output=True, text=True, timeout=300, check=False)
            if command is install and done.returncode == 0:
                return f"though apt-get installed {package}"
    return f"and apt-get cannot install {package}: {_last_line(done.stderr)}"


@contextmanager
def _without_services() -> Iterator[None]:
    """Debian asks this file whether a package may start its service; 101 forbids it."""
    policy = Path("/usr/sbin/policy-rc.d")
    if policy.exists():
        yield
        return
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink()


def environment(name: str, *requirements: str, with_ours: bool = False) -> Path:
    """The folder of programs of an environment of its own, for packages that do not fit beside ours.

    It is kept, so that only the first run installs. Skips the test where pip cannot install *requirements*.
    *with_ours*: what it does not have itself is taken from the environment of the tests.
    """
    wanted = hashlib.sha256("\n".join([sys.version, sys.prefix, *requirements]).encode()).hexdigest()
    folder, installed = CACHE / name, CACHE / name / "installed"
    with _one_at_a_time(name):
        if not installed.exists() or installed.read_text() != wanted:
            shutil.rmtree(folder, ignore_errors=True)
            pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            create = [sys.executable, "-m", "venv", folder]
            for command in (create, [*pip, *(["--no-deps"] if with_ours else []), *requirements]):
                done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
                if done.returncode != 0:
                    reason = _last_line(done.stderr or done.stdout)
                    pytest.skip(f"not run: the environment {name} ({', '.join(requirements)}) is missing: {reason}")
            if with_ours:
                (site_packages,) = folder.glob("lib/python*/site-packages")
                (site_packages / "ours.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
            installed.write_text(wanted)
    return folder / "bin"


@contextmanager
def _one_at_a_time(name: str) -> Iterator[None]:
    """Tests run in several processes; one of them installs, the others wait."""
    CACHE.mkdir(exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no reason given"])[-1]
