"""What a service said to a message."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from alerts.network import ServiceReply


@dataclass(frozen=True, slots=True)
class SendAnswer:
    """Whether the service took the message, and in one line what it said."""

    is_delivered: bool
    text: str


def robot_answer(reply: ServiceReply, reasons: Mapping[int, str]) -> SendAnswer:
    """The answer of a robot, which refuses with status 200 and an ``errcode`` other than 0 in the body."""
    try:
        body = json.loads(reply.text)
        code, said = body["errcode"], str(body.get("errmsg", ""))
    except (ValueError, TypeError, KeyError):
        return SendAnswer(False, f"HTTP {reply.status}, no errcode in: {one_line(reply.text)}")
    if reply.status == 200 and code == 0:
        return SendAnswer(True, f"errcode 0 {said}".strip())
    reason = f"{reasons[code]}: " if code in reasons else ""
    return SendAnswer(False, f"{reason}errcode {code} {one_line(said)}".strip())


def one_line(text: str) -> str:
    """The beginning of *text* in one line."""
    return " ".join(text.split())[:200]
