"""``scrapy schedule`` prints the files of deploy/ for this checkout, user and data folder."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from crawler.commands.schedule import settings_left_out
from crawler.runner.deployment import (
    DEPLOY,
    FORMATS,
    CannotSchedule,
    Installation,
    Quoting,
    files,
    filled,
    ini,
    own_name,
    script,
    unit,
)
from tests.commands import assert_one_line_error, run
from tests.deploy.tools import tool

SPACED = Installation("/srv/chip news", "/srv/chip news/50%/python", "/data 1/x", "reader")


def test_the_places_of_the_files_are_the_fixed_ones() -> None:
    for pattern, quoted in FORMATS.values():
        for file in DEPLOY.glob(pattern):
            text = file.read_text("utf-8")
            assert filled(text, Installation(), quoted) == text


@pytest.mark.parametrize("form", FORMATS)
def test_each_format_is_printed_for_this_checkout(form: str, tmp_path: Path) -> None:
    done = run("xinwen", "schedule", f"--{form}", xinwen_data=tmp_path)
    assert done.returncode == 0, done.stderr
    for fixed in ("/opt/xinwen", "/var/lib/xinwen", "User=xinwen", "-u xinwen", "-aG xinwen", "-gn xinwen"):
        assert fixed not in done.stdout
    assert str(tmp_path) in done.stdout
    out = tmp_path / "new" / "out"
    written = run("scrapy", "schedule", f"--{form}", "--out", out, xinwen_data=tmp_path)
    assert written.returncode == 0, written.stderr
    assert [*out.iterdir()]
    for file in out.iterdir():
        assert file.read_text("utf-8") in done.stdout
        assert str(file) in written.stderr


def test_settings_of_the_shell_that_the_files_do_not_have_are_named(tmp_path: Path) -> None:
    """Whose shell names a MongoDB must hear that crawls by cron would fill another one."""
    address = "mongodb://me:secret@127.0.0.1:9/news"
    done = run("scrapy", "schedule", "--cron", xinwen_data=tmp_path, xinwen_zone="UTC", mongodb_uri=address)
    assert done.returncode == 0
    (line,) = done.stderr.splitlines()
    assert line.startswith("note: ") and line.endswith("; put it into /etc/xinwen/xinwen.env")
    assert "MONGODB_URI, " in line and "XINWEN_ZONE" in line and "XINWEN_DATA" not in line
    assert "secret" not in done.stdout + done.stderr
    file = tmp_path / "xinwen.env"
    found = {"MONGODB_URI": address, "XINWEN_ZONE": "UTC", "XINWEN_DATA": "/x", "XINWEN_LOG": "", "HOME": "/"}
    assert settings_left_out(found, file) == ["MONGODB_URI", "XINWEN_ZONE"]
    file.write_text(f"# MONGODB_URI=\nexport MONGODB_URI='{address}'\n")
    assert settings_left_out(found, file) == ["XINWEN_ZONE"]


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        ([], ["one of --cron, --systemd, --airflow, --scrapyd is required"]),
        (["--cron", "--systemd"], ["one of --cron, --systemd, --airflow, --scrapyd is required"]),
        (["--cron", "sia"], ["is required, not sia"]),
        (["--cron", "--user", "nobody-here"], ["there is no user 'nobody-here'", "useradd --system"]),
    ],
)
def test_what_is_refused(arguments: list[str], parts: list[str]) -> None:
    done = run("scrapy", "schedule", *arguments)
    assert_one_line_error(done, *parts)
    assert (done.returncode, done.stdout) == (2, "")


def test_a_folder_that_cannot_be_written_or_quoted_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a file"
    file.touch()
    refused = run("scrapy", "schedule", "--cron", "--out", file / "out")
    assert_one_line_error(refused, f"{file}/out: Not a directory")
    assert refused.returncode == 1
    done = run("scrapy", "schedule", "--cron", xinwen_data=tmp_path / "it's")
    assert_one_line_error(done, "cannot stand in these files; rename or move that folder", "it's")


def test_a_process_whose_user_has_no_name_is_told_to_give_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 987_654)
    with pytest.raises(CannotSchedule, match="the user 987654 of this process has no name; --user gives one"):
        own_name()


@pytest.mark.parametrize(
    ("quoted", "line", "result"),
    [
        (
            unit,
            "ExecStart=/opt/xinwen/.venv/bin/python -m xinwen",
            r"ExecStart=/srv/chip\x20news/50%%/python -m xinwen",
        ),
        (unit, "WorkingDirectory=/opt/xinwen", "WorkingDirectory=/srv/chip news"),
        (unit, "Environment=XINWEN_DATA=/var/lib/xinwen", r"Environment=XINWEN_DATA=/data\x201/x"),
        (unit, "ReadWritePaths=/var/lib/xinwen", 'ReadWritePaths="/data 1/x"'),
        (unit, "ReadWritePaths=-/var/lib/xinwen", 'ReadWritePaths=-"/data 1/x"'),
        (unit, "User=xinwen", "User=reader"),
        (unit, "SocketUser=xinwen", "SocketUser=reader"),
        (unit, "RuntimeDirectory=xinwen", "RuntimeDirectory=xinwen"),
        (unit, "ReadWritePaths=/var/lib/xinwen-other", "ReadWritePaths=/var/lib/xinwen-other"),
        (ini, "logs_dir = /var/lib/xinwen/scrapyd/logs", "logs_dir = /data 1/x/scrapyd/logs"),
        (script, 'PYTHON = "/opt/xinwen/.venv/bin/python"', 'PYTHON = "/srv/chip news/50%/python"'),
    ],
)
def test_a_path_is_quoted_as_its_line_needs_it(quoted: Quoting, line: str, result: str) -> None:
    assert filled(line, SPACED, quoted) == result


def test_systemd_finds_paths_with_spaces_and_percent_signs(tmp_path: Path) -> None:
    folder = tmp_path / "chip news, 50%"
    (folder / ".venv/bin").mkdir(parents=True)
    shutil.copy("/bin/true", folder / ".venv/bin/python")
    installation = Installation(str(folder), str(folder / ".venv/bin/python"), str(folder / "data"), own_name())
    units = tmp_path / "units"
    units.mkdir()
    for name, text in files("systemd", installation, []).items():
        (units / name).write_text(text, "utf-8")

    def fault() -> str:
        verify = [tool("systemd-analyze", "systemd"), "verify", "--man=no", *sorted(units.iterdir())]
        return subprocess.run(verify, capture_output=True, text=True, check=False).stderr

    assert fault() == ""
    (folder / ".venv/bin/python").unlink()
    assert f"Command {folder}/.venv/bin/python is not executable" in fault()
