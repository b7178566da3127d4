"""``xinwen completion``: bash, fish and zsh themselves complete what is typed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands import PROJECT, environment
from tests.deploy.tools import tool

CASES = [
    ("crawl", {"crawl", "crawlall"}),
    ("export --fo", {"--format"}),
    ("watch re", {"resume", "remove"}),
    ("export --out ./some", {"./something.csv"}),
]
"""What is typed after ``xinwen``, and the words that may stand there."""


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    """An environment where ``xinwen`` is a command of a folder on the path."""
    (tmp_path / "xinwen").symlink_to(PROJECT / "bin" / "xinwen")
    path = os.pathsep.join([str(tmp_path), str(Path(sys.executable).parent), os.environ["PATH"]])
    return environment(path=path, home=tmp_path, term="dumb")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Path:
    """The folder in which is typed, with one file."""
    (tmp_path / "something.csv").touch()
    return tmp_path


def output(command: list[str], variables: dict[str, str], folder: Path) -> list[str]:
    """The lines that *command* writes."""
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=True, cwd=folder, timeout=60)
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("typed", "expected"),
    [*CASES, ("sea", {"search"}), ("completion z", {"zsh"}), ("watch add --eve", {"--every"})],
)
def test_bash(typed: str, expected: set[str], variables: dict[str, str], folder: Path) -> None:
    words = ["xinwen", *typed.split()]
    script = (
        'eval "$(xinwen completion bash)"\n'
        f"COMP_WORDS=({' '.join(words)}) COMP_CWORD={len(words) - 1}\n_xinwen\n"
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    assert set(output(["bash", "-c", script], variables, folder)) == expected


@pytest.mark.parametrize(("typed", "expected"), CASES)
def test_fish(typed: str, expected: set[str], variables: dict[str, str], folder: Path) -> None:
    script = f"xinwen completion fish | source; complete -C 'xinwen {typed}'"
    found = output([tool("fish"), "--no-config", "-c", script], variables, folder)
    assert {line.partition("\t")[0] for line in found} == expected


@pytest.mark.parametrize(("typed", "expected"), CASES)
def test_zsh(typed: str, expected: set[str], variables: dict[str, str], folder: Path) -> None:
    # zsh completes only for somebody at a terminal, so another zsh makes one and presses Tab there. It reads until what
    # is expected has come: without it, the time limit ends it.
    script = (
        "zmodload zsh/zpty\nzpty shell zsh -f -i\n"
        """zpty -w shell 'eval "$(xinwen completion zsh)"; print rea""dy'; zpty -r shell said '*ready*'\n"""
        f"zpty -w -n shell $'xinwen {typed}\\t'; zpty -r shell said '*{'*'.join(sorted(expected))}*'; print $said"
    )
    assert output([tool("zsh"), "-f", "-c", script], variables, folder)
