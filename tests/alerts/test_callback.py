"""``index.watch``: a function is called for each new story, across restarts, and again where it raised."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Event
from types import SimpleNamespace
from unittest.mock import patch

import pytest

from alerts import watches
from alerts.callback import Match
from alerts.errors import NoWatch, WatchError
from alerts.watches import Watch
from similarity import QueryError
from similarity.index import SimilarityIndex
from tests.alerts.conftest import Writer

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def until(condition: Callable[[], object], seconds: float = 20) -> None:
    """Wait until *condition* holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.02)


def test_a_function_is_called_once_for_each_story_across_restarts(index, writer: Writer, forty) -> None:
    text, called = forty[0].article.title, []
    with index.watch(text, min_score=0.01, name="asml", callback=called.append) as watching:
        writer.store(forty[:5])
        until(lambda: called)
        assert repr(watching) == "<Watching 'asml'>"
    first = called[0]
    assert isinstance(first, Match) and first.watch == "asml"
    assert first.article.title == text and first.score > 0.5
    number = len(called)
    writer.store(forty[5:10])  # while nobody listens
    with index.watch(text, min_score=0.01, name="asml", callback=called.append):
        notified = {"notified": True, "kind": "article"}
        until(lambda: not index.database.articles.count_documents({"unmatched": "ready"}))
        until(lambda: len(called) == index.database.outbox.count_documents(notified))
    assert len(called) > number
    assert len({match.article.id for match in called}) == len(called) == len({match.id for match in called})


def test_an_exception_is_shown_and_the_call_repeated(index, writer: Writer, forty) -> None:
    calls: list[Match] = []

    def broken(match: Match) -> None:
        calls.append(match)
        if len(calls) == 1:
            raise RuntimeError("the printer\nis out of paper")

    with index.watch(forty[0].article.title, min_score=0.3, name="w", callback=broken) as watching:
        writer.store(forty[:1])
        until(lambda: watching.fault)
        assert watching.fault == "RuntimeError: the printer is out of paper"
        until(lambda: index.database.messages.find_one({"attempts": 1}))
        index.database.messages.update_many({}, {"$set": {"next": LONG_AGO}})
        until(lambda: len(calls) == 2)
        until(lambda: not watching.fault)
    assert calls[0] == calls[1]


def test_a_function_may_exit_and_may_stop_its_watch(index, writer: Writer, forty) -> None:
    calls: list[Match] = []

    def once(match: Match) -> None:
        calls.append(match)
        if len(calls) == 1:
            sys.exit("no printer")
        watching.stop()

    watching = index.watch(forty[0].article.title, min_score=0.3, name="w", callback=once)
    writer.store(forty[:1])
    until(lambda: index.database.messages.find_one({"attempts": 1}))
    assert watching.fault == "SystemExit: no printer"
    index.database.messages.update_many({}, {"$set": {"next": LONG_AGO}})
    until(lambda: index.database.messages.find_one({"state": "delivered"}))
    assert len(calls) == 2 and watching.fault == ""


def test_a_set_of_sources_is_the_same_question_in_any_order(index) -> None:
    for sources in (("sia", "semi", "wsts"), {"sia", "semi", "wsts"}, ["wsts", "semi", "sia"]):
        options = {"source": sources, "min_score": 0.3}
        index.watch("HBM4", name="w", callback=print, **options).stop()
    with pytest.raises(WatchError, match="another one"):
        index.watch("HBM4", name="w", callback=print, source={"sia", "semi"}, min_score=0.3)


def test_two_programs_that_start_at_a_time_have_one_watch(index) -> None:
    find, calls = watches.find, []

    def late(database, name: str) -> Watch:
        calls.append(name)
        if len(calls) == 1:  # the other one makes it now
            index.watch("HBM4", name="w", callback=print).stop()
            raise NoWatch("not yet", "", "name")
        return find(database, name)

    with patch("alerts.watches.find", late):
        index.watch("HBM4", name="w", callback=print).stop()
    assert [watch.name for watch in watches.all_watches(index.database)] == ["w"]


def test_an_article_that_a_secondary_has_not_yet_is_not_taken_for_deleted(index, writer: Writer, forty) -> None:
    called = []
    with index.watch(forty[0].article.title, min_score=0.3, name="w", callback=called.append) as watching:
        behind = index.database.client["behind"]  # what reads that may go to a secondary get
        watching._index = SimpleNamespace(database=behind)
        with patch("alerts.callback.for_writers", lambda database: index.database):
            writer.store(forty[:1])
            until(lambda: called)


def test_a_function_that_never_returns_holds_up_nobody(index, writer: Writer, forty) -> None:
    stuck, called = Event(), []
    text = forty[0].article.title
    hangs = index.watch(text, min_score=0.3, name="hangs", callback=lambda _: stuck.wait(60))
    with index.watch(text, min_score=0.3, name="works", callback=called.append):
        writer.store(forty[:1])
        until(lambda: called)
    begin = time.monotonic()
    hangs.stop(0.2)
    assert time.monotonic() - begin < 5
    stuck.set()


def test_what_is_wrong_is_one_line(index: SimilarityIndex) -> None:
    def nothing(match: Match) -> None:
        """Does nothing."""

    for arguments, option in [
        ({"text": ""}, "text"),
        ({"text": "的"}, "text"),
        ({"min_score": 2}, "min_score"),
        ({"callback": "print"}, "callback"),
        ({"name": 5}, "name"),
        ({"k": 3}, "k"),
        ({"changes": "no"}, "changes"),
        ({"exclude": ["台积电"], "text": "台积电"}, "not"),
    ]:
        with pytest.raises(QueryError) as caught:
            index.watch(**({"text": "HBM4", "name": "w", "callback": nothing} | arguments))
        assert caught.value.option == option and "\n" not in str(caught.value)
    index.watch("HBM4", name="w", callback=nothing).stop()
    index.watch("HBM4", name="w", callback=nothing).stop()
    with pytest.raises(WatchError, match="watch 'w' is another one; remove it"):
        index.watch("HBM3", name="w", callback=nothing)
