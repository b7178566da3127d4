"""Cursors: where the next page of an answer begins, as a text that means something to the same question alone.

The first page is a plain search; its cursor names the articles that it showed. With the second page the ranking behind
it is made and kept in MongoDB, and cursors name this ranking and a place in it. So any process of a server can answer,
and articles that are stored meanwhile move nothing.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field, replace

from similarity.answers.question import Question
from similarity.errors import QueryError

_MOST_SHOWN = 100
"""A first page of more articles is kept as a ranking at once: the cursor would be too long for an address."""


@dataclass(frozen=True)
class Place:
    """Where a page begins: after the articles ``shown`` on the first one, or at ``offset`` of a kept ``ranking``.

    ``total``, ``at_least`` and ``stories`` are those of the first page, which all pages repeat.
    """

    total: int
    at_least: bool
    stories: int | None
    shown: list[str] = field(default_factory=list)
    ranking: str = ""
    offset: int = 0

    @property
    def is_short(self) -> bool:
        """Whether a cursor of this place fits into an address."""
        return len(self.shown) <= _MOST_SHOWN

    def cursor(self, question: Question) -> str:
        """The cursor of this place among the answers to *question*."""
        shown = base64.b64encode(bytes.fromhex("".join(self.shown))).decode()
        fields = [digest(question), self.total, self.at_least, self.stories, shown, self.ranking, self.offset]
        return base64.urlsafe_b64encode(json.dumps(fields, separators=(",", ":")).encode()).decode().rstrip("=")


def digest(question: Question) -> str:
    """A digest of *question* that all its pages share."""
    values = replace(question, cursor="", k=10).values()
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode("utf-8", "replace")).hexdigest()[:16]


def place_of(question: Question) -> Place:
    """The place that the cursor of *question* names. Raises QueryError for none, and for one of another question."""
    try:
        padded = question.cursor + "=" * (-len(question.cursor) % 4)
        own, total, at_least, stories, shown, ranking, offset = json.loads(base64.urlsafe_b64decode(padded))
        ids = base64.b64decode(shown, validate=True).hex()
        place = Place(
            int(total),
            bool(at_least),
            None if stories is None else int(stories),
            [ids[at : at + 24] for at in range(0, len(ids), 24)],
            str(ranking),
            int(offset),
        )
        is_sound = place.offset >= 0 and place.total >= 0 and len(ids) % 24 == 0 and (place.ranking or place.shown)
    except (ValueError, TypeError, RecursionError, OverflowError):
        is_sound = False
    if not is_sound:
        raise QueryError("this is no cursor; take the one of the answer before", "cursor", "这不是上一页给出的 cursor")
    if own != digest(question):
        raise QueryError(
            "the cursor belongs to another question; ask for the first page of this one",
            "cursor",
            "这个 cursor 属于另一个问题，请取本问题的第一页",
        )
    return place
