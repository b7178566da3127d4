"""One entry a story: hits that tell the same are folded into the best of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from similarity.index import Hit
from store.stories import Also

Stories = Mapping[str, tuple[str, list[Also]]]
"""The story of each article with its other articles, as ``store.stories.also`` gives it."""

_MOST = 1_000


def folded(hits: Sequence[Hit], stories: Stories) -> list[Hit]:
    """*hits* with only the first of each story, its other articles (found or not) in ``Hit.more``."""
    seen: set[str] = set()
    found = []
    for hit in hits:
        story, others = stories.get(hit.article.id, (hit.article.id, []))
        if story not in seen:
            seen.add(story)
            found.append(replace(hit, more=tuple(others)))
    return found


def first_stories(
    find: Callable[[int], list[Hit]], stories_of: Callable[[Sequence[str]], Stories], k: int
) -> list[Hit]:
    """The best *k* stories, where ``find(n)`` gives the best n articles.

    As many articles are asked for as it takes, a thousand at most: the first ten may all be copies of one another.
    """
    most = max(k, _MOST)
    asked = min(2 * k, most)
    while True:
        hits = find(asked)
        found = folded(hits, stories_of([hit.article.id for hit in hits]))
        if len(found) >= k or len(hits) < asked or asked == most:
            return found[:k]
        asked = min(4 * asked, most)


def sources_beside(hit: Hit) -> list[str]:
    """The other sources that have the story of *hit*, in the order of their articles."""
    return [source for source in dict.fromkeys(one.source for one in hit.more) if source != hit.article.source]
