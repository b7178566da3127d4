"""deploy/crontab: crontab accepts it, and /bin/sh runs its command as cron would."""

from __future__ import annotations

import fcntl
import re
import subprocess
from pathlib import Path

import pytest

from crawler.runner.deployment import Installation, crontab, filled
from tests.commands import PROJECT, run
from tests.deploy.only import only
from tests.deploy.tools import tool


def checked(file: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([tool("crontab", "cron"), "-n", file], capture_output=True, text=True, check=False)


def run_by_cron(text: str, home: Path, **added: str) -> subprocess.CompletedProcess[str]:
    """The command of the crontab *text*, as cron runs it: with a bare environment, and ``%`` for ``\\%``."""
    variables = dict(re.findall(r"^(\w+)=(.*)$", text, re.M))
    (command,) = re.findall(r"^\*/10 \* \* \* \* (.*)$", text, re.M)
    line, *rest = re.split(r"(?<!\\)%", command)
    assert not rest, "cron would end the command here"
    bare = {"HOME": str(home), "LOGNAME": "xinwen", "SHELL": "/bin/sh", "PATH": "/usr/bin:/bin"} | variables | added
    return subprocess.run(
        ["/bin/sh", "-c", line.replace(r"\%", "%")], cwd=home, env=bare, capture_output=True, text=True, check=False
    )


def test_crontab_accepts_the_file_and_no_broken_one(deploy: Path, tmp_path: Path) -> None:
    assert (done := checked(deploy / "crontab")).returncode == 0, done.stderr
    text = (deploy / "crontab").read_text("utf-8")
    assert not re.search(r"^CRON_TZ|^\d", text, re.M), "hours: Debian's cron knows no zone"
    for number, (right, wrong) in enumerate([("*/10 *", "*/10"), ("*/10", "*/ten"), ("*/10", "70")]):
        broken = tmp_path / f"{number}"
        broken.write_text(text.replace(f"\n{right}", f"\n{wrong}"))
        assert checked(broken).returncode != 0


@pytest.mark.slow
def test_the_command_crawls_what_is_due_and_flock_keeps_a_second_one_out(samples, uri: str, tmp_path: Path) -> None:
    printed = run("scrapy", "schedule", "--cron", xinwen_data=tmp_path / "data").stdout
    variables = only(tmp_path, "sia") | {"MONGODB_URI": uri}
    (tmp_path / "data").mkdir()
    with (tmp_path / "data" / "cron.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = run_by_cron(printed, tmp_path, **variables)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert samples.runs.count_documents({}) == 0
    done = run_by_cron(printed, tmp_path, **variables)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert [(run["source"], run["verdict"]) for run in samples.runs.find()] == [("sia", "ok")]
    assert (tmp_path / "data" / "logs" / "sia.log").exists()


def test_a_path_with_spaces_and_percent_signs_reaches_the_shell(tmp_path: Path) -> None:
    folder = tmp_path / "100% of it, 50 % off"
    installation = Installation(str(folder), str(folder / ".venv/bin/python"), str(folder / "my data"), "root")
    (folder / ".venv/bin").mkdir(parents=True)
    python = folder / ".venv/bin/python"
    python.write_text('#!/bin/sh\necho "$PWD $XINWEN_DATA $*" >"$XINWEN_DATA/seen"\n')
    python.chmod(0o755)
    text = filled((PROJECT / "deploy" / "crontab").read_text("utf-8"), installation, crontab)
    (tmp_path / "crontab").write_text(text)
    assert checked(tmp_path / "crontab").returncode == 0
    assert (done := run_by_cron(text, tmp_path)).returncode == 0, done.stderr
    assert (folder / "my data" / "seen").read_text() == f"{folder} {folder}/my data -m xinwen crawlall --due\n"
    assert (folder / "my data" / "cron.lock").exists()
    with pytest.raises(AssertionError, match="cron would end the command here"):
        run_by_cron(text.replace(r"\%", "%"), tmp_path)
