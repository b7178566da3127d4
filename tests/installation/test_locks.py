"""The locks hold every pin of ``requirements*.txt`` with hashes, and nothing of the machine that made them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from store.places import REQUIREMENTS
from tests.commands import PROJECT

LOCKS = sorted((PROJECT / "locks").glob("*.txt"))
_HASHES = r"((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)"
_ENTRY = re.compile(r"^([\w.-]+(?:\[[\w,-]+\])?)==([\w.!+-]+)(?: ; (.+?))? \\\n" + _HASHES, re.M)


def locked(lock: Path) -> dict[str, str]:
    """The version of each package in *lock*, by its name as names are compared."""
    return {
        canonicalize_name(Requirement(name).name): version for name, version, *_ in _ENTRY.findall(lock.read_text())
    }


def pinned(names: list[str]) -> dict[str, str]:
    """The version of each package in the files of *names*."""
    found = {}
    for name in names:
        for line in (PROJECT / name).read_text("utf-8").splitlines():
            if (text := line.partition("#")[0].strip()) and not text.startswith("-"):
                required = Requirement(text)
                (specifier,) = required.specifier
                found[canonicalize_name(required.name)] = specifier.version
    return found


def test_there_is_a_lock_for_each_python_that_the_suite_runs_on() -> None:
    assert [lock.name for lock in LOCKS] == ["3.11-dev.txt", "3.11.txt", "3.13-dev.txt", "3.13.txt"]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_pin_is_locked_with_hashes(lock: Path) -> None:
    files = ["requirements.txt", *REQUIREMENTS.values()] + ["requirements-dev.txt"] * ("-dev" in lock.name)
    versions, pins = locked(lock), pinned(files)
    other = {name: (version, versions.get(name)) for name, version in pins.items() if versions.get(name) != version}
    assert other == {}, "make locks"
    assert len(versions) > len(pins) > 40, "also what they need themselves"


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_has_nothing_but_packages_with_hashes(lock: Path) -> None:
    rest = _ENTRY.sub("", lock.read_text("utf-8"))
    assert [line for line in rest.splitlines() if not line.startswith("#")] == [], "no index, host, path or option"
    assert "://" not in rest and "make locks" in rest


def test_what_the_tests_run_with_is_what_is_locked_for_the_program() -> None:
    for version in ("3.11", "3.13"):
        program, every = locked(PROJECT / "locks" / f"{version}.txt"), locked(PROJECT / "locks" / f"{version}-dev.txt")
        assert {name: every.get(name) for name in program} == program


def test_the_script_is_one_that_bash_reads() -> None:
    subprocess.run(["bash", "-n", PROJECT / "locks" / "make"], check=True)
    subprocess.run(["bash", "-n", PROJECT / ".ci" / "run"], check=True)
