"""``xinwen ingest``, as a user runs it: real processes and a real MongoDB."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import time
from pathlib import Path

import pytest
from openpyxl import Workbook
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from pipelines.ingest.fields import FIELDS
from similarity import SimilarityIndex
from store.server import embedded
from tests.commands import PROJECT, assert_one_line_error, run, start

pytestmark = pytest.mark.slow

LONG = "先进封装产能今年继续紧张，设备交期延长到九个月。台积电与日月光都在扩产，基板供应商则要求预付款。" * 3


def lines(path: Path, rows: list[object]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def row(number: int, **fields: object) -> dict[str, object]:
    given = {"url": f"https://a.example/{number}", "title": f"Wafer {number}", "body": f"Fab output of lot {number}."}
    return given | {"published": "2026-03-06"} | fields


def test_jsonl_html_and_gzip(tmp_path: Path, uri: str, database) -> None:
    lines(
        tmp_path / "a.jsonl",
        [row(1, published="2026年3月6日 10:20", authors=["甲"], tags=["HBM"]), row(2, source="sia")],
    )
    page = f"<html><head><title>封装产能</title></head><body><article><h1>封装产能</h1><p>{LONG}</p></article></body></html>"
    with gzip.open(tmp_path / "b.html.gz", "wb") as file:
        file.write(page.encode("gb18030"))
    (tmp_path / "MANIFEST.tsv").write_text(
        "file\taddress\tcaptured\nb.html.gz\thttps://www.semi-insights.com/s/1.shtml\t2026-03-07\n"
    )
    done = run("pipelines", "ingest", tmp_path, mongodb_uri=uri)
    assert (done.returncode, done.stderr) == (0, "")
    assert "3 new, 0 changed, 0 unchanged, 0 duplicates, 0 quarantined" in done.stdout

    first = database.articles.find_one({"url": "https://a.example/1"})
    assert (first["source"], first["authors"], first["tags"], first["language"]) == ("file", ["甲"], ["HBM"], "en")
    assert first["published"].isoformat() == "2026-03-06T02:20:00+00:00"
    chinese = database.articles.find_one({"source": "semiinsights"})
    # Files are stored in full, although of this source only abstracts of fetched pages would be stored.
    assert (chinese["title"], chinese["access"], chinese["language"]) == ("封装产能", "full", "zh")
    assert LONG[:30] in chinese["body"]
    with SimilarityIndex.open(uri) as index:
        assert [hit.article.title for hit in index.search("先进封装产能")] == ["封装产能"]


def test_ingesting_the_same_again_changes_nothing(tmp_path: Path, uri: str, database) -> None:
    file = lines(tmp_path / "a.jsonl", [row(number) for number in range(120)])
    assert "120 new" in run("pipelines", "ingest", file, mongodb_uri=uri).stdout
    before = list(database.articles.find().sort("_id"))
    assert "0 new, 0 changed, 120 unchanged" in run("pipelines", "ingest", file, mongodb_uri=uri).stdout
    assert list(database.articles.find().sort("_id")) == before


def test_invalid_lines_go_to_quarantine_with_their_reasons(tmp_path: Path, uri: str, database) -> None:
    wrong = [
        row(1, title="", body=""),
        row(2, published="next year"),
        row(3, title="— ——", body=" \n"),
        ["no object"],
        row(4, tags=3),
        row(5, published="2087-01-01"),
    ]
    file = lines(tmp_path / "a.jsonl", [*wrong, row(6)])
    with file.open("a") as more:
        more.write("{broken\n")
    done = run("pipelines", "ingest", file, mongodb_uri=uri)
    assert done.returncode == 0
    assert "1 new, 0 changed, 0 unchanged, 0 duplicates, 7 quarantined" in done.stdout
    reasons = " ".join(reason for kept in database.quarantine.find() for reason in kept["reasons"])
    for reason in (
        "line 1: title is missing, and there is no text",
        "'next year' is not a date",
        "line 3: title '— ——' is of signs only, and there is no text",
        "not a JSON object",
        "tags is not a list of texts",
        "'2087-01-01' is not a date",
        "line 8: ",
    ):
        assert reason in reasons


def test_a_text_with_several_addresses_is_stored_once(tmp_path: Path, uri: str, database) -> None:
    done = run("pipelines", "ingest", lines(tmp_path / "a.jsonl", [row(1, body=LONG)]), mongodb_uri=uri)
    assert "1 new" in done.stdout
    more = lines(tmp_path / "b.jsonl", [row(2, body=LONG, title="again"), row(3, body=LONG), row(1, body=LONG)])
    done = run("pipelines", "ingest", more, mongodb_uri=uri)
    assert "0 new, 0 changed, 1 unchanged, 2 duplicates" in done.stdout
    (stored,) = database.articles.find()
    assert sorted(stored["also_at"]) == ["https://a.example/2", "https://a.example/3"]


def test_a_text_replaces_a_headline_and_never_the_other_way_round(tmp_path: Path, uri: str, database) -> None:
    title, summary = "Wafer fab opens in Dresden", "The plant makes power chips."
    given = {
        "headline": row(1, title=title, body=""),
        "abstract": row(1, title=title, body="", summary=summary),
        "full": row(1, title=title, body="The plant makes power chips for cars and wind turbines."),
    }
    for access, outcome, stored in (
        ("headline", "1 new, 0 changed, 0 unchanged", "headline"),
        ("abstract", "0 new, 1 changed, 0 unchanged", "abstract"),
        ("headline", "0 new, 0 changed, 1 unchanged", "abstract"),
        ("full", "0 new, 1 changed, 0 unchanged", "full"),
        ("abstract", "0 new, 0 changed, 1 unchanged", "full"),
        ("headline", "0 new, 0 changed, 1 unchanged", "full"),
    ):
        done = run("pipelines", "ingest", lines(tmp_path / "a.jsonl", [given[access]]), mongodb_uri=uri)
        assert f"{outcome}, 0 duplicates, 0 quarantined" in done.stdout
        (article,) = database.articles.find()
        assert article["access"] == stored
    assert "wind turbines" in article["body"]
    with SimilarityIndex.open(uri) as index:
        assert [hit.article.access for hit in index.search("wind turbines", model="bm25")] == ["full"]


def test_rows_with_one_address_are_counted_and_the_fullest_is_stored(tmp_path: Path, uri: str, database) -> None:
    """The three spellings of the address come in one batch, the fourth as another article."""
    same = ["https://a.example/lot", "https://A.example/lot#top", "https://a.example/lot?utm_source=feed"]
    bodies = ["", "Lot 7 has left the plant.", ""]
    rows = [row(1, url=url, body=body) for url, body in zip(same, bodies, strict=True)]
    done = run("pipelines", "ingest", lines(tmp_path / "a.jsonl", [*rows, row(2)]), mongodb_uri=uri)
    new, changed, unchanged, duplicates, quarantined = map(int, re.findall(r"\d+", done.stdout)[1:])
    # A slow machine may store the headline before the text comes, which then is a change.
    assert new == 2 and changed + unchanged + duplicates == 2 and not quarantined
    assert database.articles.find_one({"url": same[0]})["body"] == bodies[1]


def test_help_names_the_fields_and_the_form_of_a_source(uri: str) -> None:
    shown = " ".join(run("pipelines", "ingest", "--help", mongodb_uri=uri).stdout.split())
    assert all(f"{name} ({form}):" in shown for name, form, _ in FIELDS)
    assert "a lower-case letter, then lower-case letters, digits and _" in shown


def test_two_processes_at_the_same_time(tmp_path: Path, uri: str, database) -> None:
    """Both add terms to the dictionary: ids are unique, and every article is found."""
    words = [f"中文词汇{number} shared{number % 97}" for number in range(200)]
    files = [
        lines(
            tmp_path / f"{side}.jsonl",
            [row(0, url=f"https://{side}.example/{n}", body=f"{word} only{side}{n}") for n, word in enumerate(words)],
        )
        for side in "ab"
    ]
    running = [start("pipelines", "ingest", file, mongodb_uri=uri) for file in files]
    for process in running:
        out, err = process.communicate(timeout=300)
        assert (process.returncode, err) == (0, "")
        assert "200 new" in out
    numbers = [term["id"] for term in database.terms.find()]
    assert len(numbers) == len(set(numbers))
    with SimilarityIndex.open(uri) as index:
        assert len(index) == 400
        for side in "ab":
            assert [hit.article.url for hit in index.search(f"only{side}117", k=5, model="bm25")] == [
                f"https://{side}.example/117"
            ]


def test_sigterm_stores_what_was_accepted(tmp_path: Path, uri: str, database) -> None:
    file = lines(tmp_path / "a.jsonl", [row(number) for number in range(30_000)])
    process = start("pipelines", "ingest", file, mongodb_uri=uri)
    deadline = time.monotonic() + 180
    while not database.articles.count_documents({}):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=300)
    stored = database.articles.count_documents({})
    assert 0 < stored < 30_000
    assert f"{stored} new" in out
    assert "lost" not in err


def stored_in(port: int) -> bool:
    """Whether the server at *port* has an article; not, while it starts."""
    with MongoClient("127.0.0.1", port, directConnection=True, serverSelectionTimeoutMS=1000) as client:
        try:
            return client["xinwen"].articles.find_one() is not None
        except PyMongoError:
            return False


def test_a_server_that_dies_ends_the_run_and_names_what_is_lost(tmp_path: Path) -> None:
    file = lines(tmp_path / "a.jsonl", [row(number) for number in range(30_000)])
    data = tmp_path / "data"
    process = start("pipelines", "ingest", file, xinwen_data=data, xinwen_timeout=2)
    deadline = time.monotonic() + 180
    while not (state := embedded.read_state(data / "mongod")) or not stored_in(state["port"]):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.kill(state["supervisor"], signal.SIGKILL)  # mongod ends with it, and nothing starts it again
    _, err = process.communicate(timeout=300)
    assert process.returncode == 1
    assert "storage failed, crawl stops: MongoDB at mongodb://127.0.0.1" in err
    assert "Traceback" not in err
    lost = [line for line in err.splitlines() if "lost, not stored: https://a.example/" in line]
    assert lost
    assert err.splitlines()[-1].startswith("error: MongoDB at ")


@pytest.mark.parametrize(
    ("make", "arguments", "parts"),
    [
        (lambda folder: None, ["nothing.html"], ["no such file or folder"]),
        (lambda folder: (folder / "a.doc").write_bytes(b"x"), ["a.doc"], ["a.doc", "are read", "save it as DOCX"]),
        (lambda folder: (folder / "sub").mkdir(), ["sub"], ["no file that can be read"]),
        (
            lambda folder: (folder / "a.html").write_text("x"),
            ["a.html", "--manifest", "m.tsv"],
            ["m.tsv: no such file"],
        ),
        (
            lambda folder: [(folder / "a.html").write_text("x"), (folder / "MANIFEST.tsv").write_text("x\ty\n")],
            ["a.html"],
            ["not a manifest"],
        ),
    ],
)
def test_unusable_paths_are_reported_in_one_line(tmp_path: Path, make, arguments: list[str], parts: list[str]) -> None:
    make(tmp_path)
    given = [argument if argument.startswith("--") else tmp_path / argument for argument in arguments]
    assert_one_line_error(run("pipelines", "ingest", *given), *parts)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [("a.html", b"", "0 bytes"), ("b.html", b"<p>" + b"x" * (50 * 2**20), "MiB"), ("c.pdf", b"%PDF-1.7 broken", "PDF")],
)
def test_files_that_cannot_be_read_are_quarantined(
    tmp_path: Path, uri: str, database, name: str, content: bytes, reason: str
) -> None:
    (tmp_path / name).write_bytes(content)
    done = run("pipelines", "ingest", tmp_path / name, mongodb_uri=uri)
    assert done.returncode == 1
    assert "1 quarantined" in done.stdout
    (kept,) = database.quarantine.find()
    assert reason in kept["reasons"][0]
    assert database.articles.count_documents({}) == 0


def test_an_unreachable_database_is_reported_in_one_line(tmp_path: Path) -> None:
    file = lines(tmp_path / "a.jsonl", [row(1)])
    done = run("pipelines", "ingest", file, mongodb_uri="mongodb://u:secret@127.0.0.1:9/x", xinwen_timeout=1)
    assert done.returncode == 1
    assert "mongodb://u:***@127.0.0.1:9/x cannot be reached" in done.stderr
    assert "secret" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_workbook_of_billings(tmp_path: Path, uri: str, database) -> None:
    file = PROJECT / "samples/wsts/files/WSTS-Historical-Billings-Report-Jul_2026.xlsx"
    done = run("pipelines", "ingest", file, mongodb_uri=uri)
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 new, 0 changed, 0 unchanged, 0 duplicates, 0 quarantined" in done.stdout
    (article,) = database.articles.find()
    assert (article["source"], article["kind"], article["access"]) == ("wsts", "data", "full")
    assert article["title"] == "WSTS Historical Billings Report, July 2026 issue"
    assert "July 2026: Americas" in article["body"]


@pytest.mark.parametrize(
    ("address", "rows", "reason"),
    [
        ("", [["a letter"]], "a workbook without billings by month"),
        ("https://www.smics.com/uploads/1/2Q2026_PL.xlsx", [[1]], "a workbook; those of smic are linked, not read"),
    ],
)
def test_the_reason_why_a_workbook_is_not_read(
    tmp_path: Path, uri: str, address: str, rows: list[list[object]], reason: str
) -> None:
    book = Workbook()
    assert book.active
    for cells in rows:
        book.active.append(cells)
    book.save(tmp_path / "book.xlsx")
    if address:
        (tmp_path / "MANIFEST.tsv").write_text(f"file\taddress\nbook.xlsx\t{address}\n")
    done = run("pipelines", "ingest", tmp_path, mongodb_uri=uri)
    assert done.returncode == 1
    assert f"quarantined {reason}" in done.stdout


def test_a_broken_file_does_not_stop_the_others(tmp_path: Path, uri: str) -> None:
    lines(tmp_path / "whole.jsonl", [row(1)])
    (tmp_path / "deep.jsonl").write_text("[" * 100_000 + "\n")
    (tmp_path / "latin.jsonl").write_bytes(b'{"title": "caf\xe9"}\n')
    (tmp_path / "cut.jsonl.gz").write_bytes(gzip.compress(json.dumps(row(2)).encode(), mtime=0)[:-12])
    (tmp_path / "none.jsonl.gz").write_bytes(b"no gzip at all")
    done = run("pipelines", "ingest", tmp_path, mongodb_uri=uri)
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 new, 0 changed, 0 unchanged, 0 duplicates, 4 quarantined" in done.stdout
    assert done.stdout.count("cannot be read beyond line 0") == 3


def test_an_invalid_address_in_a_manifest_is_reported_in_one_line(tmp_path: Path, uri: str) -> None:
    (tmp_path / "page.html").write_text("<html><title>x</title></html>")
    (tmp_path / "MANIFEST.tsv").write_text("file\taddress\npage.html\thttp://[x\n")
    assert_one_line_error(
        run("pipelines", "ingest", tmp_path, mongodb_uri=uri), "MANIFEST.tsv", "'http://[x' is no address"
    )
