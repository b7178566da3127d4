"""Collapses hits to one a story: copies and reports of the same news are listed below the best of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from similarity.ranking.results.hits import Hit
from store.documents.stories import StoryArticle

StoriesByArticle = Mapping[str, tuple[str, list[StoryArticle]]]
"""By article id, the id of its story and the other articles of it: see ``store.documents.stories.other_articles``."""


def collapsed(hits: Sequence[Hit], stories: StoriesByArticle) -> list[Hit]:
    """The first of *hits* of each story, with the other articles of the story, found or not, in ``Hit.more``."""
    seen = set[str]()
    first = []
    for hit in hits:
        story, others = stories.get(hit.article.id, (hit.article.id, []))
        if story not in seen:
            seen.add(story)
            first.append(replace(hit, more=tuple(others)))
    return first


def other_sources(hit: Hit) -> list[str]:
    """The other sources that have the story of *hit*, in the order of their articles."""
    return [source for source in dict.fromkeys(other.source for other in hit.more) if source != hit.article.source]
