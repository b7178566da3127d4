"""Runs the commands of the project as a user does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests import forks

PROJECT = Path(__file__).parent.parent


def environment(**variables: object) -> dict[str, str]:
    """This process's environment with *variables*, whose names are put in capitals; None removes one."""
    changes = {name.upper(): value for name, value in variables.items()}
    kept = {name: value for name, value in os.environ.items() if name not in changes}
    return kept | {name: str(value) for name, value in changes.items() if value is not None}


def run(*arguments: object, seconds: float = 600, **variables: object) -> subprocess.CompletedProcess[str]:
    """``python -m`` *arguments* in the project's folder, with *variables* in the environment.

    The process is forked from one that has loaded the modules already, see ``tests.forks``.
    """
    if "pythonpath" in variables:  # the modules to load are others
        return run_fresh(*arguments, seconds=seconds, **variables)
    return forks.run([*map(str, arguments)], str(PROJECT), environment(**variables), seconds)


def run_fresh(*arguments: object, seconds: float = 600, **variables: object) -> subprocess.CompletedProcess[str]:
    """As ``run``, in a fresh interpreter like a user's."""
    return subprocess.run(
        [sys.executable, "-m", *map(str, arguments)],
        cwd=PROJECT,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def start(*arguments: object, **variables: object) -> subprocess.Popen[str]:
    """Starts ``python -m`` *arguments* in a fresh interpreter and does not wait for its end."""
    return subprocess.Popen(
        [sys.executable, "-m", *map(str, arguments)],
        cwd=PROJECT,
        env=environment(**variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def assert_one_line_error(done: subprocess.CompletedProcess[str], *parts: str) -> None:
    """Asserts that the command failed with one line on stderr, which contains *parts*."""
    assert done.returncode != 0, done.stdout
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, done.stderr
    for part in parts:
        assert part in lines[0]
