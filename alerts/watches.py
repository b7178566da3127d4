"""Watches: questions that stay, each with a threshold and the targets that are notified. Collection ``watches``."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from pymongo import ReturnDocument
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from alerts.errors import NoWatch, WatchError
from alerts.targets import MOST_TARGETS, Target, stored_target
from similarity.answers.answer import search_options
from similarity.answers.question import Question, read
from similarity.errors import QueryError
from similarity.index import SimilarityIndex
from similarity.ranking.request.options import SearchOptions, several
from store import schema
from store.connection import Document
from store.documents.sources import source_rows

DEFAULT_SCORE = 0.5
"""The threshold where none is given: half of the hits with such a score were right on the test sets."""

OPTIONS = ("q", "passage", "like", "source", "category", "kind", "language", "company", "since", "until", "must",
           "not", "across", "min_score", "target_precision")  # fmt: skip
"""The options of a question that a watch may have: what is found, not how it is shown."""

SOURCES = "sources"
"""The value of ``Watch.about`` for the watch that notifies of sources that fail and recover."""

_NAME = re.compile(r"[^\W_][\w .+-]{0,58}[\w.+-]|[^\W_]")


@dataclass(frozen=True)
class Watch:
    """A question that is asked of every new article.

    ``since``: when it was made, or resumed; it notifies only of articles stored from then on. ``each_article``: every
    article, not one of each story. ``changes``: also an article whose text has changed. ``about``: "" for articles,
    ``SOURCES`` for a watch without a question that notifies of sources that fail.
    """

    name: str
    question: Question = field(default_factory=Question)
    min_score: float = DEFAULT_SCORE
    targets: tuple[Target, ...] = ()
    each_article: bool = False
    changes: bool = False
    about: str = ""
    paused: bool = False
    fault: str = ""
    id: str = field(default_factory=lambda: uuid4().hex[:16])
    made: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    since: datetime = datetime(1970, 1, 1, tzinfo=UTC)


def checked_name(name: str) -> str:
    """*name* as it is stored. Raises WatchError where it is none."""
    found = _one_form(name)
    if not _NAME.fullmatch(found):
        raise WatchError(
            f"{name[:60]!r} is no name of a watch; letters, digits, spaces and . + - _ are, up to 60",
            f"{name[:60]!r} 不能作名称；可用文字、数字、空格及 . + - _，至多 60 字",
            "name",
        )
    return found


def question_of(index: SimilarityIndex, options: Mapping[str, Any]) -> tuple[Question, float]:
    """The question with *options* (as ``similarity.answers.question.read`` takes them) and its threshold.

    It is tried on *index*. Raises QueryError, as a search does, also for an option that a watch has not.
    """
    given = {name: _storable(value) for name, value in options.items() if value is not None}
    for name in given:
        if name not in OPTIONS:
            every = ", ".join(OPTIONS)
            raise QueryError(f"a watch has no option {name}; it has {every}", name, f"订阅没有选项 {name}；有 {every}")
    question = read(given)
    if not (question.q or question.passage or question.like):
        raise QueryError("the watch has no question: give a text or an article", "q", "没有给出要找的文字或文章")
    min_score = DEFAULT_SCORE if question.min_score is None else question.min_score
    options_of = options_of_watch(index, question)
    if question.target_precision is not None:
        min_score = options_of.min_score
    if not 0 < min_score <= 1:
        message = f"min_score {min_score:g} is no threshold; a score is above 0 and at most 1"
        raise QueryError(message, "min_score", f"min_score {min_score:g} 不能作门槛；应大于 0，至多 1")
    index.stored_query(options_of, question.passage or question.q, question.like)
    values = {name: value for name, value in question.values().items() if name not in ("min_score", "target_precision")}
    return read(values), min_score


def options_of_watch(index: SimilarityIndex, question: Question) -> SearchOptions:
    """The options of the search that a watch with *question* stands for. Raises QueryError.

    A search refuses a source without articles. To a watch it may be one whose first article is still to come, and the
    other sources of its question count as before.
    """
    options = search_options(index, question)
    asked = several(options.source)
    empty = (frozenset(asked) - index.sources) & source_rows(index.database).keys()
    if not empty:
        return options
    rest = tuple(source for source in asked if source not in empty)
    return replace(options, source=rest, ids=options.ids if rest else frozenset())


def _one_form(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).split())


def _storable(value: Any) -> Any:
    """*value* with what is no text in UTF-8 (halves of surrogate pairs, which JSON can hold) replaced."""
    if isinstance(value, (list, tuple)):
        return [_storable(one) for one in value]
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def check_targets(targets: Sequence[Target]) -> None:
    """Raise WatchError for too many targets, and for one that is given twice."""
    if len(targets) > MOST_TARGETS:
        raise WatchError(
            f"{len(targets)} targets; a watch has up to {MOST_TARGETS}", f"至多 {MOST_TARGETS} 个地址", "to"
        )
    keys = [target.key for target in targets]
    for target in targets:
        if keys.count(target.key) > 1:
            raise WatchError(
                f"--to {target.shown} is given twice; one rhythm is enough", f"--to {target.shown} 给了两次", "to"
            )


def add(database: Database[Document], watch: Watch) -> Watch:
    """Store a new watch; as it is stored, made now by the clock of the database. Raises WatchError."""
    name = checked_name(watch.name)
    check_targets(watch.targets)
    schema.create_collections(database)
    fields = {
        "name": name,
        "question": watch.question.values(),
        "min_score": watch.min_score,
        "targets": [target.document() for target in watch.targets],
        "each_article": watch.each_article,
        "changes": watch.changes,
        "about": watch.about,
        "paused": watch.paused,
        "fault": "",
    }
    if watch.question.like and not watch.each_article:
        # The watch knows this story: the other articles of it are no news.
        known = {"watch": watch.id, "article": watch.question.like, "change": 0, "notified": True, "waiting": []}
        database.outbox.insert_one({"_id": uuid4().hex, "kind": "known", **known})
    times = {"made": "$$NOW", "since": "$$NOW"}
    change = [{"$set": {name: {"$literal": value} for name, value in fields.items()} | times}]
    try:
        row = database.watches.find_one_and_update(
            {"_id": watch.id}, change, upsert=True, return_document=ReturnDocument.AFTER
        )
    except DuplicateKeyError:
        database.outbox.delete_many({"watch": watch.id})
        raise WatchError(
            f"there is a watch {name!r} already; remove it first, or take another name",
            f"已有名为 {name!r} 的订阅；请先删除，或换个名称",
            "name",
        ) from None
    assert row is not None  # upserted
    return stored_watch(row)


def find(database: Database[Document], name: str) -> Watch:
    """The watch called *name*. Raises WatchError for none."""
    row = database.watches.find_one({"name": _storable(_one_form(name))})
    if row is None:
        known = ", ".join(sorted(row["name"] for row in database.watches.find({}, {"name": 1}).limit(10)))
        hint, hint_zh = (f"; there are {known}", f"；有 {known}") if known else ("", "")
        raise NoWatch(f"there is no watch {name[:60]!r}{hint}", f"没有订阅 {name[:60]!r}{hint_zh}", "name")
    return stored_watch(row)


def all_watches(database: Database[Document]) -> list[Watch]:
    """All watches by name."""
    return [stored_watch(row) for row in database.watches.find(sort=[("name", 1)])]


def pause(database: Database[Document], name: str) -> None:
    """Match and send nothing for the watch *name* until ``resume``. Raises WatchError."""
    database.watches.update_one({"_id": find(database, name).id}, {"$set": {"paused": True}})


def resume(database: Database[Document], name: str) -> None:
    """Go on with articles that are stored from now on. Raises WatchError."""
    change = [{"$set": {"paused": False, "since": {"$cond": ["$paused", "$$NOW", "$since"]}}}]
    database.watches.update_one({"_id": find(database, name).id}, change)


def remove(database: Database[Document], name: str) -> None:
    """Remove the watch *name* and all that it has not sent yet. Raises WatchError."""
    watch = find(database, name)
    database.watches.delete_one({"_id": watch.id})
    for collection in (database.messages, database.outbox):
        collection.delete_many({"watch": watch.id})


def note_fault(database: Database[Document], watch: Watch, fault: str) -> None:
    """Note why *watch* cannot be asked, "" where it can."""
    if watch.fault != fault:
        database.watches.update_one({"_id": watch.id}, {"$set": {"fault": fault}})


def stored_watch(row: Document) -> Watch:
    """The watch that *row* is."""
    return Watch(
        row["name"],
        read(row["question"]),
        row["min_score"],
        tuple(stored_target(target) for target in row["targets"]),
        row["each_article"],
        row["changes"],
        row["about"],
        row["paused"],
        row["fault"],
        row["_id"],
        row["made"],
        row["since"],
    )
