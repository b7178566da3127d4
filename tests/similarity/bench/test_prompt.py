"""What commands take at the prompt is measured, and nothing is left behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from similarity.bench.prompt import measure_prompt

HEAVY = ("numpy", "scipy", "gensim", "numba", "pymongo")


@pytest.mark.slow
def test_each_command_is_measured_and_no_server_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    shown: list[str] = []
    times = measure_prompt(shown.append, repeats=1)
    assert [one.name for one in times] == ["--help", "search, warm", "search, cold", "search, by the service"]
    assert shown[0] == "storing 300 articles"
    assert all(one.seconds > 0 and one.ratio > 0 for one in times)
    assert [*tmp_path.glob("xinwen-bench-*")] == []


@pytest.mark.parametrize("arguments", [["--help"], ["search", "--help"], ["similar", "--help"], ["serve", "--help"]])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys, atexit\n"
        f"atexit.register(lambda: print('loaded', [name for name in {HEAVY!r} if name in sys.modules]))\n"
        "from similarity.__main__ import app\n"
        "app(sys.argv[1:])"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    assert "Usage" in done.stdout
    assert done.stdout.splitlines()[-1] == "loaded []"
