"""What is past its retention goes, for each source by its own; articles, the latest runs and what waits stay."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from store.documents import archive, articles, downloads, pruning
from store.documents.pruning import Pruned, prune
from store.documents.retention import Retention, RetentionFile, RetentionTable, read_retention
from store.index import preparation
from store.index.dictionary import SharedDictionary
from store.toml_file import TomlFileError
from tests.store.index_content import article

NOW = datetime.now(UTC).replace(microsecond=0)
LATER = NOW + timedelta(days=100)
MONTH = timedelta(days=30)
TABLE = RetentionTable(Retention(MONTH, MONTH, MONTH, MONTH, MONTH), {"wsts": Retention()})


def keep_page(database, name: str, text: str, source: str = "sia", captured: datetime = NOW) -> str:
    """Store the article *name* as read from a page with *text*; the SHA-256 of the page."""
    bag = SharedDictionary(database).bags_of_words([text.split()])[0]
    raw = archive.Raw(text.encode(), f"https://a.example/{name}", captured)
    articles.write(database, [articles.VectorizedArticle(replace(article(name, text), source=source), [bag], raw=raw)])
    return raw.sha256


def pages(database) -> set[str]:
    return {row["_id"] for row in database.raw.find()}


def facts(found: list[Pruned]) -> list[tuple[str, str, int]]:
    return [(one.kind, one.source, one.number) for one in found]


@pytest.fixture
def prepared(database):
    preparation.prepare(database, "test")
    return database


def test_old_pages_and_those_of_earlier_versions_go_and_articles_stay(prepared) -> None:
    first, second = keep_page(prepared, "a", "one"), keep_page(prepared, "a", "two")
    others = {keep_page(prepared, "b", "three", "wsts"), keep_page(prepared, "c", "four", captured=LATER)}
    assert pages(prepared) == {first, second} | others
    before = list(prepared.articles.find({}, {"raw": 0}))
    planned = prune(prepared, TABLE, LATER, dry=True)
    assert facts(planned) == [("pages", "sia", 1), ("revisions", "sia", 1)]
    assert planned[0].bytes == len("two") and planned[0].before == LATER - MONTH
    assert pages(prepared) == {first, second} | others
    assert prune(prepared, TABLE, LATER) == planned
    assert pages(prepared) == others
    assert list(prepared.articles.find({}, {"raw": 0})) == before
    assert prune(prepared, TABLE, LATER) == []


def test_a_page_that_is_stored_again_just_then_stays(prepared) -> None:
    first, _ = keep_page(prepared, "a", "one"), keep_page(prepared, "a", "two")
    prepared.raw.update_many({}, {"$set": {"stored": NOW - 2 * MONTH}})

    def store_again(step: str) -> None:
        if step == "revisions sia":
            archive.keep(prepared, [archive.Raw(b"one", "https://a.example/a", NOW)])

    found = prune(prepared, TABLE, NOW, step=store_again)
    assert facts(found) == [("revisions", "sia", 1)]
    assert first in pages(prepared)


@pytest.mark.parametrize("killed", ["update_many", "drop_unused"])
def test_a_kill_in_the_middle_leaves_what_the_next_call_removes(prepared, monkeypatch, killed: str) -> None:
    keep_page(prepared, "a", "one")

    class Killed(BaseException):
        """As kill -9."""

    def kill(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(pruning.archive, "drop_unused", kill)
        if killed == "update_many":
            patch.setattr(pruning, "_drop_pages", kill)
        with pytest.raises(Killed):
            prune(prepared, TABLE, LATER)
    for row in prepared.articles.find({"raw": {"$exists": True}}):
        assert archive.read(prepared, row["raw"]).data == b"one"
    prune(prepared, TABLE, LATER)
    assert pages(prepared) == set()


def test_the_latest_runs_and_the_last_good_one_stay(prepared) -> None:
    verdicts = ["ok", "ok"] + ["failed"] * 9
    for source in ("sia", "wsts"):
        for age, verdict in enumerate(reversed(verdicts)):
            moment = NOW - (2 + age) * MONTH
            prepared.runs.insert_one({"source": source, "verdict": verdict, "started": moment, "ended": moment})
    assert facts(prune(prepared, TABLE, NOW)) == [("runs", "sia", 2)]
    left = [row["verdict"] for row in prepared.runs.find({"source": "sia"}, sort=[("ended", 1)])]
    assert left == ["ok"] + ["failed"] * pruning.KEPT_RUNS
    assert prepared.runs.count_documents({"source": "wsts"}) == len(verdicts)


def test_what_is_notified_goes_and_what_waits_stays(prepared) -> None:
    old = {
        "watch": "w",
        "change": 0,
        "notified": True,
        "found": NOW - 2 * MONTH,
        "waiting": [],
        "entry": {"source": "sia"},
    }
    rows = [
        old | {"_id": name, "article": name}
        for name in ("notified", "with another", "in a message", "due", "new", "kept")
    ]
    rows[3]["waiting"], rows[4]["found"], rows[5]["entry"] = [{"target": "t", "due": NOW}], NOW, {"source": "wsts"}
    known = {"watch": "w", "article": "liked", "change": 0, "notified": True, "waiting": []}
    prepared.outbox.insert_many([*rows, {"_id": "known", "kind": "known"} | known])
    common = {"watch": "w", "target": "t", "next": NOW, "made": NOW - 2 * MONTH}
    messages = {"notified": ["notified"], "half": ["with another", "new"], "waiting": ["in a message"]}
    prepared.messages.insert_many(
        common | {"_id": name, "matches": matches, "state": "waiting" if name == "waiting" else "delivered"}
        for name, matches in messages.items()
    )
    assert facts(prune(prepared, TABLE, NOW)) == [("outbox", "sia", 2)]
    assert {row["_id"] for row in prepared.outbox.find()} == {"in a message", "due", "new", "kept", "known"}
    assert {row["_id"] for row in prepared.messages.find()} == {"half", "waiting"}


def test_old_counts_of_bytes_go_and_that_of_today_stays(prepared) -> None:
    now = datetime(2026, 3, 1, 17, tzinfo=UTC)  # in Shanghai it is 2 March
    days = [date(2026, 3, 2), date(2026, 3, 1), date(2026, 2, 28)]
    for day in days:
        for source in ("sia", "wsts"):
            downloads.add(prepared, source, day, 5)
    table = RetentionTable(Retention(downloads=timedelta(days=1)), {"wsts": Retention()})
    planned = prune(prepared, table, now, dry=True)
    assert facts(planned) == [("downloads", "sia", 1)]
    assert prune(prepared, table, now) == planned
    assert [sorted(downloads.of_day(prepared, day)) for day in days] == [["sia", "wsts"], ["sia", "wsts"], ["wsts"]]


def test_every_kind_of_the_file_is_pruned() -> None:
    assert [*pruning._WORK] == [field.name for field in fields(Retention)]


def test_steps_are_small(prepared, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "AT_ONCE", 2)
    monkeypatch.setattr(pruning._steps, "__defaults__", (2,))
    moment = NOW - 2 * MONTH
    prepared.runs.insert_many(
        {"source": "sia", "verdict": "failed", "started": moment, "ended": moment} for _ in range(13)
    )
    steps: list[str] = []
    assert facts(prune(prepared, TABLE, NOW, step=steps.append)) == [("runs", "sia", 5)]
    assert steps == ["runs sia"] * 3


def test_the_file_that_comes_with_the_program_and_ones_own(tmp_path: Path) -> None:
    packaged = read_retention(None)
    assert packaged.each == Retention(*(timedelta(days=days) for days in (730, 90, 365, 365, 90)))
    path = tmp_path / "retention.toml"
    path.write_text('[each]\nruns = "26w"\n[source.sia]\npages = "forever"\n')
    table = read_retention(RetentionFile.read(path))
    assert table.of("wsts") == replace(packaged.each, runs=timedelta(weeks=26))
    assert table.of("sia") == replace(table.each, pages=None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[each]\npage = "1d"', ":2: each.page: is not among what is kept: did you mean pages?"),
        ('[each]\npages = "soon"', ":2: each.pages: 'soon' is no span of time"),
        ('[each]\npages = "9000y"', ":2: each.pages: '9000y' is no span of time"),
        ('[each]\npages = "0d"', ":2: each.pages: '0d' is no span of time"),
        ("[each]\npages = 5", ":2: each.pages: '5' is no span of time"),
        ('[source.siaa]\npages = "1d"', ":1: source.siaa: unknown source: did you mean sia?"),
        ("[source]\nsia = 1", ":2: source.sia: is no table"),
        ("[all]\n", ":1: all: the file has no such table"),
        ("x = ", ":1: x: not TOML"),
    ],
)
def test_a_wrong_file_is_named_with_line_and_key(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "retention.toml"
    path.write_text(text)
    with pytest.raises(TomlFileError) as caught:
        read_retention(RetentionFile.read(path))
    assert f"{path}{message}" in str(caught.value)
