"""The service that runs on the same data as a command (``xinwen serve``), which answers in its place.

A command of its own loads the dictionaries and the encoder for one question; the service has them loaded. It writes
``local-service.json`` into the data folder, which the user alone can read: its address, its process, a secret, and the
``identity`` of what its answers depend on: database, settings, Python and the program's files. A command asks it only
where all of that is its own, so that the answer is the one that it would give itself. Both sides prove that they know
the secret by a code over what they send (HMAC): another program that has got the port learns the question and nothing
else, and cannot answer. Where anything is amiss, the command answers by itself.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import os
import secrets
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from similarity.errors import QueryError
from store.settings import settings

FILE = "local-service.json"
PATH = "/prompt"
PROOF, NONCE = "X-Xinwen-Proof", "X-Xinwen-Nonce"

_TIMEOUT = 10.0  # seconds, the limit of a request to the service
_PACKAGES = ("service", "similarity", "store", "text")
_PROJECT = Path(__file__).parents[2]


@dataclass(frozen=True)
class LocalService:
    """A running service: where it listens, its process, its secret, and the ``identity`` of its answers."""

    host: str
    port: int
    process: int
    secret: str = field(repr=False)
    identity: str


def identity() -> str:
    """A digest of all that an answer depends on besides what is stored: database, settings, Python, program."""
    digest = hashlib.sha256()
    own = settings()
    for value in (own.mongodb_uri, bool(own.sample_web), own.data, sys.prefix, sys.version):
        digest.update(f"{value}\n".encode())
    digest.update(str(Path(sysconfig.get_path("purelib")).stat().st_mtime_ns).encode())  # changes with the packages
    for package in _PACKAGES:
        for file in sorted((_PROJECT / package).rglob("*.*")):
            if file.parent.name != "__pycache__":  # where compiled code comes and goes
                state = file.stat()
                digest.update(f"{file}\t{state.st_mtime_ns}\t{state.st_size}\n".encode())
    return digest.hexdigest()


@contextmanager
def announced(host: str, port: int, secret: str) -> Iterator[None]:
    """While the service of this process listens on *host* and *port*, commands can find it.

    Not where the data folder cannot be written: they answer by themselves then.
    """
    file = settings().data / FILE
    service = LocalService(host, port, os.getpid(), secret, identity())
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = file.with_name(f"{FILE}.{os.getpid()}.partial")
        partial.unlink(missing_ok=True)
        # A new file: one that is there keeps its mode and its owner, and a link leads elsewhere.
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            json.dump(asdict(service), out)
        partial.replace(file)
    try:
        yield
    finally:
        if _announced() == service:  # else another service has taken its place
            with suppress(OSError):
                file.unlink(missing_ok=True)


def find() -> LocalService | None:
    """The service that answers as this command would, if its process lives."""
    service = _announced()
    if service is None or not _is_alive(service.process) or service.identity != identity():
        return None
    return service


def address(service: LocalService) -> str:
    """The address of *service*, for people."""
    return f"http://{f'[{service.host}]' if ':' in service.host else service.host}:{service.port}/"


def ask(service: LocalService, options: Mapping[str, Any], as_json: bool) -> list[str] | None:
    """The lines that *service* gives for the question with *options*; None where it does not answer.

    Raises QueryError, as the command itself would.
    """
    body, nonce = json.dumps({"options": options, "json": as_json}).encode(), secrets.token_hex(16)
    headers = {
        "Content-Type": "application/json",
        NONCE: nonce,
        PROOF: proof(service.secret, nonce, body),
    }
    connection = http.client.HTTPConnection(service.host, service.port, timeout=_TIMEOUT)
    try:
        connection.request("POST", PATH, body, headers)
        response = connection.getresponse()
        answer = response.read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    # Bytes: the header of another program may have characters for which ``compare_digest`` raises.
    given, expected = response.headers.get(PROOF, ""), proof(service.secret, nonce, answer, is_answer=True)
    if response.status != 200 or not hmac.compare_digest(given.encode(), expected.encode()):
        return None
    fields = json.loads(answer)
    if "error" in fields:
        raise QueryError(fields["error"], fields["option"])
    lines: list[str] = fields["lines"]
    return lines


def proof(secret: str, nonce: str, body: bytes, is_answer: bool = False) -> str:
    """The code by which the sender of *body* shows that it knows *secret*; *nonce* is new for each question."""
    kind = b"answer" if is_answer else b"question"
    return hmac.new(secret.encode(), b"\n".join((kind, nonce.encode(), body)), hashlib.sha256).hexdigest()


def _announced() -> LocalService | None:
    try:
        return LocalService(**json.loads((settings().data / FILE).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None  # none runs, or one of another version


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
