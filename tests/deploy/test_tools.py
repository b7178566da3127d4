"""The helpers that find and install what the tests of deploy/ need."""

from __future__ import annotations

import os
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.deploy import tools


def program(file: Path, text: str) -> Path:
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return file


def test_a_tool_is_found_outside_the_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    weigh = program(tmp_path / "weigh", "exit 0")
    monkeypatch.setattr(tools, "FOLDERS", f"{tmp_path}/none:{tmp_path}")
    assert tools.tool("weigh") == str(weigh)


@pytest.mark.parametrize(("user", "reason"), [(1000, "only root on Debian can install"), (0, "Unable to locate")])
def test_a_missing_tool_skips_the_test_with_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, user: int, reason: str
) -> None:
    if user == 0 != os.geteuid():
        pytest.skip("not run: an installation by apt-get, which only root may try")
    program(tmp_path / "apt-get", "echo 'E: Unable to locate package' >&2; exit 100")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(tools, "CACHE", tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: user)
    policy = Path("/usr/sbin/policy-rc.d")
    before = policy.exists()
    with pytest.raises(pytest.skip.Exception, match=rf"^not run: xinwen-none is missing, .*{reason}[^\n]*$"):
        tools.tool("xinwen-none")
    assert policy.exists() == before


def test_an_environment_is_installed_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    wheel = tmp_path / "weigh-1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("weigh.py", "WEIGHT = 7\n")
        archive.writestr("weigh-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: weigh\nVersion: 1\n")
        archive.writestr("weigh-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("weigh-1.dist-info/RECORD", "")
    monkeypatch.setattr(tools, "CACHE", tmp_path / "cache")
    programs = tools.environment("scales", str(wheel))
    done = subprocess.run(
        [programs / "python", "-c", "import weigh; print(weigh.WEIGHT)"], capture_output=True, text=True
    )
    assert done.stdout == "7\n"
    wheel.unlink()
    assert tools.environment("scales", str(wheel)) == programs  # nothing is installed, or pip would miss the wheel
    with pytest.raises(pytest.skip.Exception, match=r"^not run: the environment scales .*none-1\.whl[^\n]*$"):
        tools.environment("scales", str(tmp_path / "none-1.whl"))
