"""Starts the replica set of compose.yaml and makes the user of ``MONGODB_URI``, with the password that stands there.

Where both are there already it only sets the password.

``python setup_mongodb.py HOST:PORT``. The password of root is in the file ``mongodb_root_password`` of the secrets.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError
from pymongo.uri_parser import parse_uri

SECRETS = Path(os.environ.get("SECRETS", "/run/secrets"))
ALREADY_INITIALIZED, USER_ALREADY_EXISTS = 23, 51003
PRIMARY_WITHIN = 60  # seconds


def main(address: str) -> None:
    """Make both. Raises PyMongoError, OSError and TimeoutError."""
    wanted = parse_uri(os.environ["MONGODB_URI"])
    options = {name.lower(): value for name, value in wanted["options"].items()}
    password = (SECRETS / "mongodb_root_password").read_text("utf-8").strip()
    with MongoClient(address, username="root", password=password, directConnection=True) as client:
        member = {"_id": 0, "host": address}
        unless(
            ALREADY_INITIALIZED,
            lambda: client.admin.command("replSetInitiate", {"_id": options["replicaset"], "members": [member]}),
        )
        end = time.monotonic() + PRIMARY_WITHIN
        while not client.admin.command("hello")["isWritablePrimary"]:
            if time.monotonic() > end:
                raise TimeoutError(f"{address} is no primary after {PRIMARY_WITHIN} s")
            time.sleep(0.2)
        database = client[wanted["database"]]
        user, secret = wanted["username"], wanted["password"]
        roles = ["readWrite", "dbAdmin"]
        unless(USER_ALREADY_EXISTS, lambda: database.command("createUser", user, pwd=secret, roles=roles))
        database.command("updateUser", user, pwd=secret, roles=roles)  # the secret may be another than last time


def unless(code: int, act: Callable[[], object]) -> None:
    """Call *act*; the error *code* says that it was done before."""
    try:
        act()
    except OperationFailure as error:
        if error.code != code:
            raise


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except (PyMongoError, OSError, KeyError) as error:
        sys.exit(f"error: {sys.argv[1]}: {str(error).splitlines()[0][:300]}")
