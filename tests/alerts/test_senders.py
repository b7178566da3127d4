"""Each service gets messages in its form and within its limit, and delivered is what the service says it took."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest
from aiosmtpd.controller import Controller
from standardwebhooks import Webhook

from alerts import network
from alerts.delivery import probe, probe_all, send_once
from alerts.errors import WatchError
from alerts.messages import Entry, Message, fitting, markdown
from alerts.network import LOCAL, NotPublic, NotSent, check_host, post, public_address
from alerts.senders import by_apprise
from alerts.targets import APPRISE, CALLBACK, DINGTALK, FEISHU, WECOM, Target, stored_target, target_of
from alerts.watches import Watch
from tests.alerts.robots import DINGTALK_URL, FEISHU_URL, HOOK_HOST, SECRET, WECOM_URL, Robots, serving

NOW = datetime(2026, 5, 1, 8, tzinfo=UTC)


@pytest.fixture
def robots() -> Iterator[Robots]:
    with serving() as opened:
        yield opened


def message(number: int = 1, title: str = "台积电扩大先进封装产能") -> Message:
    entries = [
        Entry(f"m{n}", "article", f"{title} {n}", f"https://a.example/{n}", "a" * 24, "s", "semi", "zh", NOW, 0.625)
        for n in range(number)
    ]
    return Message("msg_1", "cowos", tuple(entries), NOW)


def test_wecom_and_dingtalk_get_markdown_and_their_answer_counts(robots: Robots) -> None:
    for url in (WECOM_URL, DINGTALK_URL):
        answer = send_once(message(2), target_of(url))
        assert answer.is_delivered and "errcode 0" in answer.text
        assert "[台积电扩大先进封装产能 1](https://a.example/1)\n  semi · 2026-05-01 · 0.62" in robots.received[-1].text
    for url, code, meaning in [
        (WECOM_URL, 45009, "too often"),
        (WECOM_URL, 40058, "too long"),
        (WECOM_URL, 93000, "no robot has this key"),
        (DINGTALK_URL, 310000, "wrong signature, address or keyword"),
        (DINGTALK_URL, 410100, "too often"),
        (DINGTALK_URL, 999, "errcode 999"),
    ]:
        robots.refuse(errcode=code, errmsg="refused\nby the service")
        answer = send_once(message(), target_of(url))
        assert not answer.is_delivered
        assert meaning in answer.text and f"errcode {code} refused by the service" in answer.text
    robots.refuse(502)
    assert send_once(message(), target_of(WECOM_URL)).text == "HTTP 502 without errcode: {}"
    unsigned = target_of(DINGTALK_URL.replace("SEC0", "SEC1"))
    assert "wrong signature" in send_once(message(), unsigned).text


def test_a_webhook_is_signed_and_no_redirect_is_followed(robots: Robots) -> None:
    target = target_of(f"https://{HOOK_HOST}/hook")
    assert send_once(message(), target).is_delivered
    got = robots.received[-1]
    body = Webhook(target.secret).verify(
        got.body, got.headers | {"webhook-timestamp": got.headers["webhook-timestamp"]}
    )
    assert got.headers["webhook-id"] == "msg_1"
    assert body["type"] == "watch.matched" and body["data"]["number"] == 1
    assert body["data"]["matches"][0]["title"] == "台积电扩大先进封装产能 0"

    number = len(robots.received)
    robots.refuse(302, {"Location": f"https://{HOOK_HOST}/elsewhere"})
    answer = send_once(message(), target)
    assert not answer.is_delivered and "a redirect is not followed" in answer.text
    assert len(robots.received) == number + 1
    robots.refuse(500, why="broken")
    assert send_once(message(), target).text == 'HTTP 500: {"why": "broken"}'


def test_a_service_that_hangs_or_is_none_is_given_up(robots: Robots, monkeypatch) -> None:
    begin = time.monotonic()
    with pytest.raises(NotSent, match=f"{HOOK_HOST} did not answer in 0 s"):
        post(f"https://{HOOK_HOST}/hangs", b"{}", {}, 0.3)
    assert time.monotonic() - begin < 5
    monkeypatch.setitem(LOCAL, "closed.example.org", ("127.0.0.1", 9))
    assert "could not be asked" in send_once(message(), target_of("https://closed.example.org/")).text
    unknown = target_of("https://nowhere.invalid/hook")
    assert send_once(message(), unknown).text == "the host nowhere.invalid is not known"


def test_what_is_not_public_is_refused(monkeypatch) -> None:
    for host in ("localhost", "127.0.0.1", "0x7f.1", "10.1.2.3", "169.254.169.254", "::1", "printer", "nas.local"):
        with pytest.raises(NotPublic):
            check_host(host)
        with pytest.raises(WatchError, match="is this machine or a private network"):
            target_of(f"https://{f'[{host}]' if ':' in host else host}/hook")
    check_host("example.org")
    # A public name may lead to a private address.
    monkeypatch.setattr(network.socket, "getaddrinfo", lambda *_, **__: [(0, 0, 0, "", ("10.0.0.1", 0))])
    with pytest.raises(NotPublic, match=r"example.org is 10\.0\.0\.1"):
        public_address("example.org")
    assert "is 10.0.0.1" in send_once(message(), target_of("https://example.org/hook")).text


WRONG = [
    ("nonsense", "is no target"),
    ("http://a.example/", "not be encrypted; use https"),
    ("https://", "a host is needed"),
    ("https://a.example/路径", "must be percent-encoded"),
    ("foo://bar", "no service has such an address"),
    ("dbus://", "no service has such an address"),
    ("syslog://", "no service has such an address"),
    ("json://10.0.0.1/", "private network"),
    ("mailtos://me:secret@a.example?to=a@b.com&pgppub=/etc/passwd", "pgppub names a file of this machine"),
    ("fcm://project/device?keyfile=/etc/passwd", "names a file of this machine"),
    ("acs://me@a.example/a2V5/nas.local/you@a.example", "private network"),
    ("mailtos://me:secret@mail.local?to=a@b.com", "private network"),
    ("https://qyapi.weixin.qq.com/cgi-bin/webhook/send", "a robot of WeCom has"),
    ("https://oapi.dingtalk.com/robot/send?secret=hidden", "a robot of DingTalk has"),
    ("https://open.feishu.cn/open-apis/bot/hook/hidden-token-1", "a robot of Feishu has"),
    ("feishu://hidden", "a robot of Feishu has"),
    ("https://a.example:99999/", "host or port is malformed"),
    ("mailto:me:hidden@a.example", "is no target"),
    ("me:hidden@a.example", "is no target"),
    ("tgram:123456789:hidden/42", "is no target"),
    ("https:me:hidden@a.example", "is no target"),
    ("https://a.example#hidden", "no user name or fragment"),
    ("https://me:hidden/2@a.example/", "host or port is malformed"),
    ("mailto:me:hidden://a.example", "is no target"),
]


@pytest.mark.parametrize(("url", "why"), WRONG)
def test_a_wrong_address_is_one_line_without_its_keys(url: str, why: str) -> None:
    with pytest.raises(WatchError, match=why) as caught:
        target_of(url)
    assert "\n" not in str(caught.value) and "secret@" not in str(caught.value) and "hidden" not in str(caught.value)
    assert re.search("[一-鿿]", caught.value.chinese.rpartition("：")[2]), "why, in Chinese"


def test_lists_do_not_show_keys() -> None:
    for url in (
        WECOM_URL,
        DINGTALK_URL,
        "tgram://123456789:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/12345",
        "mailto://me:pw@b.com",
    ):
        shown = target_of(url).shown
        assert not any(part in shown for part in ("693a", "0123456789abcdef", "SEC", "AAAA", "pw"))


def test_feishu_and_lark_get_text_and_their_answer_counts(robots: Robots) -> None:
    for url in (FEISHU_URL, FEISHU_URL.replace("open.feishu.cn", "open.larksuite.com"), "lark://0a1b2c3d4e5f"):
        target = target_of(url)
        assert target.kind == FEISHU and "0a1b" not in target.shown
        assert send_once(message(2), target).is_delivered
        assert robots.received[-1].path.startswith("/open-apis/bot/v2/hook/0a1b2c3d")
        assert robots.received[-1].text.startswith(
            "芯闻 Xinwen · cowos：2 条新消息 · 2 new\n台积电扩大先进封装产能 0\n"
        )
        assert "https://a.example/1" in robots.received[-1].text
    for code, meaning in [(19024, "keyword missing"), (11232, "too often"), (19001, "no robot"), (999, "code 999")]:
        robots.refuse(code=code, msg="refused\nby the service")
        answer = send_once(message(), target_of(FEISHU_URL))
        assert not answer.is_delivered
        assert meaning in answer.text and f"code {code} refused by the service" in answer.text
    signed = FEISHU_URL.replace("0a1b2c3d-", "signed-")
    refused = send_once(message(), target_of(signed))
    assert not refused.is_delivered and refused.text.startswith("wrong signature")
    assert send_once(message(), target_of(f"{signed}?secret={SECRET}")).is_delivered
    assert SECRET not in target_of(f"{signed}?secret={SECRET}").shown
    send_once(message(1, '<at user_id="all">所有人</at>'), target_of(FEISHU_URL))
    assert "<" not in robots.received[-1].text and '＜at user_id="all"＞' in robots.received[-1].text
    parts = fitting(message(150, "长" * 190), FEISHU, target_of(FEISHU_URL).limits.text)
    assert 20 < parts < 150 and send_once(message(parts, "长" * 190), target_of(FEISHU_URL)).is_delivered


def test_robots_of_feishu_that_were_stored_for_apprise_keep_their_key() -> None:
    row = Target(APPRISE, "feishu://0a1b2c3d-1234-5678-9abc-0a1b2c3d4e5f/").document()
    target = stored_target(row)
    assert (target.kind, target.key) == (FEISHU, row["key"]) and target.key == target_of(FEISHU_URL).key


@pytest.mark.parametrize("url", [WECOM_URL, DINGTALK_URL, FEISHU_URL], ids=[WECOM, DINGTALK, FEISHU])
def test_what_is_no_answer_of_a_robot_is_no_delivery(url: str, robots: Robots, caplog) -> None:
    bodies = [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff<html>it works</html>",
        b"[" * 60_000,
        b'{"errcode": 0, "code": 0, "err',
    ]
    bodies += [
        f'{{"errcode": {value}, "code": {value}}}'.encode() for value in ("false", "[]", '"0"', "null", "9" * 5000)
    ]
    for body in bodies:
        robots.refusals.append((200, {}, body))
        answer = send_once(message(), target_of(url))
        assert not answer.is_delivered and "HTTP 200 without " in answer.text and "\n" not in answer.text, body[:40]
    robots.refuse(302, {"Location": "http://127.0.0.1:27017/"})
    number = len(robots.received)
    assert send_once(message(), target_of(url)).text.startswith("HTTP 302 without ")
    assert len(robots.received) == number + 1 and not caplog.records


class Mailbox:
    """Takes mail, but none for one address."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []

    async def handle_RCPT(self, server, session, envelope, address: str, options) -> str:  # noqa: N802
        if address.startswith("nobody@"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802
        self.mails.append(envelope.content)
        return "250 OK"


def test_mail_goes_by_apprise(monkeypatch) -> None:
    mailbox = Mailbox()
    with socket.socket() as probe_of_port:
        probe_of_port.bind(("127.0.0.1", 0))
        controller = Controller(mailbox, *probe_of_port.getsockname())
    controller.start()
    try:
        host, port = controller.hostname, controller.port
        with pytest.raises(WatchError, match="private network"):
            target_of(f"mailto://{host}:{port}?from=x@b.example&to=a@b.example")
        monkeypatch.setitem(LOCAL, host, (host, port))
        answer = send_once(message(2), target_of(f"mailto://{host}:{port}?from=x@b.example&to=a@b.example"))
        assert answer.is_delivered, answer
        mail = message_from_bytes(mailbox.mails[0], policy=default)
        assert "cowos" in mail["Subject"] and mail["To"] == "a@b.example"
        assert "台积电扩大先进封装产能 1" in mail.get_body(("plain",)).get_content()
        assert not send_once(
            message(), target_of(f"mailto://{host}:{port}?from=x@b.example&to=nobody@b.example")
        ).is_delivered
    finally:
        controller.stop()


def test_long_messages_are_parted_between_entries(robots: Robots) -> None:
    for kind, url, limit in ((WECOM, WECOM_URL, 4096), (DINGTALK, DINGTALK_URL, 18_000)):
        rest = list(message(200, "存储芯片价格上涨" * 9).entries)
        seen = 0
        while rest:
            number = fitting(Message("msg_1", "cowos", tuple(rest), NOW), kind, limit)
            part = Message("msg_1", "cowos", tuple(rest[:number]), NOW)
            assert len(markdown(part).encode()) <= limit
            assert (
                number == len(rest)
                or len(markdown(Message("", "cowos", tuple(rest[: number + 1]), NOW)).encode()) > limit
            )
            assert send_once(part, target_of(url)).is_delivered
            seen += number
            del rest[:number]
        assert seen == 200
    one = Entry("m", "article", "𠮷" * 5000, "https://a.example/" + "x" * 9000, "a" * 24, "s", "semi", "zh", NOW, 0.5)
    huge = Message("msg_1", "n" * 60, (one,), NOW)
    assert len(markdown(huge).encode()) <= 4096 and "\ufffd" not in markdown(huge)
    assert send_once(huge, target_of(WECOM_URL)).is_delivered


def test_a_flood_of_long_titles_and_addresses_is_within_the_limit_too(robots: Robots) -> None:
    long = replace(message(30, "先" * 250), is_summary=True)
    for length in (100, 900, 1400):
        entries = tuple(replace(one, url=f"{one.url}/{'a' * length}") for one in long.entries)
        assert send_once(replace(long, entries=entries), target_of(WECOM_URL)).is_delivered
    notice = Entry("n", "notice", "未能送达")
    assert "未能送达" in markdown(replace(long, entries=(*long.entries, notice)))


def test_titles_are_no_markup() -> None:
    entry = Entry("m", "article", "a](https://evil.example) <b>\n# `x` [y]", "https://a.example/(1) 2", published=None)
    text = markdown(Message("msg_1", "w", (entry,), NOW))
    assert "](https://evil" not in text and "<" not in text and "\n#" not in text
    assert "(https://a.example/%281%29%202)" in text


def test_targets_are_tested_at_a_time(robots: Robots) -> None:
    urls = [f"https://{HOOK_HOST}/together?{number}" for number in range(2)]  # each is answered once both have asked
    watch = Watch("cowos", targets=tuple(map(target_of, urls)))
    assert [(target.url, answer.is_delivered) for target, answer in probe_all(watch, NOW)] == [
        (url, True) for url in urls
    ]
    assert probe_all(Watch("cowos"), NOW) == []


def test_a_probe_says_what_the_service_said(robots: Robots) -> None:
    assert "only the program" in probe("w", Target(CALLBACK, "callback://1"), NOW).text
    assert probe("cowos", target_of(WECOM_URL), NOW).text == "errcode 0 ok"
    assert "测试消息" in robots.received[-1].text


def test_a_service_that_never_ends_its_answer_holds_up_nobody(robots: Robots, monkeypatch) -> None:
    monkeypatch.setattr(by_apprise, "SECONDS", 1.0)
    monkeypatch.setitem(LOCAL, "127.0.0.1", robots.host)
    before = set(threading.enumerate())
    dead = target_of("json://{}:{}/drips".format(*robots.host))
    assert send_once(message(), dead).text == "json did not answer in 1 s"
    assert "has not ended its answer to the message before" in send_once(message(), dead).text
    asked = [one for one in robots.received if one.path == "/drips"]
    assert len(asked) == 1
    assert send_once(message(), target_of("json://{}:{}/works".format(*robots.host))).is_delivered
    # A process waits at its end for threads that are no daemons, as those of apprise's own pool.
    assert all(thread.daemon for thread in set(threading.enumerate()) - before)
    robots.hangs.set()
    for _ in range(100):
        if not send_once(message(), dead).text.endswith("the message before"):
            break
        time.sleep(0.05)
    assert len([one for one in robots.received if one.path == "/drips"]) == 2
