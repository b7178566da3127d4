"""``xinwen``: every command from any directory, with JSON where there is something to say, and completed by shells."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import typer

from crawler.sources import SOURCES
from store import command_line
from store.connection import another_database, connect
from store.documents import visits
from tests.commands import PROJECT, assert_one_line_error, environment, run, run_fresh
from tests.similarity.conftest import storing_in
from xinwen.__main__ import main
from xinwen.commands import EXIT_STATUSES, commands, programs

PAGE = next((PROJECT / "samples" / "sia" / "pages").glob("data-brief*.html"))
FEED = PROJECT / "samples" / "sia" / "pages"
ARTICLE = "https://a.example/wafer prices rise"

CASES: dict[str, list[object]] = {
    "list": [],
    "search": ["wafer"],
    "similar": ["ID"],
    "latest": [],
    "show": ["ID"],
    "keywords": ["ID"],
    "trend": ["wafer"],
    "earlier": ["ID", "--page", 1],
    "stats": [],
    "export": ["wafer", "--out", "OUT"],
    "delete": ["ID", "--dry-run"],
    "compact": [],
    "prune": ["--dry-run"],
    "rebuild": [],
    "verify": [],
    "retokenize": [],
    "upgrade": [],
    "health": ["sia"],
    "token": ["list"],
    "extract": [PAGE, "--url", "https://www.semiconductors.org/a/", "--source", "sia"],
    "status": [],
}
"""A command line for each command that gives one JSON object and needs no more than an article."""

ELSEWHERE = {
    "crawl", "crawlall", "reread", "ingest",  # below: they need a crawl
    # With their own tests:
    "import", "backup", "restore", "related", "train", "evaluate", "bench", "calibrate", "watch", "digest", "links", "metrics",
    "serve", "mcp", "samples", "floors", "keep", "doctor", "stop", "open", "newsource", "capture", "completion", "schedule",
}  # fmt: skip


@pytest.fixture(scope="module")
def stored(server: str) -> Iterator[tuple[str, str]]:
    """A database with three reports and the record of a run, and the id of one report."""
    address = another_database(server, f"test_{uuid4().hex[:12]}")
    database = connect(address)
    from datetime import UTC, datetime

    from store.article import File

    file = File("https://a.example/r.pdf", company="Wafer Co", fiscal_year=2026, quarter=1)
    now = datetime.now(UTC)
    ids = storing_in(database)(
        ["wafer prices rise", "wafer prices fall", "wafer output"],
        kind="report",
        files=[file],
        published=now,
        language="en",
    )
    run_record = {"source": "sia", "verdict": "ok", "why": "", "started": now, "ended": now, "found": 3, "new": 1}
    database.runs.insert_one(run_record)
    assert visits.article_at(database, "https://nowhere.example/") == ""
    yield address, ids[0]
    database.client.drop_database(database.name)
    database.client.close()


def test_every_command_is_tried_here_or_has_its_own_test() -> None:
    assert CASES.keys() | ELSEWHERE == programs().keys() and not CASES.keys() & ELSEWHERE


@pytest.mark.parametrize("name", CASES)
def test_json_is_one_object_on_stdout(name: str, stored: tuple[str, str], tmp_path: Path) -> None:
    address, key = stored
    given = {"ID": key, "OUT": tmp_path / "out.csv"}
    arguments = [given.get(str(argument), argument) for argument in CASES[name]]
    done = run("xinwen", name, *arguments, "--json", mongodb_uri=address)
    assert done.returncode == 0, done.stderr
    assert isinstance(json.loads(done.stdout), dict) and done.stderr == ""


@pytest.mark.slow
def test_crawls_and_files_as_json(server: str, tmp_path: Path) -> None:
    name = f"test_{uuid4().hex[:12]}"
    own = {"mongodb_uri": another_database(server, name), "xinwen_sample_web": PROJECT / "samples"}
    record = json.loads(run("xinwen", "crawl", "sia", "-a", "limit=2", "--json", **own).stdout)["runs"][0]
    assert record["source"] == "sia" and record["new"] == 2 and record["ended"].endswith("Z")
    done = run("xinwen", "crawlall", "wsts", "--json", **own)
    assert [one["source"] for one in json.loads(done.stdout)["runs"]] == ["wsts"] and "wsts" in done.stderr
    assert "every 1h; ok at" in run("xinwen", "crawl", "wsts", "--dry-run", **own).stdout
    assert json.loads(run("xinwen", "reread", "wsts", "--json", **own).stdout)["failed"] == ""
    (tmp_path / "a.jsonl").write_text(
        '{"title": "Wafers", "text": "Wafer prices rise.", "url": "https://b.example/1"}\n'
    )
    assert json.loads(run("xinwen", "ingest", tmp_path / "a.jsonl", "--json", **own).stdout)["new"] == 1
    database = connect(own["mongodb_uri"])
    with database.client as client:
        client.drop_database(f"{name}_samples")


def fresh(*arguments: object, cwd: Path, **variables: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(PROJECT / "bin" / "xinwen"), *map(str, arguments)]
    return subprocess.run(
        command, cwd=cwd, env=environment(**variables), capture_output=True, text=True, check=False, timeout=60
    )


def test_a_process_that_reads_a_report_does_not_begin_the_command_again(tmp_path: Path) -> None:
    report = PROJECT / "samples" / "smic" / "files" / "2Q2026_webcast.pdf"
    done = fresh("extract", report, "--url", "https://www.smics.com/a.pdf", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["title"] == "2Q2026 Conference Call Webcast Announcement (sample)"


def test_from_any_directory_with_the_data_of_the_project(stored: tuple[str, str], tmp_path: Path) -> None:
    done = fresh("search", "wafer prices", "--json", cwd=tmp_path, mongodb_uri=stored[0], pythonpath=None)
    assert len(json.loads(done.stdout)["hits"]) == 3, done.stderr
    assert fresh("list", cwd=tmp_path, pythonpath=None).stdout.split() == list(SOURCES)
    status = fresh("status", "--json", cwd=tmp_path, xinwen_data=None, pythonpath=None)
    assert json.loads(status.stdout)["data"] == str(PROJECT / ".data" / "mongod")
    link = tmp_path / "xinwen"
    link.symlink_to(PROJECT / "bin" / "xinwen")
    done = subprocess.run([sys.executable, link], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert EXIT_STATUSES in done.stdout
    for name, command in commands().items():
        assert f"  {name:<12} {command.help}" in done.stdout and command.help


def test_a_mistyped_command_is_one_line(tmp_path: Path) -> None:
    done = fresh("serach", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "error: no command 'serach'; did you mean search?\n")
    done = fresh("completion", "tcsh", cwd=tmp_path)
    assert done.returncode == 2 and done.stderr == "error: name one shell: bash, zsh, fish\n"


def test_an_interruption_before_the_command_is_loaded_is_one_line(monkeypatch, capsys) -> None:
    def interrupted() -> dict[str, str]:
        raise KeyboardInterrupt

    monkeypatch.setattr("xinwen.__main__.programs", interrupted)
    monkeypatch.setattr("xinwen.__main__._settle", lambda: None)
    monkeypatch.setattr(sys, "argv", ["xinwen", "search", "wafer"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert (ended.value.code, capsys.readouterr().err) == (130, "error: interrupted\n")


def loading(folder: Path, *lines: str) -> dict[str, str]:
    """The variable with which a process finds the package ``loading``, which runs *lines*."""
    (folder / "loading").mkdir()
    (folder / "loading" / "__main__.py").write_text("\n".join(["import os, signal", *lines, ""]))
    return {"pythonpath": f"{PROJECT}:{folder}"}


@pytest.mark.parametrize(
    "lines",
    [
        ["os.kill(os.getpid(), signal.SIGINT)"],
        [
            "class Interrupted:",
            "    def __set_name__(self, *_): os.kill(os.getpid(), signal.SIGINT)",
            "class Made: one = Interrupted()",
        ],
    ],
    ids=["anywhere", "in a class"],
)
def test_an_interruption_while_the_server_or_the_watches_load_is_one_line(tmp_path: Path, lines: list[str]) -> None:
    done = run_fresh("store.command_line", "loading", **loading(tmp_path, *lines))
    assert (done.returncode, done.stderr) == (130, "error: interrupted\n")


def test_an_interruption_before_they_load_is_one_line(tmp_path: Path) -> None:
    code = (
        "import os, signal; from store import command_line; replace = os.execv\n"
        "os.execv = lambda *given: (os.kill(os.getpid(), signal.SIGINT), replace(*given))\n"
        "command_line.replace_by('loading')"
    )
    variables = environment(**loading(tmp_path, "raise SystemExit('loaded')"))
    done = subprocess.run(
        [sys.executable, "-c", code], env=variables, capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (130, "error: interrupted\n")


def test_an_interruption_of_a_command_is_one_line(capsys) -> None:
    app = typer.Typer()

    @app.command()
    def wait() -> None:
        raise KeyboardInterrupt

    with pytest.raises(SystemExit) as ended:
        command_line.run(app, arguments=[])
    assert (ended.value.code, capsys.readouterr().err) == (130, "error: interrupted\n")


def test_the_list_and_the_names_load_nothing_heavy() -> None:
    code = "import xinwen.commands as c; c.commands(); import sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert not {"typer", "numpy", "pymongo", "scrapy", "rich"} & set(done.stdout.split())


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the files of this checkout, and an empty environment beside it."""
    folder = tmp_path / "checkout"
    (folder / "bin").mkdir(parents=True)
    shutil.copy(PROJECT / "bin" / "xinwen", folder / "bin")
    for package in PROJECT.glob("*/__init__.py"):
        (folder / package.parent.name).symlink_to(package.parent)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "environment")], check=True)
    return folder


def called(program: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What *program* of a checkout says when a Python of no environment runs it."""
    command = [os.path.realpath(sys.executable), str(program), *arguments]
    return subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=60, check=False)


def test_the_environment_may_lie_elsewhere(checkout: Path) -> None:
    (checkout / ".venv").symlink_to(checkout.parent / "environment")
    assert called(checkout / "bin" / "xinwen", "--help").stdout.startswith("xinwen COMMAND")


def test_the_link_may_lie_in_an_environment_elsewhere(checkout: Path) -> None:
    link = checkout.parent / "environment" / "bin" / "xinwen"
    link.symlink_to(checkout / "bin" / "xinwen")
    assert called(link, "--help").stdout.startswith("xinwen COMMAND")


def test_a_python_beside_the_link_is_no_environment(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to("/bin/false")
    (tmp_path / "bin" / "xinwen").symlink_to(checkout / "bin" / "xinwen")
    assert called(tmp_path / "bin" / "xinwen", "--help").stdout.startswith("xinwen COMMAND")


def test_a_checkout_whose_environment_lacks_packages_says_so(checkout: Path) -> None:
    (checkout / ".venv").symlink_to(checkout.parent / "environment")
    done = called(checkout / "bin" / "xinwen", "search", "wafer")
    assert done.returncode == 1
    assert_one_line_error(done, "lacks the package typer", f"in {checkout}: make .venv/installed")
