"""Runs the project's doors as a user does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests import forks

PROJECT = Path(__file__).parent.parent


def environment(**variables: object) -> dict[str, str]:
    """This process's environment with *variables* in capitals; None takes one away."""
    wanted = {name.upper(): value for name, value in variables.items()}
    kept = {name: value for name, value in os.environ.items() if name not in wanted}
    return kept | {name: str(value) for name, value in wanted.items() if value is not None}


def run(*arguments: object, seconds: float = 120, **variables: object) -> subprocess.CompletedProcess[str]:
    """``python -m`` *arguments* in the project's folder, with *variables* in the environment."""
    if "pythonpath" in variables:  # what is loaded is another
        return run_fresh(*arguments, seconds=seconds, **variables)
    return forks.run([*map(str, arguments)], str(PROJECT), environment(**variables), seconds)


def run_fresh(*arguments: object, seconds: float = 120, **variables: object) -> subprocess.CompletedProcess[str]:
    """As ``run``, in an interpreter that has loaded nothing yet, as a user's."""
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
    """As ``run``, not waiting for the end."""
    return subprocess.Popen(
        [sys.executable, "-m", *map(str, arguments)],
        cwd=PROJECT,
        env=environment(**variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def assert_one_line_error(done: subprocess.CompletedProcess[str], *parts: str) -> None:
    """The command failed with one line on stderr that holds *parts*."""
    assert done.returncode != 0, done.stdout
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, done.stderr
    for part in parts:
        assert part in lines[0]
