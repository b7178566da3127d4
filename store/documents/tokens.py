"""Tokens of the HTTP API in MongoDB: names, what they may do, and a hash each; the token itself is kept nowhere."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from store.connection import Document
from store.failover import repeat_reading
from store.settings import settings

_NAME = re.compile(r"[\w.-]{1,60}")


class TokenError(ValueError):
    """A token cannot be made or revoked; the message is one line."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token without its secret: its name, whether it may write, and when it was made."""

    name: str
    write: bool
    made: datetime


def add(database: Database[Document], name: str, write: bool = False) -> str:
    """Make a token called *name*; returns it, which is the only time that it is known. Raises TokenError."""
    if not _NAME.fullmatch(name):
        raise TokenError(f"{name[:60]!r} is no name for a token; letters, digits, . - and _ are, up to 60")
    # 128 random bits cannot be guessed, so a hash that is quick is as good as a slow one.
    key, secret = secrets.token_hex(4), secrets.token_urlsafe(24)
    row = {"_id": name, "key": key, "hash": _hash(secret), "write": write, "made": datetime.now(UTC)}
    try:
        database.tokens.insert_one(row)
    except DuplicateKeyError:
        raise TokenError(f"there is a token {name!r} already; revoke it first") from None
    return f"xinwen_{key}_{secret}"


def revoke(database: Database[Document], name: str) -> None:
    """Revoke the token *name*: from now on it is refused. Raises TokenError for none of that name."""
    if not database.tokens.delete_one({"_id": name}).deleted_count:
        raise TokenError(f"there is no token {name[:60]!r}")


def all_tokens(database: Database[Document]) -> list[Token]:
    """All tokens, by name."""
    return [_token(row) for row in database.tokens.find(sort=[("_id", 1)])]


def find(database: Database[Document], given: str) -> Token | None:
    """The token that *given* is; None for none. Hashes are compared in constant time."""
    prefix, _, rest = given.partition("_")
    key, _, secret = rest.partition("_")
    row = None
    if prefix == "xinwen":
        row = repeat_reading(lambda: database.tokens.find_one({"key": key}), settings().timeout)
    stored = row["hash"] if row else _hash("")
    is_right = hmac.compare_digest(stored, _hash(secret))
    return _token(row) if row and is_right else None


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _token(row: Document) -> Token:
    return Token(row["_id"], row["write"], row["made"])
