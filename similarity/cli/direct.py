"""Answers a question in the process of the command, which opens the index for it."""

from __future__ import annotations

import gc

from similarity.answers.question import Question
from store.server import embedded
from store.settings import settings


def answered_here(question: Question, as_json: bool) -> list[str]:
    """What is printed for *question*, see ``printed_answer``. Raises StoreError and what opening an index does."""
    gc.disable()  # a tenth of the time: nearly nothing that a command loads for one answer is garbage before it ends
    if not settings().mongodb_uri:
        embedded.begin(settings().data)  # a server that has to start does so while the modules load
    from similarity.cli.rendering import printed_answer
    from similarity.index import SimilarityIndex

    with SimilarityIndex.open(live=False) as index:
        lines = printed_answer(index, question, as_json)
    gc.freeze()  # or Python looks through all of it once more when it ends, for a third of a second
    return lines
