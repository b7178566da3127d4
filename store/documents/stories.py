"""Which articles tell the same story, in MongoDB.

An article's field ``story`` is the id of its story: the smallest of the ids of the story's articles. Stories follow
from the pairs recorded with the fingerprints (``store.documents.fingerprints``), by average linkage. The pairs are in a
collection of their own, as only programs that store articles need them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import combinations

from pymongo import UpdateMany
from pymongo.database import Database

from store import counters
from store.connection import Document
from store.documents import fingerprints
from store.failover import repeat, repeated
from text.stories.linkage import Pair, join


@dataclass(frozen=True, slots=True)
class StoryArticle:
    """Another article of a story, with the fields that a list of its sources shows."""

    id: str
    source: str
    url: str
    title: str
    language: str
    published: datetime | None


_SHOWN = {"source": 1, "url": 1, "title": 1, "language": 1, "published": 1, "story": 1}


def story_ids(database: Database[Document], ids: Collection[str]) -> dict[str, str]:
    """The story id of each stored article among *ids*."""
    return {row["_id"]: _story(row) for row in _with_story(database, "_id", ids)}


def regroup(database: Database[Document], ids: Collection[str]) -> None:
    """Set the story ids of *ids*, of whom pairs were recorded or became void, and of all connected articles.

    Other processes may regroup the same stories at the same time. Each therefore checks again after it has written, so
    that the last one to write has seen all pairs, and story ids that were right when written do not outlive a pair.
    """
    # Articles that were stored by a program without stories are a story each.
    unset: Document = {"_id": {"$in": list(ids)}, "story": {"$exists": False}}
    repeat(database, lambda: database.articles.update_many(unset, [{"$set": {"story": "$_id"}}]))
    touched = set(ids)
    while True:
        current, pairs = _connected(database, touched)
        changes = {
            members[0]: changed
            for members in join(current, pairs)
            if (changed := [key for key in members if current[key] != members[0]])
        }
        if not changes:
            return
        writes = [UpdateMany({"_id": {"$in": keys}}, {"$set": {"story": story}}) for story, keys in changes.items()]
        repeat(database, partial(database.articles.bulk_write, writes, ordered=False))
        counters.reserve(database, counters.STORIES, 1)  # after the writes: whoever sees the number sees them
        touched.update(*changes.values())


def remove_articles(database: Database[Document], ids: Collection[str]) -> None:
    """Remove the fingerprints of the deleted articles *ids*; a story that only they connected is split."""
    _, pairs = repeat(database, lambda: fingerprints.alike_pairs(database, ids))
    if fingerprints.drop(database, ids):
        regroup(database, {key for pair in pairs for key in pair})


def other_articles(database: Database[Document], ids: Collection[str]) -> dict[str, tuple[str, list[StoryArticle]]]:
    """The story id of each of the articles *ids* with the other articles of that story, the earliest first."""
    story_of: dict[str, str] = {row["_id"]: _story(row) for row in _shown(database, "_id", ids)}
    stories: dict[str, list[StoryArticle]] = {story: [] for story in story_of.values()}
    for row in _shown(database, "story", stories):
        story = row.pop("story")
        stories[story].append(StoryArticle(row.pop("_id"), **row))
    for members in stories.values():
        members.sort(key=lambda article: (article.published is None, article.published, article.id))
    return {
        key: (story, [article for article in stories[story] if article.id != key]) for key, story in story_of.items()
    }


@dataclass(frozen=True, slots=True)
class Story:
    """A story: its id and its articles, the earliest first, those without a date last."""

    id: str
    members: list[StoryArticle]

    @property
    def sources(self) -> list[str]:
        """Its sources, in the order in which they had it."""
        return list(dict.fromkeys(article.source for article in self.members))


def story(database: Database[Document], story_id: str) -> Story | None:
    """The story *story_id*, None if no article has it."""
    found = with_ids(database, [story_id])
    return found[0] if found else None


def newest_stories(database: Database[Document], since: datetime, k: int) -> tuple[int, list[Story]]:
    """How many stories have an article published *since* that moment, and the *k* biggest of them.

    Of the same size those with the newest article come first.
    """
    stages: list[Document] = [
        {"$match": {"published": {"$gte": since}}},
        {"$group": {"_id": {"$ifNull": ["$story", "$_id"]}, "newest": {"$max": "$published"}}},
    ]
    newest = {row["_id"]: row["newest"] for row in database.articles.aggregate(stages)}
    stages = [
        {"$match": {"story": {"$in": list(newest)}}},
        {"$group": {"_id": "$story", "size": {"$sum": 1}}},
    ]
    sizes = dict.fromkeys(newest, 1) | {row["_id"]: row["size"] for row in database.articles.aggregate(stages)}
    order = sorted(newest, key=lambda key: (-sizes[key], -newest[key].timestamp(), key))[:k]
    by_id = {found.id: found for found in with_ids(database, order)}
    return len(newest), [by_id[key] for key in order if key in by_id]


def with_ids(database: Database[Document], ids: Collection[str]) -> list[Story]:
    """The stories *ids* that have an article, in no particular order."""
    members: dict[str, dict[str, StoryArticle]] = defaultdict(dict)
    for row in (*_shown(database, "story", ids), *_shown(database, "_id", ids)):
        key = _story(row)
        row.pop("story", None)
        article = StoryArticle(row.pop("_id"), **row)
        if key in ids:
            members[key][article.id] = article
    return [
        Story(key, sorted(found.values(), key=lambda one: (one.published is None, one.published, one.id)))
        for key, found in members.items()
    ]


@repeated
def _connected(database: Database[Document], ids: Collection[str]) -> tuple[dict[str, str], dict[Pair, float]]:
    """All articles connected with *ids*, by pairs or by a common story id: their story ids, and all pairs of them."""
    stories: dict[str, str] = {}
    pairs: dict[Pair, float] = {}
    with_fingerprint: set[str] = set()
    visited, read_stories, new = set[str](), set[str](), set(ids)
    while new:
        story_of = story_ids(database, new)
        new_stories = set(story_of.values()) - read_stories
        story_of |= {row["_id"]: row["story"] for row in _with_story(database, "story", new_stories)}
        stamps, new_pairs = fingerprints.alike_pairs(database, new | story_of.keys())
        stories |= story_of
        with_fingerprint |= stamps.keys()
        pairs |= new_pairs
        visited |= new | story_of.keys()
        read_stories |= new_stories
        # The article whose id a story has may itself have no story id, if a program without stories stored it.
        new = {key for pair in new_pairs for key in pair} | new_stories
        new -= visited
    # Without a stamped fingerprint, as an older program stores it, no pairs are recorded: those with one story id stay
    # together.
    without_pairs = defaultdict(list)
    for key in sorted(stories.keys() - with_fingerprint):
        without_pairs[stories[key]].append(key)
    for keys in without_pairs.values():
        pairs |= dict.fromkeys(combinations(keys, 2), 1.0)
    return stories, {pair: value for pair, value in pairs.items() if stories.keys() >= set(pair)}


def _story(row: Document) -> str:
    # Articles that were stored by a program without stories are a story each.
    story: str = row.get("story") or row["_id"]
    return story


def _with_story(database: Database[Document], field: str, values: Collection[str]) -> list[Document]:
    return list(database.articles.find({field: {"$in": list(values)}}, {"story": 1}))


def _shown(database: Database[Document], field: str, values: Iterable[str]) -> list[Document]:
    return list(database.articles.find({field: {"$in": list(values)}}, _SHOWN))
