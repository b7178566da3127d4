"""deploy/scrapyd.conf: a real scrapyd runs a crawl by schedule.json, and the run record names the job."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from configparser import ConfigParser
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from tests.commands import PROJECT, run
from tests.deploy import tools
from tests.deploy.only import SAMPLES
from tests.deploy.serving import started

REQUIREMENTS = ("scrapyd==1.6.0", "setuptools<81")
"""scrapyd needs this setuptools, and jieba warns of it on 3.13: so scrapyd is not in the environment of the tests."""


def programs() -> Path:
    return tools.environment("scrapyd", *REQUIREMENTS, with_ours=True)


def written(file: str) -> ConfigParser:
    parser = ConfigParser()
    assert parser.read(PROJECT / file)
    return parser


def test_scrapyd_knows_every_option_of_the_file() -> None:
    known = ConfigParser()
    (defaults,) = programs().parent.glob("lib/python*/site-packages/scrapyd/default_scrapyd.conf")
    known.read(defaults)
    assert set(written("deploy/scrapyd.conf")["scrapyd"]) <= set(known["scrapyd"])
    assert written("scrapy.cfg")["deploy"]["url"] == f"http://127.0.0.1:{known['scrapyd']['http_port']}/"
    assert written("scrapy.cfg")["deploy"]["project"] in written("scrapy.cfg")["settings"]


@contextmanager
def scrapyd(home: Path, *changes: tuple[str, str], **variables: object) -> Iterator[subprocess.Popen[str]]:
    """scrapyd with the file that ``scrapy schedule --scrapyd`` prints, in the home of its user."""
    printed = run("scrapy", "schedule", "--scrapyd", xinwen_data=home / "data").stdout
    for old, new in changes:
        assert old in printed
        printed = printed.replace(old, new)
    (home / ".scrapyd.conf").write_text(printed)
    command = (programs() / "scrapyd", "--pidfile=")
    with (
        (home / "scrapyd.log").open("w") as output,
        started(*command, output=output, home=home, xinwen_data=home / "data", **variables) as process,
    ):
        yield process


def asked(port: int, path: str, **form: str) -> dict:
    data = urlencode(form).encode() if form else None
    with urlopen(f"http://127.0.0.1:{port}/{path}", data, timeout=30) as reply:
        return json.load(reply)


def until(condition, seconds: float = 120):
    """What *condition* gives, as soon as it gives something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if found := condition():
                return found
        except OSError:
            pass  # scrapyd does not listen yet
        time.sleep(0.1)
    raise AssertionError(f"it does not happen in {seconds:.0f} s")


@pytest.mark.slow
def test_a_scheduled_crawl_leaves_a_run_record_with_its_job(samples, uri: str, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    variables = {"mongodb_uri": uri, "xinwen_sample_web": SAMPLES}
    with scrapyd(tmp_path, ("http_port = 6800", f"http_port = {port}"), **variables):
        assert until(lambda: asked(port, "daemonstatus.json"))["status"] == "ok"
        assert "xinwen" in asked(port, "listprojects.json")["projects"]
        job = asked(port, "schedule.json", project="xinwen", spider="sia", limit="3")["jobid"]
        (done,) = until(lambda: asked(port, "listjobs.json?project=xinwen")["finished"])
        assert (done["id"], done["spider"]) == (job, "sia")
        (run_record,) = samples.runs.find()
        assert (run_record["source"], run_record["verdict"], run_record["job"]) == ("sia", "ok", job)
        assert (tmp_path / "data" / "scrapyd" / "logs" / "xinwen" / "sia" / f"{job}.log").stat().st_size > 0


@pytest.mark.slow
def test_scrapyd_refuses_a_broken_file(tmp_path: Path) -> None:
    with scrapyd(tmp_path, ("max_proc_per_cpu = 2", "max_proc_per_cpu = two")) as process:
        assert process.wait(60) != 0
