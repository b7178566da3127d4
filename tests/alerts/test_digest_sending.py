"""A digest that is sent: in the form and within the limit of each service, without the stories of the last one."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default

import pytest
import typer
from aiosmtpd.controller import Controller
from standardwebhooks import Webhook
from typer.testing import CliRunner

from alerts import watches
from alerts.digest import cli
from alerts.digest.contents import digest
from alerts.digest.sending import note_sent, send, stories_sent, with_known_secret
from alerts.digest.texts import markdown, plain_text, robot_markdown, short
from alerts.network import LOCAL
from alerts.targets import target_of
from alerts.watches import Watch
from similarity.answers.question import read
from similarity.index import SimilarityIndex
from similarity.option_values import TIME_ZONE
from store.connection import connect
from store.index import preparation
from tests.alerts.robots import DINGTALK_URL, FEISHU_URL, HOOK_HOST, WECOM_URL, Robots, serving
from tests.alerts.test_senders import Mailbox
from tests.similarity.conftest import ANALYZER, storing_in
from text.analysis.analyzer import VERSION

DAY = datetime(2026, 5, 3, 16, tzinfo=UTC)
NEXT = DAY + timedelta(days=1)


@pytest.fixture
def robots() -> Iterator[Robots]:
    with serving() as opened:
        yield opened


@pytest.fixture
def index(uri: str, database) -> Iterator[SimilarityIndex]:
    store = storing_in(database)
    sources = ("sia", "semi", "intel", "smic", "tsmc", "kpmg", "pwc", "reuters")
    for source in sources:
        for number in range(9):
            title = f"先进封装产能扩张，{source} {number}：[x_1] #2 {'扩产' * 40}"
            published = DAY + timedelta(hours=number)
            store(
                [f"{source} {number} 先进封装"],
                source=source,
                title=title,
                published=published,
                language="zh",
            )
    with SimilarityIndex.open(uri, ANALYZER, live=False) as opened:
        yield opened


def test_robots_get_what_fits_and_say_that_they_took_it(robots: Robots, index: SimilarityIndex) -> None:
    found = digest(index, DAY, NEXT, "zh")
    assert len(markdown(found, "zh").encode()) > 4096
    for url in (WECOM_URL, DINGTALK_URL, FEISHU_URL):
        assert send(found, "zh", target_of(url)).is_delivered
    assert robots.received[-1].text.count("芯闻 2026-05-04") == 1
    text = robots.received[0].text
    assert len(text.encode()) <= 4096 and "行从略" in text.splitlines()[-1]
    assert robot_markdown(found, "zh").startswith("\n".join(text.splitlines()[:-2]))
    assert "\\" not in text and "](<" not in text, "robots know neither escapes nor links in angle brackets"
    assert "：［x_1］ #2 扩产" in text and "](https://" in text
    robots.refuse(errcode=45009, errmsg="api freq out of limit")
    answer = send(found, "zh", target_of(WECOM_URL))
    assert not answer.is_delivered and "too often" in answer.text
    assert send(found, "en", target_of(f"https://{HOOK_HOST}/hook")).is_delivered
    body = json.loads(robots.received[-1].body)
    assert body["type"] == "digest.made" and body["data"]["articles"] == 72


def test_mail_has_html_and_text_without_pictures(index: SimilarityIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    mailbox = Mailbox()
    with socket.socket() as probe_of_port:
        probe_of_port.bind(("127.0.0.1", 0))
        controller = Controller(mailbox, *probe_of_port.getsockname())
    controller.start()
    try:
        host, port = controller.hostname, controller.port
        monkeypatch.setitem(LOCAL, host, (host, port))
        found = digest(index, DAY, NEXT, "zh")
        answer = send(found, "zh", target_of(f"mailto://{host}:{port}?from=x@b.example&to=a@b.example"))
        assert answer.is_delivered, answer.text
    finally:
        controller.stop()
    mail = message_from_bytes(mailbox.mails[0], policy=default)
    assert mail["Subject"] == "芯闻 2026-05-04"
    page, text = (mail.get_body((kind,)).get_content() for kind in ("html", "plain"))
    assert "<h1>芯闻 2026-05-04</h1>" in page and "<img" not in page
    assert "先进封装产能扩张，reuters 8" in page and "先进封装产能扩张，reuters 8" in text and "<li>" not in text


def test_the_next_digest_to_a_target_leaves_out_the_stories_of_the_last_one(
    robots: Robots, index: SimilarityIndex, uri: str, database, monkeypatch: pytest.MonkeyPatch
) -> None:
    preparation.prepare(database, VERSION)
    target, other = target_of(WECOM_URL), target_of(DINGTALK_URL)
    note_sent(database, target, digest(index, DAY, DAY + timedelta(hours=8), "zh"), NEXT)
    assert stories_sent(database, other) == frozenset()
    found = digest(index, DAY, NEXT, "zh", stories_sent(database, target))
    assert found.articles == 8 and found.stories == 8
    monkeypatch.setattr(SimilarityIndex, "open", lambda **_: SimilarityIndex(connect(uri), ANALYZER))
    app = typer.Typer()
    app.command()(cli.digest)
    arguments = ["--day", "2026-05-04", "--to", WECOM_URL]
    again = f"wecombot://{WECOM_URL.rpartition('=')[2]}"
    done = CliRunner().invoke(app, [*arguments, "--to", again, "--json"])
    (sent,) = json.loads(done.stdout)["sent"]
    assert sent["delivered"], done.output
    assert "8 篇文章" in robots.received[-1].text
    robots.refuse(errcode=93000, errmsg="invalid key")
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 1 and "not delivered to 1 of 1" in done.stderr and "693a" not in done.output
    assert stories_sent(database, target) == frozenset(found.story_ids), "a digest that was refused was not sent"


def test_a_story_that_has_grown_or_parted_since_is_left_out_too(index: SimilarityIndex, database) -> None:
    target = target_of(WECOM_URL)
    new, grown, *parted = sorted(row["_id"] for row in database.articles.find({}, {"_id": 1}))[:4]
    database.articles.update_one({"_id": new}, {"$set": {"published": NEXT}})
    database.articles.update_many({"_id": {"$in": parted}}, {"$set": {"story": parted[0]}})
    note_sent(database, target, digest(index, DAY, NEXT, "zh"), NEXT)
    database.articles.update_one({"_id": grown}, {"$set": {"story": new}})
    database.articles.update_one({"_id": parted[1]}, {"$set": {"story": parted[1]}})
    found = digest(index, DAY, NEXT + timedelta(days=1), "zh", stories_sent(database, target))
    assert (found.articles, found.stories) == (0, 0)


def test_a_digest_up_to_now_has_what_was_published_before_and_stored_since(
    robots: Robots, index: SimilarityIndex, uri: str, database, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    times = {"published": now - timedelta(hours=30), "first_stored": now - timedelta(hours=2)}
    late, early, old, *_ = sorted(row["_id"] for row in database.articles.find({}, {"_id": 1}))
    database.articles.update_many({}, {"$set": {"published": now - timedelta(days=400)}})
    database.articles.update_one({"_id": late}, {"$set": times | {"title": "came late"}})
    told = times | {"title": "came in time", "first_stored": now - timedelta(hours=29)}
    database.articles.update_one({"_id": early}, {"$set": told})
    database.articles.update_one({"_id": old}, {"$set": {"published": now - timedelta(days=8), "title": "is old"}})
    monkeypatch.setattr(SimilarityIndex, "open", lambda **_: SimilarityIndex(connect(uri), ANALYZER))
    app = typer.Typer()
    app.command()(cli.digest)
    for arguments in (["--day", f"{now.astimezone(TIME_ZONE):%Y-%m-%d}"], []):
        done = CliRunner().invoke(app, ["--to", WECOM_URL, *arguments])
        assert done.exit_code == 0, done.output
    assert "came" not in robots.received[0].text, "a day has what was published on it"
    assert "came late" in robots.received[1].text and "1 篇文章" in robots.received[1].text


def test_a_webhook_checks_the_digest_with_the_secret_of_its_watch(robots: Robots, index: SimilarityIndex) -> None:
    made = watches.add(index.database, Watch("w", read({"q": "晶圆"}), targets=(target_of(f"https://{HOOK_HOST}/h"),)))
    target = with_known_secret(index.database, target_of(f"https://{HOOK_HOST}/h"))
    assert send(digest(index, DAY, NEXT, "zh"), "zh", target).is_delivered
    got = robots.received[-1]
    assert Webhook(made.targets[0].secret).verify(got.body, got.headers)["type"] == "digest.made"
    assert with_known_secret(index.database, target_of(WECOM_URL)) == target_of(WECOM_URL)


def test_a_fault_of_a_sender_is_its_answer(index: SimilarityIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("by\nzero")

    monkeypatch.setattr("alerts.senders.wecom.send_markdown", broken)
    answer = send(digest(index, DAY, NEXT, "zh"), "zh", target_of(WECOM_URL))
    assert (answer.is_delivered, answer.text) == (False, "ZeroDivisionError: by zero")


def test_a_long_digest_is_cut_between_lines(index: SimilarityIndex) -> None:
    found = digest(index, DAY, NEXT, "en")
    whole = plain_text(found, "en")
    assert short(found, "en", len(whole.encode()), plain_text) == whole
    for most in (300, 1000, 3000):
        text = short(found, "en", most, plain_text)
        assert len(text.encode()) <= most and text.splitlines()[-1].endswith("more lines: xinwen digest")
        assert whole.startswith("\n".join(text.splitlines()[:-2]))
