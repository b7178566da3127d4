"""What waits in the outbox is delivered: retried, held, bundled, counted, to each target for itself."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Event
from time import monotonic, sleep

import pytest
from pymongo import UpdateOne

from alerts import outbox, senders, source_watch, watches
from alerts.delivery import Deliveries, TargetSender, read_book
from alerts.network import NotSent
from alerts.outbox import RETRIES
from alerts.senders.answer import SendAnswer
from alerts.targets import WEBHOOK, WECOM, target_of
from alerts.watches import SOURCES, Watch
from similarity.answers.question import Question
from similarity.health import undelivered, undelivered_lines
from similarity.option_values import TIME_ZONE
from store import schema
from store.connection import Document
from store.leases import NumberedLease, server_time
from tests.alerts.robots import DINGTALK_URL, HOOK_HOST, WECOM_URL, Robots, serving

HOOK = f"https://{HOOK_HOST}/hook"
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def robots() -> Iterator[Robots]:
    with serving() as opened:
        yield opened


def add(database, *targets: str, name: str = "cowos", **rhythm: str) -> Watch:
    question = Question(q="先进封装产能")
    return watches.add(database, Watch(name, question, targets=tuple(target_of(url, **rhythm) for url in targets)))


def keep(database, *keys: str) -> None:
    """Let the articles *keys* be stored."""
    stored = [UpdateOne({"_id": key}, {"$set": {"title": key}}, upsert=True) for key in keys]
    database.articles.bulk_write(stored, bypass_document_validation=True)


def match(database, watch: Watch, number: int, first: int = 0) -> None:
    """Rows for so many matches."""
    now = server_time(database)
    keep(database, *(f"{n:024x}" for n in range(first, first + number)))
    entry = {"url": "https://a.example/1", "source": "semi", "language": "zh", "published": None, "score": 0.5}
    rows = [
        outbox.row(watch, "article", f"{n:024x}", True, now, story=f"s{n}", entry={"title": f"芯片 {n}"} | entry)
        for n in range(first, first + number)
    ]
    outbox.insert(database, rows)


def hurry(database) -> None:
    """Let everything be due."""
    database.messages.update_many({"state": "waiting"}, {"$set": {"next": LONG_AGO, "tried": LONG_AGO}})
    database.outbox.update_many({"waiting": {"$ne": []}}, {"$set": {"waiting.$[].due": LONG_AGO}})


def sender(database, watch: Watch, place: int = 0, **senders) -> TargetSender:
    made = TargetSender(database, watch.targets[place].key, **senders)
    assert made.lease.hold()
    return made


def test_a_refused_message_is_retried_under_its_id_and_fails_at_last(database, robots: Robots) -> None:
    watch = add(database, HOOK, WECOM_URL)
    match(database, watch, 1)
    hook = sender(database, watch)
    for number in range(len(RETRIES) + 1):
        robots.refuse(503, why="busy")
        assert hook.step()
        (message,) = database.messages.find({"target": hook.key})
        assert message["attempts"] == number + 1
        assert message["answers"][-1]["answer"] == 'HTTP 503: {"why": "busy"}'
        if number < len(RETRIES):
            assert message["state"] == "waiting"
            assert message["next"] - message["answers"][-1]["at"] == RETRIES[number]
            assert not hook.step(), "not before it is due"
        hurry(database)
    assert message["state"] == "failed"
    assert not hook.step()
    (bad,) = undelivered(database)
    assert (bad.watch, bad.messages, bad.answer) == ("cowos", 1, 'HTTP 503: {"why": "busy"}')
    assert "watch cowos: 1 条未送达" in next(undelivered_lines([bad], bad.last))
    ids = {one.headers["webhook-id"] for one in robots.received}
    bodies = {one.body for one in robots.received}
    assert ids == {message["_id"]} and len(bodies) == 1 and len(robots.received) == 7

    # The other target is notified of it, and nothing twice.
    sender(database, watch, 1).run(Event())
    texts = "\n".join(one.text for one in robots.received[7:])
    match(database, watch, 1, 5)
    hurry(database)
    assert hook.step()
    assert undelivered(database) == [], "it gets messages again"
    assert "芯片 0" in texts and "未能送达 · not delivered to https://hooks.example.org" in texts


def test_two_dead_targets_do_not_tell_of_each_other_for_ever(database) -> None:
    watch = add(database, HOOK, WECOM_URL)
    match(database, watch, 1)
    refusing = dict.fromkeys((WEBHOOK, WECOM), lambda *_: SendAnswer(False, "no"))
    for place in (0, 1) * (3 * len(RETRIES)):
        sender(database, watch, place, senders=refusing).run(Event())
        hurry(database)
    messages = list(database.messages.find())
    assert {message["state"] for message in messages} == {"failed"}
    assert len(messages) == 4, "the story and the failure of the other, to each"


def test_a_dead_target_delays_no_other(database, robots: Robots) -> None:
    add(database, f"https://{HOOK_HOST}/hangs", name="dead")
    watch = add(database, WECOM_URL)
    for one in watches.all_watches(database):
        match(database, one, 1)
    stopping, begin = Event(), monotonic()
    deliveries = Deliveries(database)
    while not any(one.path.endswith("send") for one in robots.received) and monotonic() < begin + 10:
        deliveries.step(stopping)
        sleep(0.02)
    assert monotonic() - begin < 5
    robots.hangs.set()
    stopping.set()
    deliveries.join(10)
    (dead,) = database.messages.find({"watch": {"$ne": watch.id}})
    assert (dead["state"], dead["attempts"]) == ("waiting", 1)


def test_a_fault_of_a_sender_is_its_answer(database) -> None:
    watch = add(database, WECOM_URL)
    match(database, watch, 1)

    def broken(message, target) -> SendAnswer:
        raise ZeroDivisionError("by\nzero")

    assert sender(database, watch, senders={"wecom": broken}).step()
    assert database.messages.find_one()["answers"][0]["answer"] == "ZeroDivisionError: by zero"

    def unreachable(message, target) -> SendAnswer:
        raise NotSent("nobody there")

    hurry(database)
    database.leases.delete_many({})
    assert sender(database, watch, senders={"wecom": unreachable}).step()
    assert database.messages.find_one()["answers"][1]["answer"] == "nobody there"


def test_without_the_package_of_a_service_a_message_waits_and_says_so(database, monkeypatch) -> None:
    watch = add(database, "mailtos://user:password@example.org?to=team@example.org")
    match(database, watch, 1)
    monkeypatch.delattr(senders, "by_apprise", raising=False)
    monkeypatch.delitem(sys.modules, "alerts.senders.by_apprise", raising=False)
    monkeypatch.setitem(sys.modules, "apprise", None)  # importing it raises ImportError
    assert sender(database, watch).step()
    assert "need the package apprise" in database.messages.find_one()["answers"][0]["answer"]


def test_a_kill_before_a_failure_is_noted_leaves_the_notice_of_it(database, monkeypatch) -> None:
    watch = add(database, HOOK, WECOM_URL)
    match(database, watch, 1)
    refusing = sender(database, watch, senders={WEBHOOK: lambda *_: SendAnswer(False, "no")})
    for _ in RETRIES:
        assert refusing.step()
        hurry(database)
    with monkeypatch.context() as killed:
        killed.setattr(outbox, "note_answer", lambda *_: sys.exit("killed"))
        with pytest.raises(SystemExit):
            refusing.step()
    assert database.outbox.count_documents({"kind": "notice"}) == 1
    hurry(database)
    assert refusing.step()
    assert database.outbox.count_documents({"kind": "notice"}) == 1
    assert database.messages.find_one({"target": refusing.key})["state"] == "failed"


def test_no_more_a_minute_than_the_service_takes(database, robots: Robots) -> None:
    watch = add(database, WECOM_URL)
    now = server_time(database)
    message: Document = {"watch": watch.id, "target": watch.targets[0].key, "matches": [], "state": "delivered"}
    times = {"next": now, "made": LONG_AGO, "tried": now}
    database.messages.insert_many([message | times | {"_id": f"m{n}", "matches": [str(n)]} for n in range(19)])
    match(database, watch, 1)
    robot = sender(database, watch)
    assert robot.step()
    match(database, watch, 1, 1)
    assert not robot.step(), "that would be the 21st in a minute"
    database.messages.update_many({}, {"$set": {"tried": now - timedelta(seconds=62)}})
    assert robot.step()
    assert len(robots.received) == 2


def test_more_than_twenty_stories_in_ten_minutes_are_one_message(database, robots: Robots, monkeypatch) -> None:
    monkeypatch.setenv("XINWEN_ADDRESS", "https://news.example.org/")
    from store.settings import settings

    settings.cache_clear()
    watch = add(database, WECOM_URL, HOOK)
    match(database, watch, 37)
    robot = sender(database, watch)
    robot.run(Event())
    (got,) = robots.received
    assert "37 条新消息" in got.text and "https://news.example.org/watches/cowos" in got.text
    assert got.text.count("a.example") == 3
    sender(database, watch, 1).run(Event())
    body = json.loads(robots.received[1].body)["data"]
    assert (body["number"], len(body["matches"])) == (37, 37)

    match(database, watch, 5, 100)
    robot = sender(database, watch)
    assert not robot.step(), "within the ten minutes"
    database.messages.update_many({}, {"$set": {"made": LONG_AGO}})
    database.outbox.update_many({}, {"$set": {"found": LONG_AGO}})
    assert robot.step()
    assert robots.received[-1].text.count("a.example") == 5
    settings.cache_clear()


def test_a_flood_is_one_message_however_large(database, robots: Robots) -> None:
    watch = add(database, WECOM_URL)
    match(database, watch, 450)
    sender(database, watch).run(Event())
    (got,) = robots.received
    assert "450 条新消息" in got.text
    assert not database.outbox.count_documents({"waiting": {"$ne": []}}), "nothing comes after it"


def test_an_article_that_was_deleted_is_not_sent(database, robots: Robots) -> None:
    watch = add(database, WECOM_URL, every="daily 08:30")
    match(database, watch, 3)
    known = database.outbox.find_one({"article": f"{1:024x}"})
    keep(database, "other")
    entry = known["entry"] | {"title": "同一新闻"}
    row = outbox.row(watch, "article", "other", False, known["found"], story=known["story"], entry=entry)
    outbox.insert(database, [row])
    database.articles.delete_many({"_id": {"$in": [f"{n:024x}" for n in (0, 1)]}})
    hurry(database)
    sender(database, watch).run(Event())
    (got,) = robots.received
    assert "芯片 0" not in got.text and "芯片 1" not in got.text and "芯片 2" in got.text
    assert "同一新闻" in got.text, "its story is told by another article"

    match(database, watch, 1, 5)
    database.articles.delete_one({"_id": f"{5:024x}"})
    hurry(database)
    sender(database, watch).run(Event())
    assert len(robots.received) == 1 and not database.messages.count_documents({"state": "waiting"})


def test_rows_of_a_removed_watch_do_not_wait_at_a_target_of_others(database, robots: Robots) -> None:
    gone, other = add(database, WECOM_URL, name="gone"), add(database, WECOM_URL)
    watches.remove(database, "gone")
    match(database, gone, 1)  # as a matcher does that had read the watch before
    sender(database, other).run(Event())
    assert database.outbox.count_documents({}) == 0 and robots.received == []


def test_what_is_held_comes_as_one_bundle(database, robots: Robots) -> None:
    clock = server_time(database).astimezone(TIME_ZONE)
    held = add(database, WECOM_URL, every=f"daily {clock + 12 * HOUR:%H:%M}")
    at_once = add(database, DINGTALK_URL, name="at once")
    for number in range(3):
        for watch in (held, at_once):
            match(database, watch, 1, number)
        sender(database, at_once).run(Event())
    sender(database, held).run(Event())
    assert [one.path for one in robots.received] == ["/robot/send"] * 3
    hurry(database)
    sender(database, held).run(Event())
    assert [f"芯片 {n}" in robots.received[-1].text for n in range(3)] == [True] * 3
    assert len(robots.received) == 4


def test_a_bundle_of_a_day_is_no_flood(database, robots: Robots) -> None:
    watch = add(database, WECOM_URL, every="daily 08:30")
    match(database, watch, 30)
    hurry(database)
    sender(database, watch).run(Event())
    assert sum(one.text.count("a.example") for one in robots.received) == 30


def test_nothing_is_sent_in_quiet_hours(database, robots: Robots) -> None:
    clock = server_time(database).astimezone(TIME_ZONE)
    watch = add(database, WECOM_URL, quiet=f"{clock - HOUR:%H:%M}-{clock + 2 * HOUR:%H:%M}")
    match(database, watch, 1)
    (row,) = database.outbox.find()
    assert row["waiting"][0]["due"] > server_time(database)
    hurry(database)  # a retry is held, too
    robot = sender(database, watch)
    robot.run(Event())
    assert robots.received == []
    assert database.messages.find_one()["next"] > server_time(database)


def test_a_long_bundle_is_parted_between_entries(database, robots: Robots) -> None:
    watch = add(database, WECOM_URL)
    now = server_time(database)
    entry = {"source": "semi", "language": "zh", "published": None, "score": 0.5, "title": "晶圆" * 100}
    keep(database, *map(str, range(18)))
    outbox.insert(
        database,
        [
            outbox.row(watch, "article", str(n), True, now, entry=entry | {"url": f"https://a.example/{n}"})
            for n in range(18)
        ],
    )
    sender(database, watch).run(Event())
    assert len(robots.received) > 2
    assert all(len(one.text.encode()) <= 4096 for one in robots.received)
    assert sum(one.text.count("a.example") for one in robots.received) == 18
    assert database.messages.count_documents({"state": "delivered"}) == len(robots.received)


def test_paused_and_removed_watches_send_nothing(database, robots: Robots) -> None:
    watch = add(database, WECOM_URL)
    match(database, watch, 1)
    watches.pause(database, "cowos")
    book = read_book(database, watch.targets[0].key)
    assert book.paused == (watch.id,) and book.owners(watch.targets[0].key) == []
    assert outbox.due_targets(database, server_time(database), book.paused) == set()
    sender(database, watch).run(Event())
    watches.resume(database, "cowos")
    database.leases.delete_many({})
    sender(database, watch).run(Event())
    assert len(robots.received) == 1
    match(database, watch, 1, 1)
    watches.remove(database, "cowos")
    assert database.outbox.count_documents({}) == database.messages.count_documents({}) == 0
    match(database, watch, 1, 2)  # as a matcher does that had read the watch before
    Deliveries(database).step(Event())
    assert database.outbox.count_documents({}) == 0


def test_a_late_sender_is_refused_by_its_number(database, robots: Robots) -> None:
    watch = add(database, WECOM_URL)
    match(database, watch, 1)
    first = sender(database, watch)
    now = server_time(database)
    message = outbox.claim(database, watch, watch.targets[0], now)
    assert message and outbox.claim(database, watch, watch.targets[0], now) is None
    assert not NumberedLease(database, first.lease.name).hold()
    database.leases.update_many({}, {"$set": {"until": LONG_AGO}})  # the first one is suspended
    second = sender(database, watch)
    assert second.lease.number == first.lease.number + 1
    assert outbox.begin_attempt(database, message, second.lease.number, now)
    assert not outbox.begin_attempt(database, message, first.lease.number, now)


def test_a_row_is_in_one_message_to_a_target(database) -> None:
    watch = add(database, WECOM_URL)
    match(database, watch, 2)
    before = list(database.outbox.find())
    assert outbox.claim(database, watch, watch.targets[0], server_time(database))
    for row in before:  # as a sender sees it that was suspended before it made its message
        database.outbox.replace_one({"_id": row["_id"]}, row)
    assert outbox.claim(database, watch, watch.targets[0], server_time(database)) is None
    assert database.messages.count_documents({}) == 1


def test_a_source_that_fails_and_one_that_recovers_are_notified_once(database) -> None:
    schema.create_collections(database)
    now = server_time(database)

    def run(source: str, verdict: str, minutes: int) -> None:
        moment = now + timedelta(minutes=minutes)
        database.runs.insert_one(
            {"source": source, "verdict": verdict, "why": "no links", "started": moment, "ended": moment}
        )

    def notified() -> list[str]:
        database.watches.update_many({}, {"$set": {"looked": LONG_AGO}})
        source_watch.step(database)
        return [row["entry"]["title"] for row in database.outbox.find({"kind": "notice"}).sort("_id", 1)]

    run("sia", "ok", -50)
    run("semi", "failed", -50)
    watches.add(database, Watch("sources", about=SOURCES, targets=(target_of(WECOM_URL),)))
    assert notified() == [], "how it is at first is not sent"
    run("sia", "empty", -40)
    assert notified() == [], "a single failure may pass"
    run("sia", "failed", -30)
    assert (
        len(notified()) == 1
        and "来源 sia 失败 · source sia has failed: the last run was failed; no links" in notified()[0]
    )
    run("sia", "empty", -25)
    assert len(notified()) == 1
    run("sia", "ok", -20)
    run("semi", "nothing_new", -20)
    assert {"来源 sia 已恢复 · source sia works again", "来源 semi 已恢复 · source semi works again"} <= {*notified()}
    assert len(notified()) == 3
    run("sia", "failed", -10)
    run("sia", "ok", -9)
    assert len(notified()) == 3, "a failure between two good runs is sent neither when it comes nor when it goes"
    run("sia", "blocked", -8)
    run("sia", "failed", -7)
    assert len(notified()) == 4


def test_a_clock_that_was_ahead_silences_no_watch_of_the_sources(database) -> None:
    schema.create_collections(database)
    now = server_time(database)
    run = {"source": "sia", "verdict": "ok", "why": "", "started": now - 3 * HOUR, "ended": now - 3 * HOUR}
    database.runs.insert_one(run | {"next_by": now - HOUR})
    watches.add(database, Watch("system", about=SOURCES, targets=(target_of(WECOM_URL),)))
    database.watches.update_many({}, {"$set": {"sources": {}}})
    ahead = now + timedelta(days=400)
    database.watches.update_many({}, {"$set": {"looked": ahead, "suspected": {"schedule": ahead}}})
    source_watch.step(database)
    database.watches.update_many({}, {"$set": {"looked": LONG_AGO}})
    assert source_watch.step(database) == 1
    (row,) = database.outbox.find({"kind": "notice"})
    assert row["entry"]["title"].startswith("schedule 异常 · schedule is not well")


def test_what_is_wrong_beside_the_sources_is_notified_once_and_outside_of_quiet_hours(database) -> None:
    schema.create_collections(database)
    now = server_time(database)
    clock = now.astimezone(TIME_ZONE)
    target = target_of(WECOM_URL, quiet=f"{clock - 2 * HOUR:%H:%M}-{clock + 2 * HOUR:%H:%M}")
    run = {"source": "sia", "verdict": "ok", "why": "", "started": now - HOUR, "ended": now - HOUR}
    database.runs.insert_one(run | {"next_by": now + HOUR})
    watches.add(database, Watch("system", about=SOURCES, targets=(target,)))

    def notified() -> list[str]:
        database.watches.update_many({}, {"$set": {"looked": LONG_AGO}})
        source_watch.step(database)
        return [row["entry"]["title"] for row in database.outbox.find({"kind": "notice"}).sort("found", 1)]

    def look_again(late: bool) -> list[str]:
        database.runs.update_many({}, {"$set": {"next_by": now - HOUR if late else now + HOUR}})
        return notified()

    assert notified() == []
    assert look_again(late=True) == [], "one look is not enough"
    assert look_again(late=False) == []
    look_again(late=True)
    (first,) = look_again(late=True)
    assert first.startswith(
        "schedule 异常 · schedule is not well: 1 sources have not been crawled for two rhythms: sia."
    )
    assert "xinwen crawlall --due" in first
    assert len(look_again(late=True)) == 1
    assert look_again(late=False)[1:] == ["schedule 已恢复 · schedule is well again"]
    assert len(look_again(late=False)) == 2
    for row in database.outbox.find({"kind": "notice"}):
        assert row["waiting"][0]["due"] > now + HOUR, "held until the quiet hours are over"
