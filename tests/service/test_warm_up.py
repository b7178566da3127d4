"""The start of a server that takes long says so, once before and once after."""

from __future__ import annotations

import time

import pytest

from service.warm_up import log_if_slow


def test_a_slow_start_says_that_requests_wait(caplog: pytest.LogCaptureFixture) -> None:
    with log_if_slow(0.01):
        deadline = time.monotonic() + 30
        while not caplog.messages and time.monotonic() < deadline:
            time.sleep(0.01)
        assert caplog.messages == [
            "not ready yet, requests wait: the first start after an installation compiles, for up to a minute"
        ]
    assert caplog.messages[1:] == ["ready after 0 s"]


def test_a_quick_start_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with log_if_slow(600):
        pass
    assert not caplog.messages


def test_a_start_that_fails_is_not_ready(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ZeroDivisionError), log_if_slow(0.0):
        time.sleep(0.01)
        _ = 1 / 0
    assert not any("ready after" in message for message in caplog.messages)
