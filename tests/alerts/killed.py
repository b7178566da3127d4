"""A process that matches and sends, and kills itself at one step: ``python -m tests.alerts.killed URI PORT STEP N``."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from threading import Event
from typing import Any

from alerts import delivery, matcher, outbox
from alerts.delivery import Deliveries
from alerts.matcher import Matcher
from alerts.network import LOCAL
from similarity.index import SimilarityIndex
from tests.alerts.robots import HOOK_HOST


def die() -> None:
    """As ``kill -9`` does."""
    os.kill(os.getpid(), signal.SIGKILL)


def around(owner: Any, name: str, before: bool, calls: int) -> None:
    """Die before or after the *calls*-th call of the function *name* of *owner*."""
    function: Callable[..., Any] = getattr(owner, name)
    left = [calls]

    def wrapped(*arguments: Any, **named: Any) -> Any:
        left[0] -= 1
        if before and left[0] == 0:
            die()
        result = function(*arguments, **named)
        if not before and left[0] == 0:
            die()
        return result

    setattr(owner, name, wrapped)


STEPS: dict[str, tuple[Any, str, bool]] = {
    "before the outbox": (outbox, "insert", True),
    "after the outbox": (outbox, "insert", False),
    "before the message": (outbox, "claim", True),
    "between message and rows": (outbox, "_finish_claim", True),
    "before sending": (delivery, "send_once", True),
    "between answer and note": (delivery, "send_once", False),
    "after the note": (outbox, "note_answer", False),
    "after matching": (matcher, "_news", False),
}


def main(uri: str, port: int, step: str, calls: int) -> None:
    """Match and send what there is, or die on the way."""
    LOCAL[HOOK_HOST] = ("127.0.0.1", port)
    if step in STEPS:
        owner, name, before = STEPS[step]
        around(owner, name, before, calls)
    with SimilarityIndex.open(uri, live=False, analyzer=None) as index:
        working, stopping = Matcher(index), Event()
        while working.step():
            pass
        deliveries = Deliveries(index.database)
        for _ in range(40):
            deliveries.step(stopping)
            deliveries.join(30)
            waiting = index.database.outbox.count_documents({"waiting": {"$ne": []}})
            if not waiting and not index.database.messages.count_documents({"state": "waiting"}):
                break
        working.lease.release()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
