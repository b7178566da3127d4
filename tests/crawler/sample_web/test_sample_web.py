"""The sample web: real requests through Scrapy's handler, answered on this machine under the sites' addresses."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from crawler.sample_web.replies import SampleError, SampleWeb, address
from tests.commands import PROJECT, environment
from tests.crawler.tiny_web import add

pytestmark = pytest.mark.slow

SITE = "https://site.example"


def ask(folder: Path, *requests: tuple[str, dict[str, Any]]) -> list[list[Any]]:
    """Status, address, body and headers of each answer; name and text of the error where there is none."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.crawler.sample_web.ask"],
        input=json.dumps(requests),
        cwd=PROJECT,
        env=environment(xinwen_sample_web=folder),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return [answer[1:] for answer in sorted(json.loads(line) for line in done.stdout.splitlines())]


def test_answers(tmp_path: Path) -> None:
    add(tmp_path, "one", f"{SITE}/a?x=1&y=2", "晶圆 page", headers={"X-Own": "yes"})
    add(tmp_path, "one", f"{SITE}/a?y=2&x=1", "another")
    add(tmp_path, "one", f"{SITE}/raw.pdf", b"%PDF-1.7 \xff", type="application/pdf", etag=False)
    add(tmp_path, "one", f"{SITE}/moved", status=302, headers={"Location": "/a?x=1&y=2"}, type="")
    add(tmp_path, "one", f"{SITE}/find", "found", method="POST", etag=False)
    add(tmp_path, "two", "http://plain.example/a b", "spaced")
    (page, other, pdf, moved, posted, got, missing, spaced, nowhere) = ask(
        tmp_path,
        (f"{SITE}/a?x=1&y=2", {}),
        (f"{SITE}/a?y=2&x=1", {}),
        (f"{SITE}/raw.pdf", {}),
        (f"{SITE}/moved", {}),
        (f"{SITE}/find", {"method": "POST", "body": "q=1"}),
        (f"{SITE}/find", {}),
        (f"{SITE}/a?x=1", {}),
        ("http://plain.example/a%20b", {}),
        ("https://nowhere.example/", {}),
    )
    assert page[:3] == [200, f"{SITE}/a?x=1&y=2", "晶圆 page"]
    assert page[3]["X-Own"] == "yes"
    assert page[3]["Content-Type"] == "text/html; charset=utf-8"
    assert page[3]["Vary"] == "Accept-Encoding"
    assert other[2] == "another"
    assert pdf[3] == {"Content-Type": "application/pdf"}
    assert moved[:3] == [302, f"{SITE}/moved", ""]
    assert moved[3] == {"Location": "/a?x=1&y=2"}
    assert posted[:3] == [200, f"{SITE}/find", "found"]
    assert (got[0], missing[0]) == (404, 404)
    assert spaced[:3] == [200, "http://plain.example/a%20b", "spaced"]
    assert nowhere[0] == "CannotResolveHostError"
    assert "nowhere.example" in nowhere[1]

    tag = {"headers": {"If-None-Match": page[3]["ETag"]}}
    unchanged, changed = ask(tmp_path, (f"{SITE}/a?x=1&y=2", tag), (f"{SITE}/a?y=2&x=1", tag))
    assert (unchanged[0], unchanged[2]) == (304, "")
    assert changed[0] == 200


def test_slow_and_broken_answers(tmp_path: Path) -> None:
    add(tmp_path, "one", f"{SITE}/slow", "at last", hang=0.3)
    add(tmp_path, "one", f"{SITE}/never", "too late", hang=30)
    add(tmp_path, "one", f"{SITE}/broken", "x", close=True)
    slow, never, broken = ask(tmp_path, (f"{SITE}/slow", {}), (f"{SITE}/never", {}), (f"{SITE}/broken", {}))
    assert slow[:3] == [200, f"{SITE}/slow", "at last"]
    assert never[0] == "DownloadTimeoutError"
    assert broken[0] == "DownloadFailedError"


def test_addresses_are_compared_as_requests_spell_them() -> None:
    assert address("https://Site.example") == "https://site.example/"
    assert address("https://site.example/a b?q=半#top") == "https://site.example/a%20b?q=%E5%8D%8A"
    assert address("https://site.example/%26e4.pdf") == "https://site.example/%26e4.pdf"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "Expecting"),
        ('{"status": 200}', "url"),
        ('{"url": "https://a.example/", "colour": 1}', "colour"),
        ('{"url": "https://a.example/", "file": "none.html"}', "no file none.html"),
        ('{"url": "https://a.example/", "file": "../outside.html"}', "no file ../outside.html"),
        (
            '{"url": "https://a.example/x"}\n{"url": "https://a.example/x"}',
            "GET https://a.example/x has a reply already",
        ),
    ],
)
def test_a_wrong_line_is_refused_with_its_place(tmp_path: Path, line: str, reason: str) -> None:
    (tmp_path / "outside.html").write_text("x")
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "site.jsonl").write_text(line, "utf-8")
    with pytest.raises(SampleError) as refusal:
        SampleWeb(tmp_path)
    assert f"site.jsonl:{1 + line.count(chr(10))}: " in str(refusal.value)
    assert reason in str(refusal.value)
