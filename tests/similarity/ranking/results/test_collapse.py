"""Hits are collapsed to one a story, and as many stories are found as are wanted."""

from __future__ import annotations

from datetime import UTC, datetime

from similarity.ranking.results.collapse import collapsed, other_sources
from similarity.ranking.results.hits import Hit
from store.article import Article
from store.documents.stories import StoryArticle

NOW = datetime(2026, 3, 2, tzinfo=UTC)
HITS = [Hit(Article(f"s{n % 4}", f"https://a.example/{n}", f"T{n}", NOW, "text"), 1 - n / 100) for n in range(60)]


def stories_of(ids: list[str]) -> dict[str, tuple[str, list[StoryArticle]]]:
    """The first forty articles are one story, each other one is its own."""
    first = [hit.article for hit in HITS[:40]]
    also = [StoryArticle(one.id, one.source, one.url, one.title, "en", None) for one in first]
    one_story = {one.id for one in first}
    return {key: ("story", [one for one in also if one.id != key]) if key in one_story else (key, []) for key in ids}


def test_the_best_hit_of_a_story_is_kept_and_names_the_other_articles() -> None:
    hits = collapsed(HITS[38:42], stories_of([hit.article.id for hit in HITS]))
    assert [hit.article.title for hit in hits] == ["T38", "T40", "T41"]
    assert len(hits[0].more) == 39
    assert hits[1].more == ()
    assert other_sources(hits[0]) == ["s0", "s1", "s3"]


def test_an_article_without_a_story_is_a_story_of_its_own() -> None:
    assert collapsed(HITS[:2], {}) == HITS[:2]
