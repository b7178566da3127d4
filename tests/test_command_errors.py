"""Bad input to each command: one clear line on stderr, an exit status other than 0, no traceback, no partial output."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pymongo import MongoClient

from store.server.mongod import find_mongod
from tests.commands import PROJECT, assert_one_line_error, environment
from tests.commands import run_fresh as run

pytestmark = pytest.mark.slow

UNREACHABLE = {"mongodb_uri": "mongodb://reader:secret@127.0.0.1:9/news", "xinwen_timeout": 1}


@pytest.fixture(scope="module")
def read_only(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a database that the user may read and not write."""
    folder = tmp_path_factory.mktemp("guarded")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--auth", "--bind_ip", "127.0.0.1", "--port", str(port), "--dbpath", str(folder), "--nounixsocket"]
    mongod = subprocess.Popen([find_mongod(), *options], stdout=subprocess.DEVNULL)
    try:
        with MongoClient("127.0.0.1", port, serverSelectionTimeoutMS=20_000) as client:
            client.admin.command("createUser", "root", pwd="r", roles=["root"])
        with MongoClient("127.0.0.1", port, username="root", password="r") as client:
            client.news.command("createUser", "reader", pwd="p@ss", roles=["read"])
            client.news.notes.insert_one({"text": "what a backup has"})
        yield f"mongodb://reader:p%40ss@127.0.0.1:{port}/news"
    finally:
        mongod.send_signal(signal.SIGTERM)
        mongod.wait(30)


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["similarity", "search", ""], ["the query is empty"]),
        (["similarity", "search", "的 了 the of"], ["has no words to search for"]),
        (["similarity", "search", "chip", "--model", "bm52"], ["no model 'bm52'", "counts, tfidf, bm25"]),
        (["similarity", "search", "chip", "--since", "2026-13-01"], ["--since '2026-13-01' is not a date"]),
        (["similarity", "search", "chip", "--until", "soon"], ["--until 'soon' is not a date"]),
        (["similarity", "search", "chip", "--source", "nowhere"], ["no article of source 'nowhere' is indexed"]),
        (["similarity", "similar", "0123"], ["no article '0123' is stored"]),
        (["similarity", "evaluate", "tests"], ["tests is not a test set", "docs.jsonl"]),
        (["similarity", "evaluate", "no/such/folder"], ["no such folder"]),
        (["scrapy", "crawl", "semiinsihgts"], ["semiinsihgts", "semiinsights"]),
        (["scrapy", "crawl", "sia", "-a", "since=yesterday"], ["since", "yesterday"]),
        (["scrapy", "crawl", "sia", "-a", "limit=many"], ["limit", "many"]),
        (["crawler", "extract", "README.md", "--url", "https://a.example/", "--source", "nowhere"], ["nowhere"]),
    ],
    ids=lambda value: (
        " ".join(value) if isinstance(value, list) and value[0] in ("similarity", "scrapy", "crawler") else ""
    ),
)
def test_a_wrong_argument_is_one_line(arguments: list[str], parts: list[str], uri: str) -> None:
    assert_one_line_error(run(*arguments, mongodb_uri=uri), *parts)


@pytest.mark.parametrize(
    "command",
    [
        "search chip --since 2026-13-01",
        "search chip --model bm52",
        "health nowhere",
        "delete --source sia",
        "export --format foo",
        "restore tests --database .",
        "watch add chips chips --min-score 3",
        "show 0123",
    ],
)
def test_a_wrong_value_has_status_2(command: str, uri: str) -> None:
    done = run("xinwen", *command.split(), mongodb_uri=uri)
    assert_one_line_error(done)
    assert (done.returncode, done.stdout) == (2, "")


@pytest.mark.parametrize(
    ("command", "line"),
    [
        (
            "search --nosuch",
            "no such option: --nosuch (did you mean --source or --not?); xinwen search --help lists them",
        ),
        ("backup --nosuch", "no such option: --nosuch; xinwen backup --help lists them"),
        ("watch --nosuch", "no such option: --nosuch; xinwen watch --help lists them"),
        ("watch lsit", "no such command 'lsit' (did you mean 'list'?); xinwen watch --help lists them"),
        ("watch add", "missing argument 'name'; xinwen watch add --help says what it takes"),
        ("digest --nosuch", "no such option: --nosuch; xinwen digest --help lists them"),
        ("ingest --nosuch a", "no such option: --nosuch; xinwen ingest --help lists them"),
        ("keep --nosuch", "no such option: --nosuch; xinwen keep --help lists them"),
        ("links --nosuch a", "no such option: --nosuch (did you mean --source?); xinwen links --help lists them"),
        ("serve --workers 0", "invalid value for '--workers': Input should be greater than or equal to 1;"),
        ("latest -k", "option '-k' requires an argument"),
        ("doctor --nosuch", "unrecognized arguments: --nosuch; xinwen doctor --help"),
        ("crawl", "one key is required (`xinwen list` prints all); xinwen crawl --help says what it takes"),
        ("crawl sia --nosuch", "no such option: --nosuch; xinwen crawl --help lists them"),
        ("crawlall --nosuch", "no such option: --nosuch; xinwen crawlall --help lists them"),
        ("list sia", "no argument, and one of --table, --extra and --json; xinwen list --help"),
        ("crawlall --jobs 0", "argument -j/--jobs:"),
    ],
)
def test_a_wrong_option_is_one_line_with_status_2(command: str, line: str) -> None:
    done = run("xinwen", *command.split())
    assert_one_line_error(done, f"error: {line}")
    assert (done.returncode, done.stdout) == (2, "")


@pytest.mark.parametrize("command", ["similarity", "xinwen watch", "xinwen token"])
def test_a_group_without_a_command_shows_its_help(command: str) -> None:
    done = run(*command.split())
    assert (done.returncode, done.stderr) == (
        2,
        "",
    ) and f"Usage: {command.replace('similarity', 'xinwen')} " in done.stdout


@pytest.mark.parametrize(
    "content", [b"", b"<p>" + b"x" * 50 * 2**20, b"%PDF-1.7\nbroken"], ids=["empty", "50 MB", "pdf"]
)
def test_a_file_that_cannot_be_extracted_is_one_line(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "file.html").write_bytes(content)
    done = run("crawler", "extract", tmp_path / "file.html", "--url", "https://a.example/x")
    assert_one_line_error(done, "file.html")
    assert done.stdout == ""


@pytest.mark.parametrize(
    "arguments", [["similarity", "search", "chip"], ["similarity", "evaluate", "{set}"], ["pipelines", "samples"]]
)
def test_an_unreachable_database_is_one_line(arguments: list[str], tmp_path: Path) -> None:
    for name, line in (
        ("docs.jsonl", '{"id": 1, "text": "x"}'),
        ("queries.jsonl", '{"id": 1, "text": "x"}'),
        ("qrels.tsv", "1\t1\t1"),
    ):
        (tmp_path / name).write_text(line + "\n")
    given = [argument.format(set=tmp_path) for argument in arguments]
    done = run(*given, **UNREACHABLE)
    assert_one_line_error(done, "mongodb://reader:***@127.0.0.1:9/news", "cannot be reached")


def test_a_crawl_without_its_database_fails_and_hides_the_password() -> None:
    done = run("scrapy", "crawl", "sia", xinwen_sample_web="samples", **UNREACHABLE)
    assert done.returncode == 1
    assert_one_line_error(done, "MongoDB at mongodb://reader:***@127.0.0.1:9/news", "cannot be reached")
    assert "secret" not in done.stderr


def test_a_read_only_database_can_be_searched_but_not_written(read_only: str, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps({"url": "https://a.example/1", "title": "t", "body": "b"}) + "\n")
    done = run("pipelines", "ingest", tmp_path / "a.jsonl", mongodb_uri=read_only)
    assert done.returncode == 1
    assert "is read-only for us" in done.stderr
    assert "Traceback" not in done.stderr
    done = run("scrapy", "crawl", "sia", xinwen_sample_web="samples", mongodb_uri=read_only)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    done = run("similarity", "watch", "add", "w", "chip", "--to", "https://a.example/hook", mongodb_uri=read_only)
    assert_one_line_error(done, "is read-only for us: not authorized on news to execute command { create", " … }")
    # Search needs permission to read only.
    done = run("similarity", "search", "chip", mongodb_uri=read_only)
    assert (done.returncode, done.stderr) == (0, "")
    # So does a backup, and this server can do no snapshots.
    done = run("similarity", "backup", tmp_path / "backups", "--json", mongodb_uri=read_only)
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert (found["documents"], found["moment"]) == ({"notes": 1}, None)
    restored = run("similarity", "restore", tmp_path / "backups", "--database", "news", mongodb_uri=read_only)
    assert_one_line_error(restored, "database news is not empty (notes: 1)")


def test_a_wrong_password_is_one_line(read_only: str) -> None:
    wrong = read_only.replace("p%40ss", "guess")
    assert_one_line_error(run("similarity", "search", "chip", mongodb_uri=wrong), "refuses the user or password")


def test_an_unknown_setting_is_one_line() -> None:
    for arguments in (["similarity", "search", "chip"], ["scrapy", "list"], ["pipelines", "ingest", "README.md"]):
        assert_one_line_error(run(*arguments, xinwen_sampel_web="x"), "unknown setting XINWEN_SAMPEL_WEB")


def test_search_as_json(uri: str, tmp_path: Path) -> None:
    rows = [{"url": "https://a.example/1", "title": "晶圆 “厂”", "body": "晶圆代工厂扩产", "published": "2026-03-06"}]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert run("pipelines", "ingest", tmp_path / "a.jsonl", mongodb_uri=uri).returncode == 0
    done = run("similarity", "search", "晶圆", "--json", mongodb_uri=uri)
    answer = json.loads(done.stdout)
    assert answer["articles"] == 1
    (hit,) = answer["hits"]
    assert (hit["article"]["title"], hit["article"]["published"]) == ("晶圆 “厂”", "2026-03-05T16:00:00Z")
    assert hit["score"] > 0


def test_list_prints_the_sources_in_order() -> None:
    done = run("scrapy", "list")
    keys = done.stdout.split()
    assert (done.returncode, done.stderr) == (0, "")
    assert (keys[:3], keys[19]) == (["semi", "sia", "wsts"], "semiinsights")


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    "command",
    [
        ("xinwen", "--help"),
        ("xinwen", "list", "--table"),
        ("xinwen", "schedule", "--cron"),
        ("xinwen", "doctor", "--json"),
        ("crawler", "links", "--help"),
    ],
)
def test_a_full_disk_under_the_output_is_one_line(command: tuple[str, ...], unbuffered: str, tmp_path: Path) -> None:
    variables = {"pythonunbuffered": unbuffered, "xinwen_data": tmp_path, "mongodb_uri": "mongodb://127.0.0.1:9/x"}
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=PROJECT,
            env=environment(xinwen_timeout=0.2, **variables),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=120,
            check=False,
        )
    lines = [line for line in done.stderr.splitlines() if not line.startswith("note: ")]
    assert (done.returncode, lines) == (1, ["error: nothing more can be written: no space left on device"])


def test_who_closes_the_pipe_early_hears_nothing(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as pipe:
        done = subprocess.run(
            [sys.executable, "-m", "xinwen", "doctor"],
            cwd=PROJECT,
            env=environment(xinwen_data=tmp_path, mongodb_uri="mongodb://127.0.0.1:9/x", xinwen_timeout=0.2),
            stdout=pipe,
            stderr=subprocess.PIPE,
            text=True,
            timeout=120,
            check=False,
        )
    assert (done.returncode, done.stderr) == (1, "")
