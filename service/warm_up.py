"""What a server does before it answers: one request of each kind, so that nobody waits for what the first one loads."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Timer

from service.page.rendering import templates
from service.problems import NotFound
from service.routes.articles import article_fields
from service.routes.sources import source_fields
from similarity.answers.answer import answer
from similarity.answers.counts import counts
from similarity.answers.question import Question
from similarity.errors import NotTrained, QueryError, TooFewArticles
from similarity.index import SimilarityIndex
from store.documents.stories import newest_stories

_WORDS = "芯片 chips"
_DAYS = timedelta(days=7)
_SLOW = 5.0  # seconds

log = logging.getLogger(__name__)


def warm_up(index: SimilarityIndex) -> None:
    """Load the encoder and the dictionaries, and compile the kernels where no run before has."""
    now = datetime.now(UTC)
    plain = Question(_WORDS, k=1, explain=True)
    filtered = Question(
        _WORDS, k=1, kind=("news", "report"), language=("zh", "en"), company=("台积电",), since=now - _DAYS, not_=("x",)
    )
    for question in (plain, filtered, Question(_WORDS, k=1, model="bm25")):
        answer(index, question)
    counts(index, plain, now)
    for hit in answer(index, Question(k=1)).hits:
        with contextlib.suppress(NotFound, QueryError):  # it may be deleted at this moment
            article_fields(index, hit.article.id)
            answer(index, Question(like=hit.article.id, k=1))
            index.keywords(hit.article.id)
    index.trend(_WORDS, since=now - _DAYS)
    newest_stories(index.database, now - _DAYS, 1)
    source_fields(index)
    index.rising_terms(now)
    with contextlib.suppress(NotTrained, TooFewArticles):  # said by the route to whoever asks
        index.related_terms(_WORDS)


@contextlib.contextmanager
def log_if_slow(seconds: float = _SLOW) -> Iterator[None]:
    """Say that requests wait when what is done inside takes longer than *seconds*, and again when it is done.

    The address has been printed by then, and somebody sits before an empty page.
    """
    why = "the first start after an installation compiles, for up to a minute"
    timer = Timer(seconds, log.warning, ["not ready yet, requests wait: %s", why])
    timer.daemon = True  # a server that is ended meanwhile does not wait for it
    began = time.monotonic()
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
    if (took := time.monotonic() - began) > seconds:
        log.warning("ready after %.0f s", took)


def load_templates() -> None:
    """Compile the templates of the page. A first visitor would wait a little; nobody else waits for it."""
    for name in templates.env.list_templates():
        templates.env.get_template(name)
