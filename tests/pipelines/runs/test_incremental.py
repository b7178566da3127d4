"""A second run fetches no page that it knows, loses nothing, and sees what has changed or gone."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crawler.sources import source
from pipelines.ingest.samples import SAMPLE_KEY
from store.documents import articles
from tests.commands import PROJECT, start
from tests.crawler.tiny_web import add
from tests.pipelines.crawls import API, SIA, Crawl, crawl, page, post, samples_of

pytestmark = pytest.mark.slow

# The sources whose sample site, like the real site, does not refuse programs.
KEYS = sorted(path.stem for path in PROJECT.glob("tests/crawls/*.json") if json.loads(path.read_text("utf-8")))
UNREADABLE = "<html><head><title></title></head><body></body></html>"


class Web:
    """A sample web of SIA that changes between two runs."""

    def __init__(self, folder: Path, uri: str) -> None:
        self.folder, self.uri = folder / "web", uri
        self.requests = folder / "requests.jsonl"
        self.database = samples_of(uri)

    def shows(self, *posts: dict[str, Any], **pages: Any) -> None:
        """Replace the list and the pages; a page is its HTML or the fields of a reply, None: it does not exist."""
        shutil.rmtree(self.folder, ignore_errors=True)
        add(self.folder, "sia", API, json.dumps(posts), type="application/json")
        for slug, given in pages.items():
            if given is not None:
                add(self.folder, "sia", f"{SIA}/{slug}/", **({"body": given} if isinstance(given, str) else given))

    def crawl(self, *arguments: str) -> Crawl:
        return crawl(self.folder, "sia", self.uri, self.requests, *arguments)

    def days_later(self, days: float) -> None:
        """Move all visits *days* into the past."""
        for row in self.database.pages.find():
            moved = {name: row[name] - timedelta(days=days) for name in ("seen", "due", "first")}
            self.database.pages.update_one({"_id": row["_id"]}, {"$set": moved})

    def article(self, slug: str) -> dict[str, Any]:
        found = self.database.articles.find_one({"url": f"{SIA}/{slug}/"})
        assert found
        return found


@pytest.fixture
def web(tmp_path: Path, uri: str) -> Iterator[Web]:
    web = Web(tmp_path, uri)
    yield web
    web.database.client.drop_database(web.database.name)
    web.database.client.close()


@pytest.mark.parametrize("key", KEYS)
def test_the_second_run_over_the_sample_web_fetches_entry_pages_only(key: str, tmp_path: Path, web: Web) -> None:
    row = source(key)
    secret = {credential.variable.lower(): SAMPLE_KEY for credential in row.credentials}
    first = crawl(PROJECT / "samples", key, web.uri, tmp_path / "first", **secret)
    assert (first.status, first.record["verdict"]) == (0, "ok"), first.errors
    new = len(json.loads((PROJECT / f"tests/crawls/{key}.json").read_text("utf-8")))
    assert first.record["new"] == new
    not_stored = sum(first.record[name] for name in ("quarantined", "duplicate", "gone", "blocked", "failed"))
    assert len(first.urls("page")) <= (2 if row.dated_by_files else 1.1) * new + not_stored
    failed = {error["url"] for error in first.record["errors"] if error["outcome"] in ("blocked", "failed")}
    before = list(web.database.articles.find().sort("_id"))
    with_visit = {entry["_id"] for entry in web.database.pages.find({"outcome": "entry"})}

    second = crawl(PROJECT / "samples", key, web.uri, tmp_path / "second", **secret)
    assert (second.status, second.record["verdict"]) == (0, "nothing_new"), second.errors
    assert set(second.kinds) <= {"robots", "entry", "page"}
    assert set(second.urls("page")) <= failed
    assert set(second.urls("entry")) <= set(first.urls("entry"))
    # Where articles are composed from several entry pages, unchanged ones are then also fetched whole.
    statuses = {request.url: request.status for request in reversed(second.requests) if request.kind == "entry"}
    without_tags = {line["url"] for line in replies(key) if line.get("etag") is False}
    assert {statuses[url] for url in with_visit & set(statuses) - without_tags} <= {304}
    assert list(web.database.articles.find().sort("_id")) == before


def test_a_document_that_could_not_be_read_for_a_date_is_fetched_again(tmp_path: Path, web: Web) -> None:
    """Two pages of one release of WSTS are read a run each; the document with its date fails the first time."""
    folder, requests = tmp_path / "wsts_web", tmp_path / "requests"
    shutil.copytree(PROJECT / "samples/wsts", folder / "wsts")
    file, document = folder / "wsts/site.jsonl", "WSTS_FC-Release-Nov_2024.pdf"
    lines = file.read_text("utf-8").splitlines()
    broken = [re.sub(r'"status": \d+', '"status": 404', line) if document in line else line for line in lines]

    def asked(lines: list[str]) -> int:
        file.write_text("\n".join(lines), "utf-8")
        done = crawl(folder, "wsts", web.uri, requests, xinwen_budgets=budgets)
        return sum(document in url for url in done.urls("page"))

    (budgets := tmp_path / "budgets.toml").write_text("each.pages_a_run = 4\n", "utf-8")
    assert [asked(broken), asked(lines)] == [1, 1]
    web.database.pages.update_many({"article": {"$ne": ""}}, {"$set": {"due": datetime.now(UTC)}})
    assert asked(lines) == 0
    web.days_later(2)
    assert asked(lines) == 1


def replies(key: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (PROJECT / f"samples/{key}/site.jsonl").read_text("utf-8").splitlines()]


def test_a_document_that_only_moved_is_not_fetched_again(tmp_path: Path, web: Web) -> None:
    """Each build of Intel's site has its results in a folder of another name."""
    shutil.copytree(PROJECT / "samples/intel", tmp_path / "web/intel")
    web_of = tmp_path / "web"
    first = crawl(web_of, "intel", web.uri, tmp_path / "first")
    results = [url for url in first.urls("page") if "cloudfront" in url]
    assert results
    build = results[0].split("/")[3]
    assert build.startswith("_")
    for file in (tmp_path / "web/intel").rglob("*"):
        if file.suffix in (".html", ".jsonl"):
            file.write_text(file.read_text("utf-8").replace(build, "_0123456789abcdef"), "utf-8")
    second = crawl(web_of, "intel", web.uri, tmp_path / "second")
    assert (second.record["verdict"], second.urls("page")) == ("nothing_new", [])


def test_a_new_article_is_fetched_and_the_others_are_not(web: Web) -> None:
    web.shows(post("a"), a=page("a"))
    assert web.crawl().urls("page") == [f"{SIA}/a/"]
    web.shows(post("b"), post("a"), a=page("a"), b=page("b"))
    second = web.crawl()
    assert second.urls("page") == [f"{SIA}/b/"]
    assert (second.record["verdict"], second.record["new"], second.record["known"]) == ("ok", 1, 1)


def test_a_title_that_has_changed_brings_a_new_revision(web: Web) -> None:
    web.shows(post("a"), post("b"), a=page("a"), b=page("b"))
    web.crawl()
    web.shows(
        post("a", title={"rendered": "Corrected"}), post("b"), a=page("a", text="Other words of a. " * 20), b=page("b")
    )
    second = web.crawl()
    assert second.urls("page") == [f"{SIA}/a/"]
    assert (second.record["changed"], second.record["known"]) == (1, 1)
    assert (web.article("a")["revision"], web.article("b")["revision"]) == (2, 1)
    assert web.crawl().urls("page") == []


def test_a_page_that_is_due_gets_a_conditional_request(web: Web) -> None:
    web.shows(post("a"), post("b"), a=page("a"), b=page("b"))
    web.crawl()
    web.days_later(400)
    web.shows(post("a"), post("b"), a=page("a"), b=page("b", text="Other words of b. " * 20))
    second = web.crawl()
    statuses = {request.url: request.status for request in second.requests if request.kind == "page"}
    assert statuses == {f"{SIA}/a/": 304, f"{SIA}/b/": 200}
    assert (second.record["not_modified"], second.record["changed"]) == (1, 1)
    assert web.crawl().urls("page") == []


def test_another_address_of_a_known_article_is_known(web: Web) -> None:
    moved = {"status": 301, "headers": {"Location": f"{SIA}/c/"}}
    web.shows(post("a"), post("b"), a=moved, b=page("b", canonical="d"), c=page("c"))
    first = web.crawl()
    assert first.record["new"] == 2
    assert {row["url"] for row in web.database.articles.find()} == {f"{SIA}/c/", f"{SIA}/d/"}
    web.shows(post("a"), post("b"), post("c"), post("d"), a=moved, b=page("b", canonical="d"), c=page("c"), d=page("d"))
    second = web.crawl()
    assert second.urls("page") == []
    assert (second.record["known"], second.record["verdict"]) == (4, "nothing_new")


def test_a_failed_page_is_tried_again_and_not_hidden_by_a_304(web: Web) -> None:
    web.shows(post("a"), post("b"), a=page("a"), b={"status": 500})
    first = web.crawl("-s", "RETRY_TIMES=0")
    assert (first.record["new"], first.record["failed"]) == (1, 1)
    assert {"url": f"{SIA}/b/", "outcome": "failed", "reason": "HTTP 500"} in first.record["errors"]
    web.shows(post("a"), post("b"), a=page("a"), b=page("b"))
    second = web.crawl()
    assert [request.status for request in second.requests if request.kind == "entry"] == [200]
    assert second.urls("page") == [f"{SIA}/b/"]
    third = web.crawl()
    assert ([request.status for request in third.requests if request.kind == "entry"], third.urls("page")) == (
        [304],
        [],
    )


def test_a_limited_run_hides_nothing(web: Web) -> None:
    web.shows(post("a"), post("b"), a=page("a"), b=page("b"))
    first = web.crawl("-a", "limit=1")
    assert (first.record["new"], first.record["dropped"]) == (1, {"limit": 1})
    second = web.crawl()
    assert (second.urls("page"), second.record["new"]) == ([f"{SIA}/b/"], 1)


def test_after_a_killed_run_only_what_was_not_stored_is_fetched(web: Web) -> None:
    web.shows(post("a"), post("b"), a=page("a"), b={"body": page("b"), "hang": 60})
    given = {"mongodb_uri": web.uri, "xinwen_sample_web": web.folder, "xinwen_lease": 2}
    both = ["-s", "CONCURRENT_REQUESTS=2", "-s", "CONCURRENT_REQUESTS_PER_DOMAIN=2"]
    process = start("scrapy", "crawl", "sia", *both, **given)
    deadline = time.monotonic() + 180
    while not web.database.pages.count_documents({}):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    process.kill()
    process.communicate(timeout=300)
    web.shows(post("a"), post("b"), a=page("a"), b=page("b"))
    second = web.crawl("--wait")  # the lease of the killed crawl has yet to lapse
    assert [request.status for request in second.requests if request.kind == "entry"] == [200]
    assert second.urls("page") == [f"{SIA}/b/"]
    assert (second.record["new"], second.record["known"]) == (1, 1)
    third = web.crawl()
    assert ([request.status for request in third.requests if request.kind == "entry"], third.urls("page")) == (
        [304],
        [],
    )


def test_an_unreadable_page_is_tried_once_a_day(web: Web) -> None:
    web.shows(post("a"), post("b"), a=page("a"), b=UNREADABLE)
    first = web.crawl()
    assert (first.record["quarantined"], first.record["verdict"]) == (1, "ok")
    second = web.crawl()
    assert ([request.status for request in second.requests if request.kind == "entry"], second.urls("page")) == (
        [304],
        [],
    )
    web.days_later(1)
    third = web.crawl()
    assert (third.urls("page"), third.record["quarantined"]) == ([f"{SIA}/b/"], 1)
    assert third.record["verdict"] == "nothing_new"  # the page had failed before
    web.days_later(1)
    web.shows(post("a"), post("b"), a=page("a"), b=page("b"))
    assert web.crawl().record["new"] == 1


def test_a_source_that_gives_nothing_is_never_reported_as_nothing_new(web: Web) -> None:
    web.shows(post("a"), post("b"), a=UNREADABLE, b=UNREADABLE)
    assert web.crawl().record["verdict"] == "failed"
    second = web.crawl()
    assert ([request.status for request in second.requests if request.kind == "entry"], second.urls("page")) == (
        [200],
        [],
    )
    assert (second.record["verdict"], second.record["known"]) == ("failed", 2)
    web.days_later(1)
    third = web.crawl()
    assert (third.record["verdict"], third.record["quarantined"]) == ("failed", 2)


def test_an_article_that_has_gone_is_kept_with_the_time_until_it_is_back(web: Web) -> None:
    web.shows(post("a"), post("b"), a=page("a"), b=page("b"))
    web.crawl()
    assert "gone" not in web.article("b")
    web.days_later(400)
    web.shows(post("a"), post("b"), a=page("a"), b={"status": 410})
    second = web.crawl()
    assert (second.record["gone"], second.record["not_modified"], second.record["verdict"]) == (1, 1, "nothing_new")
    gone = web.article("b")
    assert datetime.now(UTC) - gone["gone"] < timedelta(minutes=2)
    assert gone["summary"].startswith("Sales of chips of kind b")
    assert "gone" not in web.article("a")
    assert web.crawl().urls("page") == []
    web.days_later(1.1)
    web.shows(post("a"), post("b"), a=page("a"), b=page("b"))
    web.crawl()
    assert "gone" not in web.article("b")


def test_an_article_that_was_deleted_here_is_fetched_again(web: Web) -> None:
    web.shows(post("a"), a=page("a"))
    web.crawl()
    web.database.articles.delete_many({})
    web.shows(post("a"), post("b"), a=page("a"), b=page("b"))
    assert web.crawl().record["new"] == 2


def test_an_article_that_was_deleted_here_is_fetched_again_though_the_list_has_not_changed(web: Web) -> None:
    web.shows(post("a"), post("b"), a=page("a"), b=page("b"))
    web.crawl()
    assert [request.status for request in web.crawl().requests if request.kind == "entry"] == [304]
    assert articles.delete(web.database, [web.article("a")["_id"]]) == 1
    again = web.crawl()
    assert (again.urls("page"), again.record["new"], again.record["known"]) == ([f"{SIA}/a/"], 1, 1)
    assert web.article("a")["title"]


def test_an_article_that_a_complete_list_no_longer_shows_gets_the_time(tmp_path: Path, web: Web) -> None:
    def shows(*names: str) -> None:
        shutil.rmtree(web.folder, ignore_errors=True)
        files = "".join(f'<a href="https://smic.cdn.shwebspace.com/uploads/{name}.xlsx">{name}</a>' for name in names)
        address = "https://www.smics.com/en/site/company_financialSummary?year=2026"
        add(web.folder, "smic", address, f"<div id=page_slide_2>{files}</div>")
        (web.folder / "today").write_text("2026-11-20")

    def gone() -> set[str]:
        return {row["files"][0]["name"] for row in web.database.articles.find({"gone": {"$exists": True}})}

    shows("1Q2026_BS", "1Q2026_PL")
    first = crawl(web.folder, "smic", web.uri, web.requests)
    assert (first.record["new"], gone()) == (2, set()), first.errors
    shows("1Q2026_PL")
    second = crawl(web.folder, "smic", web.uri, web.requests)
    assert (second.record["missing"], gone()) == (1, {"1Q2026_BS.xlsx"})
    assert web.database.articles.count_documents({}) == 2
    shows("1Q2026_BS", "1Q2026_PL")
    third = crawl(web.folder, "smic", web.uri, web.requests)
    assert (third.record["missing"], gone()) == (0, set())
