"""deploy/systemd/: systemd-analyze accepts every unit, in silence, and refuses each broken one."""

from __future__ import annotations

import getpass
import re
import subprocess
import sys
from pathlib import Path

import pytest

from crawler.runner.deployment import Installation, files
from tests.commands import PROJECT, run
from tests.deploy.tools import tool
from tests.similarity.conftest import storing_in
from text.analysis.analyzer import Analyzer

UNITS = PROJECT / "deploy" / "systemd"
SERVICES = sorted(UNITS.glob("*.service"))
TIMERS = sorted(UNITS.glob("*.timer"))


def analyzed(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [tool("systemd-analyze", "systemd"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def fault(folder: Path) -> str:
    """What systemd-analyze has against the units in *folder*; a misspelt key is only a line on standard error."""
    done = analyzed("verify", "--man=no", *sorted(folder.iterdir()))
    return done.stderr or ("" if done.returncode == 0 else f"status {done.returncode}")


def exposure(file: Path) -> int:
    """The exit status: 0 where no more than 3.0 of 10 is exposed."""
    return analyzed("security", "--offline=yes", "--threshold=30", "--no-pager", file).returncode


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units as ``scrapy schedule --systemd`` prints them for this checkout."""
    installation = Installation(str(PROJECT), sys.executable, str(tmp_path), getpass.getuser())
    folder = tmp_path / "system"
    folder.mkdir()
    for name, text in files("systemd", installation, []).items():
        (folder / name).write_text(text, "utf-8")
    return folder


def broken(file: Path, right: str, wrong: str) -> None:
    """Replaces *right*, which stands in *file*, by *wrong*."""
    text = file.read_text("utf-8")
    assert right in text
    file.write_text(text.replace(right, wrong), "utf-8")


def test_systemd_accepts_the_units(units: Path) -> None:
    assert sorted(file.name for file in units.iterdir()) == sorted(file.name for file in UNITS.iterdir())
    assert fault(units) == ""


@pytest.mark.parametrize(
    ("file", "right", "wrong", "reason"),
    [
        ("xinwen-api.service", "MemoryMax=", "MemoryMaximum=", "MemoryMaximum' in section"),
        ("xinwen-api.service", "Type=notify", "Type=notifies", "Failed to parse service type"),
        ("xinwen-crawl.service", f"{sys.executable} -m", "/nowhere/python -m", "/nowhere/python is not executable"),
        ("xinwen-api.socket", "ListenStream=/run", "ListenStream=run", "Failed to parse address value"),
        ("xinwen-crawl.timer", "*:0/10", "*:0/ten", "Failed to parse calendar specification"),
        ("xinwen-backup.timer", "Persistent=true", "Persistent=always", "Failed to parse boolean value"),
    ],
)
def test_a_broken_unit_is_told(units: Path, file: str, right: str, wrong: str, reason: str) -> None:
    broken(units / file, right, wrong)
    assert reason in fault(units)


def test_a_program_that_is_not_there_is_told(tmp_path: Path) -> None:
    # The files as they stand, on a machine where nothing is in their places.
    (tmp_path / "xinwen-none.service").write_text(
        (UNITS / "xinwen-compact.service").read_text("utf-8").replace("/opt/xinwen", str(tmp_path / "none"))
    )
    assert f"{tmp_path}/none/.venv/bin/python is not executable: No such file" in fault(tmp_path)


@pytest.mark.parametrize("file", SERVICES, ids=lambda file: file.stem)
def test_a_service_may_do_little(file: Path, tmp_path: Path) -> None:
    assert exposure(file) == 0
    open_to_all = tmp_path / file.name
    open_to_all.write_text(re.sub(r"(?ms)^# Hardening.*?(?=^\[|\Z)", "", file.read_text("utf-8")))
    assert exposure(open_to_all) != 0


def test_all_services_are_hardened_alike() -> None:
    parts = {re.findall(r"(?ms)^# Hardening.*?(?=^\[|\Z)", file.read_text("utf-8"))[0].strip() for file in SERVICES}
    assert len(parts) == 1


@pytest.mark.parametrize("file", SERVICES, ids=lambda file: file.stem)
def test_a_service_has_a_user_limits_and_no_secrets(file: Path) -> None:
    lines = file.read_text("utf-8").splitlines()
    assert "User=xinwen" in lines
    assert any(re.match(r"After=network\.target\b", line) for line in lines)
    assert any(re.fullmatch(r"MemoryMax=\d+G", line) for line in lines)
    # Environment= is shown to everybody by systemctl show; the file with MONGODB_URI is not.
    assert [line for line in lines if "Environment" in line] == [
        "Environment=XINWEN_DATA=/var/lib/xinwen",
        "EnvironmentFile=-/etc/xinwen/xinwen.env",
    ]


def test_the_api_is_watched_and_started_again() -> None:
    lines = (UNITS / "xinwen-api.service").read_text("utf-8").splitlines()
    assert {"Type=notify", "WatchdogSec=60", "Restart=always", "StartLimitIntervalSec=0"} <= set(lines)


def command_of(units: Path, service: str) -> list[str]:
    """The command of *service*, without the Python that runs it."""
    (command,) = re.findall(r"^ExecStart=(\S+) -m (.+)$", (units / service).read_text("utf-8"), re.M)
    assert command[0] == sys.executable
    return command[1].split()


@pytest.mark.slow
def test_the_commands_of_the_timers_run(units: Path, database, uri: str, tmp_path: Path) -> None:
    storing_in(database)(["Wafer prices rise again."], Analyzer())
    for service in ("xinwen-compact.service", "xinwen-backup.service"):
        done = run(*command_of(units, service), mongodb_uri=uri, xinwen_data=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
    assert len(list((tmp_path / "backup").glob("20*"))) == 1
    *command, file = command_of(units, "xinwen-metrics.service")
    done = run(*command, tmp_path / Path(file).name, mongodb_uri=uri, xinwen_data=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "xinwen_metrics_timestamp_seconds" in (tmp_path / "xinwen.prom").read_text("utf-8")
    # Which the test of the crontab runs.
    assert " ".join(command_of(units, "xinwen-crawl.service")) in (PROJECT / "deploy" / "crontab").read_text("utf-8")


@pytest.mark.parametrize("file", TIMERS, ids=lambda file: file.stem)
def test_a_timer_makes_up_for_what_was_missed(file: Path) -> None:
    text = file.read_text("utf-8")
    (calendar,) = re.findall(r"^OnCalendar=(.+)$", text, re.M)
    done = analyzed("calendar", "--iterations=3", calendar)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("From now:") == 3
    assert analyzed("calendar", calendar.replace(":", ":9")).returncode != 0
    assert "\nPersistent=true\n" in text
    assert file.with_suffix(".service").exists()
