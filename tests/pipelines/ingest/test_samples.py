"""``make run``: crawls of every sample site, twice, and the queries after them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from store.connection import connect
from store.server import embedded
from tests.commands import PROJECT, assert_one_line_error, run

pytestmark = pytest.mark.slow

# A source without articles has a sample site that refuses programs, as the real site does.
EXPECTED = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(PROJECT.glob("tests/crawls/*.json"))}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("samples")


@pytest.fixture(scope="module")
def first(data: Path):
    return run("pipelines", "samples", seconds=900, xinwen_data=data)


def stored(data: Path) -> list[dict]:
    with connect(embedded.ensure_running(data, "xinwen_samples")).client as client:
        return list(client.get_default_database().articles.find().sort("_id"))


def test_the_table_has_the_result_of_each_source(first) -> None:
    assert (first.returncode, first.stderr) == (0, "")
    for key, articles in EXPECTED.items():
        assert f"│ {key} " in first.stdout
        assert f"{len(articles)} ({len(articles)} new)" in first.stdout
    refused = [key for key, articles in EXPECTED.items() if not articles]
    assert first.stdout.count("│ ok ") == len(EXPECTED) - len(refused)
    assert first.stdout.count("│ blocked ") == len(refused)


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_readme_shows_what_it_prints(first, name: str) -> None:
    shown = (PROJECT / name).read_text("utf-8").partition("    ? ")[2].partition("\n\n")[0].splitlines()
    query, *hits = [line.strip() for line in shown]
    answer = first.stdout.partition(f"? {query}\n")[2].partition("\n?")[0]
    assert len(hits) == 2
    assert [line.strip() for line in answer.splitlines() if line.startswith((" 1. ", " 2. "))] == hits


def test_queries_in_both_languages_have_hits(first) -> None:
    answers = first.stdout.split("\n? ")[1:]
    assert len(answers) == 4
    for answer in answers:
        assert " 1. " in answer and " 3. " in answer


def test_what_the_policies_allow_of_every_article_is_stored(first, data: Path) -> None:
    found = {article["url"]: article for article in stored(data)}
    assert set(found) == {article["url"] for articles in EXPECTED.values() for article in articles}
    for key, articles in EXPECTED.items():
        for wanted in articles:
            article = found[wanted["url"]]
            published = article["published"] and article["published"].isoformat().replace("+00:00", "Z")
            assert (article["source"], article["title"], published) == (key, wanted["title"], wanted["published"])
            assert (article["kind"], article["access"], article["language"]) == (
                wanted["kind"],
                wanted["access"],
                wanted["language"],
            )
            if article["access"] == "full":
                assert article["body"].startswith((wanted["body_starts"] or "")[:20])
            else:
                assert article["body"] == ""
            assert article["length"] > 0, "no tokens: it would never be found"


@pytest.mark.parametrize(
    ("file", "arguments"),
    [
        ("2026-07-20.md", ["--day", "2026-07-20", "--format", "md"]),
        ("2026-07-24-week.txt", ["--day", "2026-07-24", "--week", "--lang", "en"]),
        ("2026-11-20.txt", ["--day", (PROJECT / "samples" / "today").read_text().strip()]),
    ],
)
def test_the_digest_of_a_day_is_the_stored_one(first, data: Path, file: str, arguments: list[str]) -> None:
    done = run("alerts.digest", *arguments, xinwen_data=data, xinwen_sample_web=PROJECT / "samples")
    assert done.stdout.encode() == (PROJECT / "tests" / "alerts" / "digests" / file).read_bytes(), done.stderr


def test_the_second_time_changes_nothing(first, data: Path) -> None:
    before = stored(data)
    second = run("pipelines", "samples", seconds=900, xinwen_data=data)
    assert second.returncode == 0
    assert second.stdout.count("│ nothing_new ") == sum(map(bool, EXPECTED.values()))
    assert stored(data) == before


def test_samples_are_not_stored_among_real_articles(first, data: Path) -> None:
    with connect(embedded.ensure_running(data, "xinwen")).client as client:
        assert client.get_default_database().articles.count_documents({}) == 0
    done = run("similarity", "search", "芯片", xinwen_data=data)
    assert (done.returncode, "nothing is indexed yet" in done.stdout) == (0, True)


def test_one_source_alone(first, data: Path) -> None:
    done = run("pipelines", "samples", "sia", xinwen_data=data)
    assert done.returncode == 0
    assert "reuters" not in done.stdout.split("\n? ")[0]


def test_a_source_without_samples_is_reported_in_one_line(first, data: Path) -> None:
    assert_one_line_error(run("pipelines", "samples", "nowhere", xinwen_data=data), "no sample site for nowhere", "sia")


def test_no_server_keeps_running(data: Path) -> None:
    assert embedded.stop(data, timeout=30)
