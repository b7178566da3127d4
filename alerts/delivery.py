"""Delivers what waits in the outbox: to each target in a thread of its own, so that a dead one delays no other.

One sender per target works at a time, by a lease. Delivered is what the service took, by its own answer.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event, Lock, Thread, current_thread

from pymongo.database import Database
from pymongo.errors import PyMongoError

from alerts import outbox, watches
from alerts.messages import Entry, Message
from alerts.packages import needs_package
from alerts.senders import dingtalk, feishu, webhook, wecom
from alerts.senders.answer import SendAnswer, answer_of
from alerts.targets import APPRISE, CALLBACK, DINGTALK, FEISHU, WEBHOOK, WECOM, Target
from alerts.watches import Watch
from store.connection import Document, first_line
from store.leases import SECONDS, NumberedLease, server_time

log = logging.getLogger(__name__)

Send = Callable[[Message, Target], SendAnswer]

_AFTER_FAULT = 20.0  # seconds

MOST_THREADS = 64
"""Targets that are sent to at a time."""


def _by_apprise(message: Message, target: Target) -> SendAnswer:
    with needs_package():
        from alerts.senders import by_apprise  # loads apprise, which takes a third of a second

    return by_apprise.send(message, target)


SENDERS: Mapping[str, Send] = {
    WECOM: wecom.send,
    DINGTALK: dingtalk.send,
    FEISHU: feishu.send,
    WEBHOOK: webhook.send,
    APPRISE: _by_apprise,
}
"""By kind of target."""


def send_once(message: Message, target: Target, senders: Mapping[str, Send] = SENDERS) -> SendAnswer:
    """Send *message* to *target*, and what became of it; whatever a sender raises is its answer."""
    return answer_of(lambda: senders[target.kind](message, target), target)


def probe(watch: str, target: Target, moment: datetime) -> SendAnswer:
    """Send a test message of the watch named *watch* to *target* now, and what the service said."""
    if target.kind == CALLBACK:
        return SendAnswer(False, "函数只由其程序调用 · only the program that made the watch calls its function")
    entry = Entry("test", "notice", "测试消息：订阅可以送达 · This is a test: messages of this watch arrive here")
    return send_once(Message(f"msg_test_{moment:%Y%m%d%H%M%S%f}", watch, (entry,), moment), target)


def probe_all(watch: Watch, moment: datetime) -> list[tuple[Target, SendAnswer]]:
    """``probe`` for each target of *watch*, all at a time: one that hangs is not waited for by the others."""
    with ThreadPoolExecutor(max(len(watch.targets), 1)) as threads:
        answers = threads.map(lambda target: probe(watch.name, target, moment), watch.targets)
        return list(zip(watch.targets, answers, strict=True))


@dataclass(frozen=True)
class Book:
    """The watches of a target that are not paused, by id, and those that are; as they were a moment ago."""

    active: Mapping[str, Watch]
    paused: tuple[str, ...]

    def owners(self, key: str) -> list[tuple[Watch, Target]]:
        """The watches that notify the target *key*, each with the target."""
        return [(watch, target) for watch in self.active.values() for target in watch.targets if target.key == key]


def read_book(database: Database[Document], key: str) -> Book:
    """The watches that notify the target *key*, as they are now."""
    every = [watches.stored_watch(row) for row in database.watches.find({"targets.key": key})]
    return Book(
        {watch.id: watch for watch in every if not watch.paused}, tuple(watch.id for watch in every if watch.paused)
    )


@dataclass
class TargetSender:
    """Sends to the target ``key`` what is due for it, while it holds the target's lease."""

    database: Database[Document]
    key: str
    senders: Mapping[str, Send] = field(default_factory=lambda: SENDERS)

    def __post_init__(self) -> None:
        self.lease = NumberedLease(self.database, f"sender {self.key}")

    def run(self, stopping: Event) -> None:
        """Send all that is due; ends when nothing is, when the service wants a pause, or without the lease."""
        try:
            while not stopping.is_set() and self.lease.hold() and self.step():
                pass
        finally:
            self.lease.release()

    def step(self) -> bool:
        """Send one message; False where nothing is due, or not now."""
        now = server_time(self.database)
        book = read_book(self.database, self.key)
        owners = book.owners(self.key)
        outbox.finish_claims(self.database, self.key)
        if not owners or not self._is_allowed(owners[0][1], now):
            return False
        message = outbox.next_message(self.database, self.key, now, book.paused)
        for watch, target in owners if message is None else ():
            if message := outbox.claim(self.database, watch, target, now):
                break
        if message is None:
            outbox.forget_removed(self.database, self.key, now)
            return False
        pair = next((pair for pair in owners if pair[0].id == message["watch"]), None)
        if pair is None:  # the watch is gone
            self.database.messages.delete_one({"_id": message["_id"]})
            return True
        watch, target = pair
        later = target.rhythm.after_quiet(now, self.key)
        if later > now:
            self.database.messages.update_one({"_id": message["_id"]}, {"$set": {"next": later}})
            return True
        if not (content := outbox.message_of(self.database, watch, message)).entries:  # all were deleted meanwhile
            self.database.messages.delete_one({"_id": message["_id"]})
            return True
        if not outbox.begin_attempt(self.database, message, self.lease.number, now):
            return False
        with _renewed(self.lease):
            answer = send_once(content, target, self.senders)
        self._note(message, watch, target, answer)
        return True

    def _is_allowed(self, target: Target, now: datetime) -> bool:
        limits = target.limits
        spans = ((limits.a_minute, timedelta(seconds=61)), (limits.a_second, timedelta(seconds=1.1)))
        return all(not most or outbox.sent_since(self.database, self.key, now - span) < most for most, span in spans)

    def _note(self, message: Document, watch: Watch, target: Target, answer: SendAnswer) -> None:
        now = server_time(self.database)
        if not answer.is_delivered and message["attempts"] == len(outbox.RETRIES):
            # First: after a kill in between it is sent once more; the other way round nobody would be notified.
            self._notify_others(message, watch, target, answer, now)
        outbox.note_answer(self.database, message, answer.is_delivered, answer.text, now)

    def _notify_others(
        self, message: Document, watch: Watch, target: Target, answer: SendAnswer, now: datetime
    ) -> None:
        others = [other for other in watch.targets if other.key != self.key]
        if not outbox.has_news(self.database, message):
            others = []  # or dead targets would report each other for ever
        text = f"未能送达 · not delivered to {target.shown}: {answer.text}"
        if others:
            outbox.insert(self.database, [outbox.notice(watch, f"failed {message['_id']}", text, now, others)])
        log.warning("watch %s: %s", watch.name, text)


class _renewed:  # noqa: N801  # a context manager, called like a function
    """Keeps a lease while the block waits for a service."""

    def __init__(self, lease: NumberedLease) -> None:
        self._lease, self._done = lease, Event()
        self._thread = Thread(target=self._renew, name="xinwen-lease", daemon=True)

    def _renew(self) -> None:
        while not self._done.wait(SECONDS / 4):
            try:
                self._lease.hold()
            except PyMongoError as error:  # it lapses, and another sender goes on
                log.warning("the lease of a sender was not renewed: %s", first_line(error))

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()


class Deliveries:
    """Starts a thread for each target for which something is due."""

    def __init__(
        self,
        database: Database[Document],
        senders: Mapping[str, Send] | None = None,
        only: Callable[[Target], bool] = lambda target: target.kind != CALLBACK,
    ) -> None:
        self._database, self._senders, self._only = database, senders or SENDERS, only
        self._threads: dict[str, Thread] = {}
        self._lock = Lock()

    def step(self, stopping: Event) -> None:
        """Start what is due and is not sent to already."""
        paused = [row["_id"] for row in self._database.watches.find({"paused": True}, {"_id": 1})]
        now = server_time(self._database)
        due = outbox.due_targets(self._database, now, paused)
        with self._lock:
            self._threads = {key: thread for key, thread in self._threads.items() if thread.is_alive()}
            for key in sorted(due - self._threads.keys()):
                if len(self._threads) >= MOST_THREADS:
                    break
                book = read_book(self._database, key)
                owners = book.owners(key)
                if not owners and not book.paused:
                    outbox.forget_removed(self._database, key, now)
                if owners and self._only(owners[0][1]):
                    sender = TargetSender(self._database, key, self._senders)
                    thread = Thread(target=self._run, args=(sender, stopping), name="xinwen-sender", daemon=True)
                    self._threads[key] = thread
                    thread.start()

    def _run(self, sender: TargetSender, stopping: Event) -> None:
        try:
            sender.run(stopping)
        except PyMongoError as error:
            if not stopping.is_set():
                log.warning("nothing is sent while the database fails: %s", first_line(error))
                time.sleep(1)
        except Exception:  # a fault of ours must not be tried, and logged, twice a second
            log.exception("nothing is sent to a target: a step failed")
            stopping.wait(_AFTER_FAULT)

    def join(self, seconds: float) -> None:
        """Wait for the threads at most *seconds* in all; what is not sent by then stays in the outbox."""
        end = time.monotonic() + seconds
        with self._lock:
            threads = list(self._threads.values())
        for thread in threads:
            if thread is current_thread():  # a callback stops its watch
                continue
            thread.join(max(end - time.monotonic(), 0))
