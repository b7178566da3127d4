"""Each extra that is not installed is named in one line, where it is missed, with the command that installs it.

Parquet, Dask and the assistants have theirs in ``tests/service/test_export_command.py``,
``tests/similarity/maintenance/test_executor.py`` and ``tests/service/test_assistant.py``.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import pytest

from alerts import senders
from alerts.delivery import send_once
from alerts.messages import Message
from alerts.targets import APPRISE, WEBHOOK, Target, target_of
from service import bench
from similarity.errors import NotInstalled
from similarity.query.encoder_coverage import EncoderCoverage
from similarity.reader.collection import Collection
from store import places

ALERTS = "need the package {}: pip install -r requirements-alerts.txt"


def block(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Let ``import`` of *names* fail, as where they are not installed."""
    for name in [one for one in sys.modules if one.split(".")[0] in names]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, "alerts.senders.by_apprise", raising=False)
    monkeypatch.delattr(senders, "by_apprise", raising=False)
    for name in names:
        monkeypatch.setitem(sys.modules, name, None)


@pytest.mark.parametrize(
    ("url", "package"),
    [
        ("mailto://a:b@example.com?to=c@example.org", "apprise"),
        ("https://hooks.example.com/x", "standardwebhooks"),
    ],
)
def test_a_target_is_refused_when_it_is_given(url: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    block(monkeypatch, "apprise", "standardwebhooks")
    with pytest.raises(NotInstalled, match=ALERTS.format(package)) as refused:
        target_of(url)
    assert "requirements-alerts.txt" in refused.value.chinese


def test_robots_of_groups_need_no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    block(monkeypatch, "apprise", "standardwebhooks")
    assert target_of("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=12345678").kind == "wecom"
    assert target_of("https://open.feishu.cn/open-apis/bot/v2/hook/12345678").kind == "feishu"


@pytest.mark.parametrize(
    "target",
    [
        Target(APPRISE, "ntfys://ntfy.example.com/topic"),
        Target(WEBHOOK, "https://hooks.example.com/x", secret="whsec_YQ=="),
    ],
)
def test_what_was_stored_before_is_not_sent_and_says_why(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    block(monkeypatch, "apprise", "standardwebhooks")
    answer = send_once(Message("msg_1", "w", (), datetime(2026, 1, 1, tzinfo=UTC)), target)
    assert not answer.is_delivered and "pip install -r requirements-alerts.txt" in answer.text


def test_the_bench_of_the_page_needs_a_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    block(monkeypatch, "playwright")
    with pytest.raises(SystemExit) as refused:
        bench.bench()
    assert (
        str(refused.value) == "error: the bench needs the package playwright: pip install -r requirements-browser.txt"
    )


def test_without_the_encoder_a_search_says_so_with_the_command() -> None:
    (reason,) = EncoderCoverage(lambda: None).gaps(Collection.__new__(Collection))
    assert str(reason).endswith("words and dictionary only: pip install -r requirements-accelerators.txt")
    assert "requirements-accelerators.txt" in reason.chinese


def test_an_installation_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "IS_CHECKOUT", False)
    assert [places.install(extra) for extra in places.REQUIREMENTS] == [
        f"pip install 'xinwen[{extra}]'" for extra in ("semantic", "parquet", "mcp", "alerts", "dask", "browser")
    ]
