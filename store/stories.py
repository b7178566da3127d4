"""Which articles tell the same story, in MongoDB.

Every article bears the id of its ``story``: the least of the ids of its articles. The pairs that make a story lie with
the portraits, in a collection of their own, as only those who store articles need them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from pymongo import UpdateMany
from pymongo.database import Database

from store import portraits
from store.connection import Document


@dataclass(frozen=True, slots=True)
class Also:
    """Another article of a story, as far as a list of sources shows it."""

    id: str
    source: str
    url: str
    title: str
    language: str
    published: datetime | None


_SHOWN = {"source": 1, "url": 1, "title": 1, "language": 1, "published": 1, "story": 1}


def names(database: Database[Document], ids: Collection[str]) -> dict[str, str]:
    """The names of the stories of those of the articles *ids* that are stored."""
    return {row["_id"]: _story(row) for row in _named(database, "_id", ids)}


def settle(database: Database[Document], ids: Collection[str]) -> None:
    """Name the stories of the articles *ids* anew, after pairs of them were found alike or count no more.

    Stories are what hangs together by the pairs noted in ``portraits``, and nothing else decides. Other processes may
    be at the same stories at the same moment: whoever has written names looks again afterwards, so that the last to
    write has seen all pairs, and names that were right when they were written do not outlive a pair.
    """
    # Articles that were stored before there were stories are one each.
    unnamed: Document = {"_id": {"$in": list(ids)}, "story": {"$exists": False}}
    database.articles.update_many(unnamed, [{"$set": {"story": "$_id"}}])
    touched = set(ids)
    while True:
        stories, pairs = _whole_stories(database, touched)
        wrong = {
            name: changed
            for name, members in _joined(stories, pairs).items()
            if (changed := [key for key in members if stories[key] != name])
        }
        if not wrong:
            return
        writes = [UpdateMany({"_id": {"$in": keys}}, {"$set": {"story": name}}) for name, keys in wrong.items()]
        database.articles.bulk_write(writes, ordered=False)
        touched.update(*wrong.values())


def leave(database: Database[Document], ids: Collection[str]) -> None:
    """Remove the portraits of the articles *ids*, which are not stored any more; what they held together parts."""
    _, pairs = portraits.alike(database, ids)
    if portraits.drop(database, ids):
        settle(database, {key for pair in pairs for key in pair})


def _whole_stories(database: Database[Document], ids: Collection[str]) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """The name of the story of each of *ids* and of all that bears one name or hangs together with them; the pairs."""
    stories: dict[str, str] = {}
    pairs: list[tuple[str, str]] = []
    portrayed: set[str] = set()
    looked, asked, new = set[str](), set[str](), set(ids)
    while new:
        found = names(database, new)
        called = set(found.values()) - asked
        found |= {row["_id"]: row["story"] for row in _named(database, "story", called)}
        stamps, some = portraits.alike(database, new | found.keys())
        stories |= found
        portrayed |= stamps.keys()
        pairs += some
        looked |= new | found.keys()
        asked |= called
        # The article that gave a story its name may bear none itself, from before there were stories.
        new = {key for pair in some for key in pair} | called
        new -= looked
    # Stories of articles portrayed by an older program have no pairs noted: those of one name stay together.
    first: dict[str, str] = {}
    pairs += [(first.setdefault(name, key), key) for key, name in stories.items() if key not in portrayed]
    return stories, pairs


def _joined(stories: Collection[str], pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """What hangs together by *pairs*, under the least id of those that are articles (*stories*)."""
    joined: dict[str, str] = {}

    def root(key: str) -> str:
        while (above := joined.get(key, key)) != key:
            joined[key] = key = joined.get(above, above)
        return key

    for one, other in pairs:
        joined[root(one)] = root(other)
    members: dict[str, list[str]] = {}
    for key in sorted(stories):
        members.setdefault(root(key), []).append(key)
    return {keys[0]: keys for keys in members.values()}


def also(database: Database[Document], ids: Collection[str]) -> dict[str, tuple[str, list[Also]]]:
    """The story of each of the articles *ids* with its other articles, the earliest first."""
    asked: dict[str, str] = {row["_id"]: _story(row) for row in _rows(database, "_id", ids)}
    stories: dict[str, list[Also]] = {story: [] for story in asked.values()}
    for row in _rows(database, "story", stories):
        story = row.pop("story")
        stories[story].append(Also(row.pop("_id"), **row))
    for members in stories.values():
        members.sort(key=lambda one: (one.published is None, one.published, one.id))
    return {key: (story, [one for one in stories[story] if one.id != key]) for key, story in asked.items()}


def _story(row: Document) -> str:
    # Articles that were stored before there were stories are one each.
    story: str = row.get("story") or row["_id"]
    return story


def _named(database: Database[Document], field: str, values: Collection[str]) -> list[Document]:
    return list(database.articles.find({field: {"$in": list(values)}}, {"story": 1}))


def _rows(database: Database[Document], name: str, values: Iterable[str]) -> list[Document]:
    return list(database.articles.find({name: {"$in": list(values)}}, _SHOWN))
