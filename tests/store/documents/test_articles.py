from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pymongo.errors import WriteError

from store.article import Article, File
from store.documents.articles import (
    VectorizedArticle,
    add_address,
    existing_ids,
    find_digests,
    quarantine,
    read,
    release,
    write,
)
from store.index import preparation
from store.leases import LeaseLost
from store.vectors import unpack

pytestmark = pytest.mark.slow

NOW = datetime(2026, 7, 1, 8, tzinfo=UTC)


@pytest.fixture(autouse=True)
def prepared(database) -> None:
    preparation.prepare(database, "test")


def analyzed(name: str = "x", **fields) -> VectorizedArticle:
    defaults = {
        "source": "sia",
        "url": f"https://a.example/{name}",
        "title": "$price of {chips}",
        "fetched": NOW,
        "body": "one\ntwo",
        "published": datetime(2026, 6, 30, 1, 2, 3, tzinfo=UTC),
        "authors": ["A"],
        "tags": ["$t"],
        "files": [File("https://a.example/f.pdf", pages=2)],
    }
    return VectorizedArticle(Article(**(defaults | fields)), [[(1, 2), (3, 1)], [(3, 1)]], digest="d" + name)


def test_an_article_is_read_as_it_was_written(database) -> None:
    stored = analyzed()
    assert write(database, [stored]) == {stored.article.id: "new"}
    (found,) = read(database, [stored.article.id, "0" * 24]).values()
    assert found.article == stored.article
    assert [unpack(vector) for vector in found.page_vectors] == stored.bags
    row = database.articles.find_one()
    assert (row["length"], row["revision"], len(row["page_vectors"])) == (4, 1, 2)


def test_a_writer_that_lost_its_lease_writes_nothing(database) -> None:
    def confirm() -> None:
        raise LeaseLost("another process has taken it")

    with pytest.raises(LeaseLost):
        write(database, [analyzed()], confirm=confirm)
    assert database.articles.count_documents({}) == 0


def test_a_writer_paused_behind_its_lease_does_not_write_over_what_was_stored_since(database) -> None:
    # The pause comes right behind the last look at the lease, which another process then takes.
    write(
        database, [analyzed(title="as it was")], confirm=lambda: write(database, [analyzed(title="as it is")]) and None
    )
    row = database.articles.find_one()
    assert (row["title"], row["revision"]) == ("as it is", 2)


def test_unchanged_content_is_not_written(database) -> None:
    write(database, [analyzed()])
    before = database.articles.find_one()
    again = analyzed(fetched=datetime(2026, 7, 2, tzinfo=UTC))
    assert write(database, [again]) == {again.article.id: "unchanged"}
    assert database.articles.find_one() == before


def test_changed_content_gets_a_new_revision(database) -> None:
    write(database, [analyzed()])
    before = database.articles.find_one()
    assert write(database, [analyzed(title="other")]) == {before["_id"]: "changed"}
    after = database.articles.find_one()
    assert (after["revision"], after["title"]) == (2, "other")
    assert after["first_stored"] == before["first_stored"]
    assert after["stored"] > before["stored"]


def test_other_tokens_are_a_change_even_where_the_text_is_withheld(database) -> None:
    write(database, [replace(analyzed(body="", access="abstract"), bags=[[(1, 1)]])])
    outcomes = write(database, [replace(analyzed(body="", access="abstract"), bags=[[(1, 2)]])])
    assert list(outcomes.values()) == ["changed"]


def test_further_addresses_and_text_digests(database) -> None:
    write(database, [analyzed("x"), analyzed("y")])
    x, y = analyzed("x").article.id, analyzed("y").article.id
    assert existing_ids(database, [x, y, "0" * 24]) == {x, y}
    assert find_digests(database, ["dx", "none"]) == {"dx": x}
    add_address(database, x, "https://b.example/copy")
    write(database, [analyzed("x", title="later")])
    assert database.articles.find_one({"_id": x})["also_at"] == ["https://b.example/copy"]


def test_quarantine_holds_the_latest_reasons_of_an_address(database) -> None:
    for reasons in (["no title"], ["no text"]):
        quarantine(database, "sia", "https://a.example/q", reasons, NOW, "k")
    assert [row["reasons"] for row in database.quarantine.find()] == [["no text"]]
    release(database, ["k"])
    assert database.quarantine.count_documents({}) == 0


def test_the_validator_refuses_an_incomplete_article(database) -> None:
    with pytest.raises(WriteError, match="failed validation"):
        database.articles.insert_one({"_id": "a" * 24, "title": "half"})


def test_another_analyzer_is_refused(database) -> None:
    with pytest.raises(preparation.IndexMismatch, match="made by analyzer 'test', this one is 'other'"):
        preparation.prepare(database, "other")
    with pytest.raises(preparation.IndexMismatch):
        preparation.check(database, "other")


def test_many_processes_may_prepare_a_new_database_at_once(database) -> None:
    from concurrent.futures import ThreadPoolExecutor

    database.client.drop_database(database.name)
    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(preparation.prepare, database, "test") for _ in range(8)]:
            done.result()
    assert {"articles", "terms", "quarantine", "runs", "manifest"} <= set(database.list_collection_names())
