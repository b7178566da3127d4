"""Watches that call a function of a Python program: ``SimilarityIndex.watch``."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from pymongo.database import Database

from alerts import watches
from alerts.delivery import Deliveries, Send
from alerts.errors import NoWatch, WatchError
from alerts.messages import Message
from alerts.runner import Runner
from alerts.senders.answer import SendAnswer
from alerts.targets import CALLBACK, Target
from alerts.watches import Watch, checked_name, question_of
from similarity.errors import QueryError
from similarity.index import SimilarityIndex
from store import schema
from store.article import Article
from store.connection import Document, for_writers
from store.documents import articles

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Match:
    """What a callback is called with: the new article, its score, and the id of its story.

    ``id`` stays the same when the callback is called again for the same match; ``watch`` is the name.
    """

    id: str
    watch: str
    article: Article
    score: float
    story: str
    found: datetime


class Watching:
    """A watch that calls a function, until ``stop``; also a context. ``fault``: the last error, "" if all is well."""

    def __init__(self, index: SimilarityIndex, watch: Watch, callback: Callable[[Match], object]) -> None:
        self.name, self.fault = watch.name, ""
        self._index, self._callback = index, callback
        self._key = watch.targets[0].key
        senders: Mapping[str, Send] = {CALLBACK: self._call}
        deliveries = Deliveries(for_writers(index.database), senders, lambda target: target.key == self._key)
        self._runner = Runner(index, deliveries)
        self._runner.start()

    def stop(self, seconds: float = 5.0) -> None:
        """Call the function no more; a call that does not return is waited for at most *seconds*.

        The watch stays: matches that come meanwhile are called for once ``watch`` is called again with its name.
        """
        self._runner.stop(seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<Watching {self.name!r}{f' fault: {self.fault}' if self.fault else ''}>"

    def _call(self, message: Message, target: Target) -> SendAnswer:
        (entry,) = message.entries or (None,)
        # Not from a secondary of MongoDB that is behind: an article that it has not yet would count as deleted.
        stored = articles.read(for_writers(self._index.database), [entry.article] if entry else [])
        if entry is None or entry.article not in stored:
            return SendAnswer(True, "the article was deleted since")
        article = stored[entry.article].article
        try:
            self._callback(Match(message.id, self.name, article, entry.score, entry.story, message.made))
        except BaseException as error:  # also sys.exit(), which would end this thread without a word
            self.fault = f"{type(error).__name__}: {' '.join(str(error).split())}"[:300]
            log.warning("the callback of watch %s failed; it is called again", self.name, exc_info=True)
            return SendAnswer(False, self.fault)
        self.fault = ""
        return SendAnswer(True, "the callback returned")


def watch(
    index: SimilarityIndex,
    text: str,
    name: str,
    callback: Callable[[Match], object],
    options: Mapping[str, Any],
) -> Watching:
    """Call *callback* for each new story that *text* finds: see ``SimilarityIndex.watch``."""
    if not callable(callback):
        raise QueryError(f"callback is {type(callback).__name__}; it must be a function of one argument", "callback")
    if not isinstance(name, str):
        raise QueryError(f"name is {type(name).__name__}; it must be a text", "name")
    given = dict(options)
    each_article, changes = _flag(given, "each_article"), _flag(given, "changes")
    if "exclude" in given:
        given["not"] = given.pop("exclude")
    several = {key: _in_order(value) for key, value in given.items()}
    question, min_score = question_of(index, {"q": text} | several)
    wanted = Watch(checked_name(name), question, min_score, each_article=each_article, changes=changes)
    return Watching(index, _stored(index.database, wanted), callback)


def _stored(database: Database[Document], wanted: Watch) -> Watch:
    """The watch of that name, made if there is none. Raises WatchError where it is another one."""
    schema.create_collections(database)
    try:
        found = watches.find(database, wanted.name)
    except NoWatch:
        try:
            return watches.add(database, replace(wanted, targets=(Target(CALLBACK, f"callback://{wanted.id}"),)))
        except WatchError:  # another process that starts now has just made it
            found = watches.find(database, wanted.name)
    is_callback = [target.kind for target in found.targets] == [CALLBACK]
    if not is_callback or _asked(found) != _asked(wanted):
        raise WatchError(
            f"watch {found.name!r} is another one; remove it (xinwen watch remove), or take another name",
            f"名为 {found.name!r} 的订阅与此不同；请先删除（xinwen watch remove），或换个名称",
            "name",
        )
    return found


def _in_order(value: Any) -> Any:
    """A set as a list that is the same in every process; any other value as it is."""
    return sorted(value, key=str) if isinstance(value, (set, frozenset)) else value


def _flag(given: dict[str, Any], name: str) -> bool:
    value = given.pop(name, False)
    if not isinstance(value, bool):
        raise QueryError(f"{name} is {value!r:.40}; it must be True or False", name)
    return value


def _asked(watch: Watch) -> tuple[Any, ...]:
    """What *watch* asks for; the order of several sources and so on, which a set has by chance, means nothing."""
    values = watch.question.values()
    question = {name: sorted(value) if isinstance(value, list) else value for name, value in values.items()}
    return question, watch.min_score, watch.each_article, watch.changes
