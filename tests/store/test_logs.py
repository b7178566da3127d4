"""JSON lines: one object a line whatever is logged, from commands, crawls and tracebacks."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from store import logs
from tests.commands import PROJECT, environment, run
from tests.crawler.tiny_web import add
from tests.pipelines.crawls import API, SIA, crawl, page, post, samples_of

HOSTILE = [
    "two\nlines\r\nand more",
    "a title\u2028with\u2029separators\x85and\x0bothers\x1c",
    "half \ud83d of a character, \ud83d\ude00 whole",
    "bell \x07, escape \x1b[31m, nul \x00, delete \x7f",
    '"quotes" and \\u0022 backslashes\\',
    "台积电",
    "😀" * 5_000,
]


def line_of(message: str, *args: Any, **extra: Any) -> str:
    record = logging.LogRecord("crawler.x", logging.WARNING, "x.py", 1, message, args, extra.pop("exc_info", None))
    record.__dict__ |= extra
    return logs.JsonFormatter().format(record)


def parsed(text: str) -> list[dict[str, Any]]:
    """The objects of the lines, each of which must be one; a reader may part lines at any of Unicode's ends."""
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("text", HOSTILE)
def test_remote_text_stays_in_its_line(text: str) -> None:
    line = line_of("title %s", text, xinwen={text[:20]: [text, {"deep": text}]})
    assert line.isascii() and line.isprintable()
    (found,) = parsed(line)
    json.dumps(found, ensure_ascii=False).encode()  # no half characters
    assert found["message"].startswith("title ")
    assert len(line_of("title %s", text)) < 48 * 1024  # a line of journald


def test_what_is_known_stands_in_the_line() -> None:
    class Owner:
        pass

    first, second = Owner(), Owner()
    logs.begin_run(first, "sia", "r1")
    token = logs.request_id.set("abc-123")
    try:
        found = json.loads(line_of("x"))
        assert (found["source"], found["run"], found["request"]) == ("sia", "r1", "abc-123")
        assert (found["level"], found["logger"]) == ("WARNING", "crawler.x")
        assert found["time"].endswith("Z") and datetime.fromisoformat(found["time"]).tzinfo
        logs.begin_run(second, "wsts", "r2")
        assert "run" not in json.loads(line_of("x"))  # of which of the two?
    finally:
        logs.request_id.reset(token)
        logs.end_run(first)
        logs.end_run(second)
    assert not {"source", "run", "request"} & set(json.loads(line_of("x")))


def test_a_traceback_and_a_wrong_message_are_one_line() -> None:
    try:
        raise ValueError("first\nsecond\u2028third")
    except ValueError:
        (found,) = parsed(line_of("failed", exc_info=sys.exc_info()))
    assert "ValueError: first\nsecond\u2028third" in found["traceback"]
    assert "%d and %s" in json.loads(line_of("%d and %s", "no number"))["message"]
    assert json.loads(line_of("x", xinwen={"share": float("nan")}))["share"] == "nan"


def test_a_password_is_in_no_line() -> None:
    line = line_of("cannot reach mongodb://user:se@cr/et@db.example:27017/x", xinwen={"a": "mongodb+srv://u:secret@h"})
    assert "se@cr" not in line and "secret" not in line and "user:***@db.example" in line


def test_every_line_of_a_command_is_an_object(tmp_path: Path) -> None:
    given = {"mongodb_uri": "mongodb://me:secret@127.0.0.1:1/x", "xinwen_timeout": 0.3, "xinwen_data": tmp_path}
    done = run("similarity", "search", "chips", xinwen_log="json", **given)
    (line,) = parsed(done.stderr)
    assert done.returncode == 1
    assert (line["level"], line["logger"]) == ("ERROR", "stderr")
    assert line["message"].startswith("MongoDB at mongodb://me:***@127.0.0.1:1/x cannot be reached")
    assert "secret" not in done.stderr
    done = run("store", "status", xinwen_log="JSON", **given)
    assert done.stderr.splitlines() == ["error: setting XINWEN_LOG: Input should be 'text' or 'json'"]


def test_a_crash_is_one_line(tmp_path: Path) -> None:
    code = "from store import logs; import threading, sys; logs.set_up(); sys.stderr.write('half')\n"
    code += "thread = threading.Thread(target=lambda: 1 / 0); thread.start(); thread.join(); raise ValueError('a\\nb')"
    given = environment(xinwen_log="json", xinwen_data=tmp_path)
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, env=given, capture_output=True, text=True)
    lines = parsed(done.stderr)
    assert [line["message"] for line in lines] == ["ZeroDivisionError: division by zero", "ValueError: a\nb", "half"]
    assert all("Traceback" in line["traceback"] for line in lines[:2])


def test_a_full_disk_stops_nothing() -> None:
    code = "from store import logs; import logging; logs.set_up('INFO', '/dev/full')\n"
    code += "logging.getLogger('x').warning('lost'); print('done')"
    given = environment(xinwen_log="json")
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, env=given, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")


@pytest.mark.slow
def test_a_crawl_logs_objects_with_its_run(tmp_path: Path, uri: str) -> None:
    web = tmp_path / "web"
    item = post("a", title={"rendered": "Title\u2028of \ud83d a\x85line"})
    add(web, "sia", API, json.dumps([item, post("gone")]), type="application/json")
    add(web, "sia", f"{SIA}/a/", page("a"))
    given = {"xinwen_log": "json", "xinwen_data": tmp_path / "data"}
    done = crawl(web, "sia", uri, tmp_path / "requests", **given)
    lines = parsed(done.errors)
    (of_run,) = [line for line in lines if line["logger"] == "crawler.runner.run_line"]
    assert of_run["message"].startswith(f"sia: {done.record['verdict']}, ")
    assert {line.get("run") for line in lines} == {str(done.record["_id"])}
    assert {line["source"] for line in lines} == {"sia"}
    assert of_run["requests"] == sum(done.record["requests"].values()) and of_run["bytes"] == done.record["bytes"]
    logged = crawl(web, "sia", uri, tmp_path / "requests", "-s", f"LOG_FILE={tmp_path / 'log'}", "-L", "DEBUG", **given)
    assert logged.errors == ""
    levels = {line["level"] for line in parsed((tmp_path / "log").read_text())}
    assert {"DEBUG", "INFO"} <= levels
    with (database := samples_of(uri)).client:
        database.client.drop_database(database.name)
