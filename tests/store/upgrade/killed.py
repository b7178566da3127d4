"""An upgrade that kills itself: ``python -m tests.store.upgrade.killed ADDRESS N`` at its step N."""

from __future__ import annotations

import os
import signal
import sys

from store.connection import connect
from store.upgrade.run import upgrade


def main(address: str, step: int) -> None:
    """Upgrade the store at *address*, and end by SIGKILL at *step*, counted from 1."""
    left = [step]

    def tell(layout: int, work: str) -> None:
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)

    upgrade(connect(address), tell)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
