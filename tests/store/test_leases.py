"""Leases: one owner at a time, by the server's clock, under a number that only grows."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from store import leases, schema
from store.leases import LeaseLost, LeaseTaken, NumberedLease, done_of, holder_of, server_time

LONG = timedelta(days=365)


@pytest.fixture
def two(database) -> tuple[NumberedLease, NumberedLease]:
    schema.create_collections(database)
    return NumberedLease(database, "a"), NumberedLease(database, "a")


def lapse(database) -> None:
    database.leases.update_many({}, [{"$set": {"until": {"$subtract": ["$$NOW", 1]}}}])


def test_one_holds_and_the_other_is_told_who(database, two) -> None:
    first, second = two
    assert holder_of(database, "a") is None
    assert first.hold() and not second.hold()
    holder = holder_of(database, "a")
    assert holder and (holder.host, holder.pid, holder.number) == (first.host, first.pid, 1)
    assert holder.since <= server_time(database) < holder.until
    with pytest.raises(LeaseTaken, match=f"pid {first.pid} is at work"):
        second.renew()
    first.release()
    second.forget()
    assert second.hold() and second.number == 2
    assert done_of(database, ["a", "b"]) == {"a": 1}


def test_a_lease_that_lapsed_is_still_ours_until_another_takes_it(database, two) -> None:
    first, second = two
    assert first.hold()
    lapse(database)
    assert holder_of(database, "a") is None
    first.confirm()
    assert not second.hold()
    lapse(database)
    second.forget()
    assert second.hold()
    with pytest.raises(LeaseLost):
        first.confirm()
    first.release()  # does nothing: it is not the owner
    holder = holder_of(database, "a")
    assert holder and holder.number == 2
    second.release()
    with pytest.raises(LeaseLost):
        first.confirm()


@pytest.mark.parametrize("late", [1, 2])
def test_an_answer_that_takes_longer_than_the_lease_lasts_is_asked_for_once_more(
    database, monkeypatch: pytest.MonkeyPatch, late: int
) -> None:
    schema.create_collections(database)
    lease, answers = NumberedLease(database, "a", seconds=2), 0

    def slow(database, step):
        nonlocal answers
        answers += 1
        row = step()
        time.sleep(2.1 if answers <= late else 0)
        return row

    monkeypatch.setattr(leases, "repeat", slow)
    assert lease.hold() == (late == 1)
    assert (answers, lease.number) == (2, 1)


def test_a_lease_that_was_taken_while_the_answer_was_late_is_not_ours(
    database, two, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = two
    first.seconds = 0.2

    def slow(database, step):
        row = step()
        if row["owner"] == first.owner:
            time.sleep(0.3)
            assert second.hold()
        return row

    monkeypatch.setattr(leases, "repeat", slow)
    assert not first.hold()
    assert second.hold() and (first.number, second.number) == (1, 2)


def test_a_check_reads_until_a_third_of_the_lease_has_gone(database, two, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = two
    assert first.hold()
    until = database.leases.find_one({})["until"]
    first.check()
    assert database.leases.find_one({})["until"] == until
    later = time.monotonic() + leases.SECONDS / 3
    monkeypatch.setattr(leases.time, "monotonic", lambda: later)
    first.check()
    assert database.leases.find_one({})["until"] > until
    # To this machine the lease is new; it stood still while that lapsed.
    lapse(database)
    first.check()
    assert holder_of(database, "a")
    lapse(database)
    second.forget()
    assert second.hold()
    with pytest.raises(LeaseLost):
        first.check()


def test_the_lease_is_not_taken_once_another_owner_has_done_the_work(database, two) -> None:
    first, _ = two
    assert first.hold()
    late = NumberedLease(database, "a", unless_done=0)
    first.release()
    assert not late.hold()
    assert NumberedLease(database, "a", unless_done=1).hold()
    lapse(database)  # killed: nothing is done
    assert NumberedLease(database, "a", unless_done=1).hold()


def test_a_lease_given_before_the_clock_was_set_back_is_void(database, two) -> None:
    first, second = two
    assert first.hold()
    database.leases.update_one({}, {"$set": {"until": server_time(database) + LONG}})
    assert holder_of(database, "a") is None
    assert second.hold() and second.number == 2


def test_how_long_a_lease_may_be_is_what_its_owner_says(database) -> None:
    schema.create_collections(database)
    assert NumberedLease(database, "a", 3600).hold()
    assert not NumberedLease(database, "a", 1).hold()


def test_a_lease_of_an_older_version(database) -> None:
    schema.create_collections(database)
    until = server_time(database) + timedelta(seconds=leases.SECONDS)
    database.leases.insert_one({"_id": "a", "owner": "host:7:ab", "number": 3, "until": until})
    holder = holder_of(database, "a")
    assert holder and (holder.host, holder.pid, holder.number) == ("host", 7, 3)
    assert not NumberedLease(database, "a").hold()
