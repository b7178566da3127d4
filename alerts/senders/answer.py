"""What a service said to a message."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from alerts.network import NotSent, ServiceReply
from alerts.targets import Target
from similarity.errors import NotInstalled

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SendAnswer:
    """Whether the service took the message, and in one line what it said."""

    is_delivered: bool
    text: str


def answer_of(send: Callable[[], SendAnswer], target: Target) -> SendAnswer:
    """What *send* returns, which sends to *target*; whatever it raises is the answer, so that others get theirs."""
    try:
        return send()
    except (NotSent, NotInstalled) as error:
        return SendAnswer(False, str(error))
    except Exception as error:  # of a library, or of a user's function: it is kept and tried again, or seen
        log.warning("sending to %s failed", target.shown, exc_info=True)
        return SendAnswer(False, f"{type(error).__name__}: {' '.join(str(error).split())}"[:300])


def robot_answer(
    reply: ServiceReply, reasons: Mapping[int, str], code_name: str = "errcode", text_name: str = "errmsg"
) -> SendAnswer:
    """The answer of a robot, which refuses with status 200 and a code other than 0 in the body.

    A body without that code is none of the robot's, and nothing was delivered.
    """
    body = _object(reply.text)
    code = body.get(code_name)
    if type(code) is not int:  # a bool is an int too
        said = one_line(reply.text)
        return SendAnswer(False, f"HTTP {reply.status} without {code_name}{f': {said}' if said else ''}")
    said = one_line(str(body.get(text_name) or ""))
    if reply.status == 200 and code == 0:
        return SendAnswer(True, f"{code_name} 0 {said}".strip())
    reason = f"{reasons[code]}: " if code in reasons else ""
    return SendAnswer(False, f"{reason}{code_name} {code} {said}".strip())


def one_line(text: str) -> str:
    """The beginning of *text* in one line."""
    return " ".join(text.split())[:200]


def _object(text: str) -> dict[str, Any]:
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):  # no JSON, or brackets that are nested thousands of times
        return {}
    return body if isinstance(body, dict) else {}
