"""A server whose messages go to a robot of this machine: ``python -m tests.alerts.served ROBOT_PORT``."""

from __future__ import annotations

import sys

from alerts.network import LOCAL
from service.command import serve
from tests.alerts.robots import HOOK_HOST

if __name__ == "__main__":
    LOCAL[HOOK_HOST] = ("127.0.0.1", int(sys.argv[1]))
    serve(port=0)
