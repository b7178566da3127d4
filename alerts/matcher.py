"""Finds of what each watch has to notify: asks the stored queries of all watches of each article that is new.

Whoever stores an article marks it ``unmatched`` in the same write (``store.documents.articles``), and the mark is taken
away only when the matches of that revision are in the outbox. So no order of writers, no restart and no kill loses an
article; one that is matched a second time adds nothing, as the outbox is unique for watch and article.
"""

from __future__ import annotations

import hashlib
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from pymongo import UpdateOne
from pymongo.database import Database

from alerts import outbox, watches
from alerts.watches import Watch
from similarity.errors import QueryError
from similarity.index import SimilarityIndex
from similarity.ranking.percolator import StoredQuery
from similarity.ranking.request.options import SearchOptions
from store.connection import Document, for_writers
from store.documents.articles import READY, UNGROUPED
from store.failover import repeat
from store.leases import NumberedLease, server_time
from store.schema import UNMATCHED_INDEX

log = logging.getLogger(__name__)

BATCH = 500
"""Articles that are matched together."""

_GROUPING = timedelta(seconds=60)
"""So long the pipelines may take to put an article into its story; after that they were killed in between."""

_SHOWN = dict.fromkeys(
    ("title", "url", "source", "language", "published", "first_stored", "stored", "story", "revision"), 1
)


@dataclass
class Matcher:
    """Matches new articles of ``index`` with all watches, while it holds the lease."""

    index: SimilarityIndex
    _queries: dict[str, StoredQuery] = field(default_factory=dict)  # by id of the watch

    def __post_init__(self) -> None:
        # Of which articles a watch notifies depends on what it has sent: that is read where it is written.
        self.database = for_writers(self.index.database)
        self.lease = NumberedLease(self.database, "matcher")

    def step(self) -> int:
        """Match a batch of new articles; how many there were. Does nothing where another process has the lease."""
        if not self.lease.hold():
            return 0
        database = self.database
        now = server_time(database)
        rows = _unmatched(database, now)
        if not rows:
            return 0
        # Read after the articles: a watch that was made before one of them was stored is among these.
        active = [watch for watch in watches.all_watches(database) if not watch.about and not watch.paused]
        if active:
            self.index.refresh()
            # With readPreference=secondary the index may be behind: what it has not yet stays unmatched.
            has = self.index.revisions([row["_id"] for row in rows])
            rows = [row for row in rows if has.get(row["_id"], 0) >= row["revision"]]
        if active and rows:
            found = self._found([row["_id"] for row in rows], active)
            outbox.insert(database, _news(database, found, now))
        seen = [
            UpdateOne({"_id": row["_id"], "revision": row["revision"]}, {"$unset": {"unmatched": ""}}) for row in rows
        ]
        if seen:
            repeat(database, lambda: database.articles.bulk_write(seen, ordered=False))
        return len(rows)

    def _found(self, ids: Sequence[str], active: Sequence[Watch]) -> list[tuple[Watch, dict[str, float]]]:
        """For each watch the articles that a search lists now, with their scores."""
        asked: list[tuple[Watch, tuple[StoredQuery, SearchOptions]]] = []
        for watch in active:
            try:
                options = stored_options(self.index, watch)
                query = self._queries.get(watch.id)
                if query is None:
                    text = watch.question.passage or watch.question.q
                    query = self._queries[watch.id] = self.index.stored_query(options, text, watch.question.like)
            except QueryError as error:
                watches.note_fault(self.database, watch, str(error))
                continue
            watches.note_fault(self.database, watch, "")
            asked.append((watch, (query, options)))
        known = {watch.id for watch in active}
        self._queries = {key: query for key, query in self._queries.items() if key in known}
        hits = self.index.percolate([query for _, query in asked], ids)
        return [(watch, found) for (watch, _), found in zip(asked, hits, strict=True) if found]


def stored_options(index: SimilarityIndex, watch: Watch) -> SearchOptions:
    """The options of the search that *watch* stands for. Raises QueryError."""
    return replace(watches.options_of_watch(index, watch.question), min_score=watch.min_score)


def _unmatched(database: Database[Document], now: datetime) -> list[Document]:
    fields = {"revision": 1}
    ready = database.articles.find({"unmatched": READY}, fields, hint=UNMATCHED_INDEX).sort("stored", 1).limit(BATCH)
    rows = list(ready)
    if len(rows) < BATCH:
        late = {"unmatched": UNGROUPED, "stored": {"$lt": now - _GROUPING}}
        rows += database.articles.find(late, fields, hint=UNMATCHED_INDEX).limit(BATCH - len(rows))
    return rows


def _news(
    database: Database[Document], found: Sequence[tuple[Watch, Mapping[str, float]]], now: datetime
) -> list[Document]:
    """The rows for the outbox: what is sent, and what belongs to a story of which the watch has notified."""
    ids = {key for _, scores in found for key in scores}
    if not ids:
        return []
    articles = {row["_id"]: row for row in database.articles.find({"_id": {"$in": list(ids)}}, _SHOWN)}
    stories: dict[str, set[str]] = defaultdict(set)
    for key, row in articles.items():
        stories[row.get("story") or key].add(key)
    for row in database.articles.find({"story": {"$in": list(stories)}}, {"story": 1}):
        stories[row["story"]].add(row["_id"])
    every = set().union(*stories.values())
    noted: dict[str, list[Document]] = defaultdict(list)
    earlier = {"watch": {"$in": [watch.id for watch, _ in found]}, "article": {"$in": list(every)}}
    for row in database.outbox.find(earlier, {"watch": 1, "article": 1, "notified": 1, "text": 1}):
        noted[row["watch"]].append(row)
    texts = _texts(database, {key for watch, scores in found if watch.changes for key in scores})
    rows = []
    for watch, scores in found:
        round_of_watch = _Round(watch, noted[watch.id], stories, texts)
        for key in sorted(scores, key=lambda key: (-scores[key], key)):
            if key in articles and (made := round_of_watch.row(articles[key], scores[key], now)):
                rows.append(made)
    return rows


class _Round:
    """Decides for one watch, article by article, of what it notifies: the rule of stories."""

    def __init__(
        self, watch: Watch, noted: Sequence[Document], stories: Mapping[str, set[str]], texts: Mapping[str, str]
    ) -> None:
        self._watch, self._stories, self._texts = watch, stories, texts
        self._notified = {row["article"] for row in noted if row["notified"]}
        self._own: dict[str, list[Document]] = defaultdict(list)
        for row in noted:
            self._own[row["article"]].append(row)

    def row(self, article: Document, score: float, now: datetime) -> Document | None:
        """The row for *article*, None where there is nothing new to note."""
        watch, key = self._watch, article["_id"]
        is_new = article["first_stored" if "first_stored" in article else "stored"] >= watch.since
        own, change = self._own[key], 0
        if own or not is_new:
            # Noted already, or older than the watch: sent only where its text has changed.
            if not watch.changes or article["stored"] < watch.since:
                return None
            if own and (
                not any(row["notified"] for row in own) or self._texts[key] in {row.get("text") for row in own}
            ):
                return None
            change = article["revision"]
        others = (self._stories[article.get("story") or key] - {key}) & self._notified
        notified = watch.each_article or not others
        if notified:
            self._notified.add(key)
        entry = {name: article[name] for name in ("title", "url", "source", "language", "published")}
        fields = {"change": change, "story": article.get("story") or key, "entry": entry | {"score": score}}
        if not notified:
            fields["notified_by"] = sorted(others)  # of its story, whose id may be another once this is asked
        if watch.changes:
            fields["text"] = self._texts[key]
        return outbox.row(watch, "article", key, notified, now, **fields)


def _texts(database: Database[Document], ids: set[str]) -> dict[str, str]:
    """A digest of the text of each of the articles *ids*."""
    rows = database.articles.find({"_id": {"$in": list(ids)}}, {"title": 1, "summary": 1, "body": 1}) if ids else ()
    return {
        row["_id"]: hashlib.sha256("\n".join((row["title"], row["summary"], row["body"])).encode()).hexdigest()[:16]
        for row in rows
    }
