"""What the query API gives back: articles found, and how an open index is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from similarity.explain import Word
from store.article import Article
from store.stories import Also


@dataclass(frozen=True, slots=True)
class Hit:
    """An article found, its score under the model asked for, and the page (from 1) of a report that matches best.

    The default model says more: the ``route`` (``same`` language as the query, or ``across``), the ``parts`` that the
    evidence behind the score is the sum of, the ``words`` that carried it, and the ``passage`` that matches best.
    ``more``: the other articles of its story, where hits were folded (``similarity.stories``).
    """

    article: Article
    score: float
    page: int | None = None
    route: str = ""
    parts: Mapping[str, float] = field(default_factory=dict)
    words: tuple[Word, ...] = ()
    passage: str = ""
    more: tuple[Also, ...] = ()


@dataclass(frozen=True, slots=True)
class Status:
    """How an open index is: ``version`` of the manifest; ``pending`` articles are in no segment yet.

    ``live``: changes come in by themselves. ``fault``: why they do not at present, or why segments are not cached.
    ``lost``: segments that cannot be read; their articles are found all the same.
    """

    articles: int
    pending: int
    segments: int
    version: int
    live: bool
    fault: str
    lost: tuple[str, ...]
