"""The wheel of this checkout, and an installation of it that another user calls and nobody may change."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.commands import PROJECT

USER, GROUP = "nobody", "nogroup"
_READ = "-all,+dac_read_search"  # an interpreter may lie where only root can read, such as root's home
AS_USER = ("setpriv", f"--reuid={USER}", f"--regid={GROUP}", "--clear-groups", f"--inh-caps={_READ}")
AS_USER += (f"--ambient-caps={_READ}", f"--bounding-set={_READ}")


@dataclass(frozen=True)
class Installation:
    """An environment with the wheel in it, and the home of the user who calls it."""

    environment: Path
    home: Path
    user: tuple[str, ...] = field(default=())

    @property
    def packages(self) -> Path:
        """The folder in which the packages lie."""
        return next((self.environment / "lib").glob("python*/site-packages"))

    def run(self, *command: object, cwd: Path | None = None, **variables: object) -> subprocess.CompletedProcess[str]:
        """*command* of the environment's ``bin`` as the user, with no variables but *variables*, in *cwd* or the home.

        Compiled loops run as plain Python, which is faster for a few articles than compiling them once more.
        """
        given = {"path": "/usr/bin:/bin", "home": self.home, "lang": "C.UTF-8", "numba_disable_jit": 1} | variables
        program, *arguments = map(str, command)
        return subprocess.run(
            [*self.user, str(self.environment / "bin" / program), *arguments],
            cwd=cwd or self.home,
            env={name.upper(): str(value) for name, value in given.items() if value is not None},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    def files(self) -> dict[str, tuple[int, int]]:
        """Size and time of every file of the installation."""
        return {str(file): (file.lstat().st_size, file.lstat().st_mtime_ns) for file in self.environment.rglob("*")}


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="session")
def installation(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """The wheel in an environment of its own, which has the dependencies from this one and can be read only."""
    folder = tmp_path_factory.mktemp("installation")
    environment, home = folder / "environment", folder / "home"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    pip = [sys.executable, "-m", "pip", f"--python={environment}/bin/python", "install", "--quiet", "--no-index"]
    subprocess.run([*pip, "--no-deps", "--no-compile", str(wheel)], check=True)
    installed = Installation(environment, home)
    (installed.packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    home.mkdir()
    if os.geteuid() == 0:
        shutil.chown(home, USER, GROUP)
        installed = Installation(environment, home, AS_USER)
        subprocess.run([*AS_USER, "true"], check=True)
    subprocess.run(["chmod", "-R", "a-w", str(environment)], check=True)
    yield installed
    subprocess.run(["chmod", "-R", "u+w", str(environment)], check=True)
