"""``xinwen extract`` as users call it: one JSON object, or one line with the error."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from store.article import article_id
from tests.commands import assert_one_line_error, run

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).parents[3]
URL = "https://www.semiconductors.org/sales-rise-again/?utm_source=mail"
LEAD = "WASHINGTON—March 6, 2026—An association said today that sales of chips rose again in the month of January."
MORE = "Sales in all regions were above those of the month before, and the yearly forecast was raised for a third time."
PAGE = f"""<!DOCTYPE html><html lang="en"><head><title>Sales rise again - Semiconductor Industry Association</title>
<meta property="article:published_time" content="2026-03-06T21:00:00+00:00"><meta name="author" content="Ann Author">
<meta property="og:description" content="Sales of chips rose in January."></head><body><h1>Latest News</h1>
<main id="main"><h1>Sales rise again</h1><div class="newshr"></div><p>{LEAD}</p><p>{MORE}</p><p>###</p>
<p>About us</p></main></body></html>"""
CHINESE = """<html><head><meta charset="gb2312"><title>晶圆厂提前投产_科技_某某网</title></head>
<body><h1>晶圆厂提前投产</h1><div>2026-03-06 10:20</div>
<p>该公司周五宣布，第三座晶圆厂比原计划提前两个季度投产，月产能将达到四万片。</p></body></html>"""


def extract(*arguments: object) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-W", "error", "-m", "crawler", "extract", *map(str, arguments)]
    # Neither the terminal's language nor its width may change what is printed.
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "PYTHONIOENCODING": "ascii", "COLUMNS": "20"}
    return subprocess.run(command, cwd=PROJECT, capture_output=True, check=False, env=environment)


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page.html"
    path.write_text(PAGE, encoding="utf-8")
    return path


def test_without_a_source_everything_that_was_read(page):
    done = extract(page, "--url", URL, "--captured", "2026-03-10")
    assert done.stderr == b""
    assert done.returncode == 0
    assert json.loads(done.stdout) == {
        "id": article_id("https://www.semiconductors.org/sales-rise-again/"),
        "source": "file",
        "url": "https://www.semiconductors.org/sales-rise-again/",
        "title": "Sales rise again",
        "fetched": "2026-03-10T00:00:00Z",
        "body": f"{LEAD}\n{MORE}",
        "summary": "Sales of chips rose in January.",
        "language": "en",
        "published": "2026-03-06T21:00:00Z",
        "authors": ["Ann Author"],
        "tags": [],
        "kind": "news",
        "files": [],
        "access": "full",
    }


def test_with_a_source_nothing_that_it_forbids(page):
    done = extract(page, "--url", URL, "--captured", "2026-03-10T12:00:00+08:00", "--source", "sia")
    assert done.returncode == 0, done.stderr
    article = json.loads(done.stdout)
    assert (article["source"], article["access"], article["body"]) == ("sia", "abstract", "")
    assert article["title"] == "Sales rise again"
    assert article["summary"] == "Sales of chips rose in January."
    assert article["fetched"] == "2026-03-10T04:00:00Z"
    assert LEAD.encode() not in done.stdout


def test_chinese_is_printed_as_it_is(tmp_path):
    path = tmp_path / "page.html.gz"
    path.write_bytes(gzip.compress(CHINESE.encode("gb18030")))
    done = extract(path, "--url", "http://news.example.cn/1.html", "--captured", "2026-03-10")
    assert "晶圆厂提前投产".encode() in done.stdout
    article = json.loads(done.stdout)
    assert (article["title"], article["language"]) == ("晶圆厂提前投产", "zh")
    assert article["published"] == "2026-03-06T02:20:00Z"


def test_without_a_time_of_capture_it_is_now(page):
    assert json.loads(extract(page, "--url", URL).stdout)["fetched"] > "2026"


@pytest.mark.parametrize(
    ("content", "arguments", "words"),
    [
        (None, ["--url", URL], "no such file"),
        (b"", ["--url", URL], "0 bytes"),
        (b"<p>x</p>" * 6_250_000, ["--url", URL], "48 MiB; up to 10 MiB"),
        (b"%PDF-1.7\nbroken", ["--url", URL], "truncated PDF"),
        (b"%PDF-1.7\nbroken\n%%EOF", ["--url", URL], "broken PDF"),
        (b"PK\x03\x04" + bytes(100), ["--url", URL], "neither a page nor a PDF"),
        (PAGE.encode(), ["--url", URL, "--source", "siia"], "did you mean sia"),
        (PAGE.encode(), ["--url", URL, "--source", "zzzzzz"], "unknown source 'zzzzzz'"),
        (PAGE.encode(), ["--url", URL, "--captured", "2026-13-01"], "2026-13-01"),
        (PAGE.encode(), ["--url", URL, "--captured", "yesterday"], "no ISO time or date"),
        (PAGE.encode(), ["--url", URL, "--captured", "9999-12-31"], "at an end of the calendar"),
        (PAGE.encode(), ["--url", URL, "--captured", "0001-01-01T00:00:00+08:00"], "at an end of the calendar"),
        (PAGE.encode(), ["--url", "semiconductors.org"], "is no http address"),
        (PAGE.encode(), ["--url", "http://[::1"], "is no http address"),
    ],
)
def test_an_error_is_one_line(tmp_path, content, arguments, words):
    path = tmp_path / "given.bin"
    if content is not None:
        path.write_bytes(content)
    done = extract(path, *arguments)
    assert done.returncode == 1
    assert done.stdout == b""
    message = done.stderr.decode("utf-8", "replace")
    assert message.startswith("error: ")
    assert message.count("\n") == 1
    assert words in message


def test_a_challenge_is_no_article(tmp_path) -> None:
    file = tmp_path / "page.html"
    file.write_text(
        "<html><head><title>Just a moment...</title></head><body><p>Checking your browser.</p></body></html>"
    )
    done = run("crawler", "extract", file, "--url", "https://a.example/1")
    assert_one_line_error(done, "no article, but")


def test_a_folder_is_no_file(tmp_path):
    done = extract(tmp_path, "--url", URL)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(b"error: ")


@pytest.mark.parametrize("arguments", [[], ["page.html"], ["page.html", "--url", URL, "--bogus"]])
def test_wrong_usage(arguments):
    done = extract(*arguments)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"Traceback" not in done.stderr
