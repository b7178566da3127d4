"""An installation that can be read only, called by another user from another folder; data are in that user's own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from store.connection import another_database, connect
from tests.commands import assert_one_line_error
from tests.installation.conftest import USER, Installation

pytestmark = pytest.mark.slow

TRAPS = ("text", "store", "service", "alerts", "crawler", "similarity", "pipelines", "scrapy")
"""Names that a folder may have files of, as the packages do."""


@pytest.fixture
def elsewhere(installation: Installation) -> Path:
    """A folder of the user's with files that are called like our packages, and with another project's settings."""
    folder = installation.home / "elsewhere"
    folder.mkdir(exist_ok=True)
    for name in TRAPS:
        (folder / f"{name}.py").write_text("raise SystemExit('the file of the folder, not our package')\n")
    (folder / "scrapy.cfg").write_text("[settings]\ndefault = of_another.settings\n")
    return folder


@pytest.fixture
def database_of(server: str) -> Iterator[str]:
    """Address of an empty database, and of the one for samples beside it."""
    name = f"test_{uuid4().hex[:12]}"
    address = another_database(server, name)
    yield address
    with connect(address).client as client:
        client.drop_database(name)
        client.drop_database(f"{name}_samples")


def test_crawl_and_search_leave_the_installation_as_it_was(installation: Installation, elsewhere: Path) -> None:
    before = installation.files()
    assert "xinwen COMMAND" in installation.run("xinwen", "--help", cwd=elsewhere).stdout
    samples = installation.packages / "xinwen" / "shipped" / "samples"
    own = {"cwd": elsewhere, "xinwen_sample_web": samples, "scrapy_settings_module": "of_another.settings"}
    own |= {"xinwen_embedded_idle": 60}
    crawled = installation.run("xinwen", "crawlall", "wsts", "--json", **own)
    assert crawled.returncode == 0, crawled.stderr
    assert json.loads(crawled.stdout)["runs"][0]["new"] > 2
    found = installation.run("xinwen", "search", "semiconductor billings", "--json", **own)
    assert json.loads(found.stdout)["hits"], found.stderr
    assert installation.run("xinwen", "watch", "list", **own).returncode == 0
    assert installation.run("xinwen", "stop", **own).returncode == 0
    assert installation.files() == before
    data = installation.home / ".local" / "state" / "xinwen"
    assert {"mongod", "logs", "cache"} <= {file.name for file in data.iterdir()}
    assert {file.owner() for file in [data, *data.rglob("*")]} == {
        USER if installation.user else data.parents[2].owner()
    }
    assert {file.name for file in elsewhere.iterdir()} == {f"{name}.py" for name in TRAPS} | {"scrapy.cfg"}


def test_the_samples_come_with_it(installation: Installation) -> None:
    done = installation.run("xinwen", "samples", "nothing")
    assert_one_line_error(done, "no sample site for nothing", "shipped/samples", "wsts")


def test_compiled_code_is_kept_in_the_folder_for_data(installation: Installation) -> None:
    code = "import similarity.jit as j; print(j.config.CACHE_DIR)"
    kept = installation.home / ".local" / "state" / "xinwen" / "cache" / "numba"
    assert installation.run("python", "-c", code).stdout.strip() == str(kept)
    code = "import similarity.ranking.hybrid.candidates as c; print(c._comes_after(1.0, 2, 1.0, 3))"
    assert installation.run("python", "-c", code, numba_disable_jit=None).stderr == ""
    assert list(kept.rglob("*.nbi"))


def test_the_folder_for_data_is_the_users(installation: Installation) -> None:
    def folder(**variables: object) -> str:
        return str(json.loads(installation.run("xinwen", "status", "--json", **variables).stdout)["data"])

    assert folder() == f"{installation.home}/.local/state/xinwen/mongod"
    assert folder(xdg_state_home="/var/tmp/state") == "/var/tmp/state/xinwen/mongod"
    assert folder(xdg_state_home="relative") == folder()
    assert folder(xinwen_data="/var/tmp/own") == "/var/tmp/own/mongod"


def test_what_changes_the_project_needs_a_checkout(installation: Installation) -> None:
    for command in (
        ("newsource", "one", "https://one.example/"),
        ("capture", "sia", "https://www.semiconductors.org/a"),
        ("floors", "check"),
        ("calibrate", "."),
    ):
        done = installation.run("xinwen", *command)
        assert_one_line_error(done, "needs a checkout of the project")
        assert done.returncode == 1


def test_a_home_that_cannot_be_written(installation: Installation, database_of: str) -> None:
    own = {"home": "/proc", "mongodb_uri": database_of}
    without_server = installation.run("xinwen", "search", "wafer", home="/proc")
    assert_one_line_error(without_server, "the data folder /proc/.local/state/xinwen cannot be written", "XINWEN_DATA")
    logs = installation.run("xinwen", "crawlall", "wsts", **own)
    assert_one_line_error(logs, "the logs of crawls cannot be written to /proc/.local/state/xinwen/logs")
    samples = installation.packages / "xinwen" / "shipped" / "samples"
    crawled = installation.run("xinwen", "crawl", "wsts", "-a", "limit=2", "--json", **own, xinwen_sample_web=samples)
    assert json.loads(crawled.stdout)["runs"][0]["new"] == 2, crawled.stderr
    found = installation.run("xinwen", "search", "semiconductor", "--json", **own, xinwen_sample_web=samples)
    assert json.loads(found.stdout)["hits"] and found.stderr == ""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_for_data_of_another_user(installation: Installation, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs" / "mongod"
    theirs.mkdir(parents=True)
    refused = installation.run("xinwen", "search", "wafer", xinwen_data=theirs.parent)
    assert_one_line_error(refused, f"the data folder {theirs} belongs to the user root", "sudo -u root", "XINWEN_DATA")
    shutil.chown(theirs, USER)
    as_root = Installation(installation.environment, tmp_path)
    refused = as_root.run("xinwen", "search", "wafer", xinwen_data=theirs.parent)
    assert_one_line_error(refused, f"the data folder {theirs} belongs to the user {USER}", "XINWEN_DATA")
    assert list(theirs.iterdir()) == [], "not even root leaves files there"


@pytest.mark.parametrize(
    "locale", [{"lang": "C"}, {"lang": None}, {"lang": "C", "pythonutf8": 0, "pythoncoerceclocale": 0}], ids=str
)
def test_a_locale_without_chinese(installation: Installation, locale: dict[str, object]) -> None:
    done = installation.run("xinwen", "--help", **locale)
    assert done.returncode == 0 and done.stderr == ""
    assert ("芯闻" in done.stdout) == ("pythonutf8" not in locale)
    done = installation.run("xinwen", "search", "先进封装", **locale, xinwen_data="/proc/none")
    assert_one_line_error(done, "the data folder /proc/none cannot be written")


def test_an_unknown_zone_and_an_unknown_setting_are_one_line(installation: Installation) -> None:
    assert_one_line_error(installation.run("xinwen", "search", "a", xinwen_zone="Asia/Nowhere"), "XINWEN_ZONE")
    done = installation.run("python", "-c", "import similarity", xinwen_dat="x")
    assert done.returncode == 0, "the command says it, not the import"


def old_python() -> str:
    """A Python older than 3.11, if there is one."""
    found = [str(file) for file in (Path.home() / ".pyenv" / "versions").glob("3.[6-9].*/bin/python")]
    return next(iter(found), "") or shutil.which("python3.10") or shutil.which("python3.9") or ""


def test_a_python_too_old_is_told_the_one_it_takes(installation: Installation) -> None:
    if not (python := old_python()):
        pytest.skip("no Python older than 3.11 here")
    done = subprocess.run(
        [python, "-c", "import xinwen"], cwd=installation.packages, capture_output=True, text=True, check=False
    )
    assert_one_line_error(done, "error: Xinwen needs Python 3.11 to 3.13", "docs/installing.md")
