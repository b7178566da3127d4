"""Results of the Python API: ``Hit``, one article of a search, and ``Status``, the state of an open index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from similarity.errors import shortened
from similarity.option_values import TIME_ZONE
from similarity.ranking.request.phrases import Phrase, checked
from similarity.ranking.results.contributions import Contribution
from similarity.ranking.results.explain import Explanation
from store.article import Article
from store.documents.stories import StoryArticle


@dataclass(frozen=True, slots=True, repr=False)
class Hit:
    """An article with its score, and for a report the page (from 1) that matches the query best.

    The default model alone fills in ``route`` ("same" language as the query, or "across" languages), ``parts`` (what
    was summed before the score was calibrated to 0 to 1), ``words`` (how each concept of the query is met),
    ``passage`` (the text of the passage that matches best), and where it was asked for ``explanation``. ``more``: the
    other articles of its story, where hits are collapsed to one a story. ``phrase_checked``: True if the query's
    phrases were found in the stored text, False if that is not kept and only their words are known to be in the
    article, None for a query without phrases.
    """

    article: Article
    score: float
    page: int | None = None
    route: str = ""
    parts: Mapping[str, float] = field(default_factory=dict)
    words: tuple[Contribution, ...] = ()
    passage: str = ""
    more: tuple[StoryArticle, ...] = ()
    phrase_checked: bool | None = None
    explanation: Explanation | None = None

    def __repr__(self) -> str:
        """Score, day in Shanghai, source and title in one line."""
        article = self.article
        date = f"{article.published.astimezone(TIME_ZONE):%Y-%m-%d}" if article.published else "undated"
        return f"<Hit {self.score:.3f} {date} {article.source} {shortened(article.title, 60)}>"


@dataclass(frozen=True, slots=True)
class Status:
    """The state of an open index: how many ``articles`` can be found, and in how many ``segments``.

    ``pending``: how many of the articles are in no segment yet. ``version``: of the manifest of the segments.
    ``live``: changes are brought in without a call of ``refresh``. ``fault``: why they are not at present, or why
    segments are not cached; "" for none. ``lost``: segments that cannot be read; their articles are found all the same.
    """

    articles: int
    pending: int
    segments: int
    version: int
    live: bool
    fault: str
    lost: tuple[str, ...]


def with_phrases(phrases: Sequence[Phrase], hits: list[Hit]) -> list[Hit]:
    """*hits* of a query with *phrases*, with ``phrase_checked``."""
    return [replace(hit, phrase_checked=checked(phrases, hit.article)) for hit in hits] if phrases else hits
