"""All vectors made anew by another analyzer, from what is stored of the articles; searches go on until the switch.

First each partition of articles is cut into words, which are kept as texts in ``retokenized``. Then all words that the
dictionary lacks get their ids, in one go and so the same ones however many workers there were. Then the partitions'
vectors and segments are made, and the manifest is switched to them and to the analyzer. Last, the vectors take the
place of the old ones in the articles' documents. Killed before the switch, nothing has changed for readers, and what
was cut need not be cut again; killed after it, whoever opens the index next does what is left.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
from pymongo.database import Database

from similarity.bulk import Bulk, BulkError
from similarity.partitions import Partition, Some, partitions
from similarity.recutting import TEXTS, present_analyzer, row_of
from store import articles, counters, manifest, retokenized, segments, terms
from store.articles import BagOfWords
from store.connection import Document, connect
from store.lease import Taken, held
from store.manifest import Entry
from store.packed import Packed
from store.packing import Overtaken, Packing, segmentfuls

CUT_AT_ONCE = 5000
"""Articles a partition while words are cut; the other partitions are full segments."""
ROWS = segments.MOST_ROWS

STEPS = ("words cut", "words named", "segments written", "switched", "finished")
"""The places at which ``step`` is called with their name."""

_BATCH = 500
_MOST_ROUNDS = 5


class WrongAnalyzer(BulkError):
    """A worker runs another program than we do."""


class Unsettled(BulkError):
    """Articles are written faster than they can be cut."""


@dataclass(frozen=True)
class Report:
    """*carried*: articles whose text may not be kept and whose words were cut by the old analyzer. *left*: rows of an
    earlier run that were put in their place. *busy*: a compactor is at work."""

    switched: bool = False
    articles: int = 0
    words: int = 0
    carried: int = 0
    segments: int = 0
    left: int = 0
    busy: bool = False


def retokenize(
    database: Database[Document], address: str, bulk: Bulk, *, step: Callable[[str], None] = lambda _: None
) -> Report:
    """Switch the index to this program's analyzer. Raises DamagedManifest, Unsettled, NoWorkers, WrongAnalyzer."""
    analyzer = present_analyzer().version
    try:
        with held(database) as lease:
            if manifest.read(database).analyzer == analyzer:
                return Report(left=retokenized.finish(database, analyzer))
            act = Packing(database, lease, step, Packed(manifest.read(database)))
            return _Work(database, address, bulk, analyzer, act, step).do(lease.keep)
    except (Taken, Overtaken):
        return Report(busy=True)


class _Work:
    def __init__(
        self,
        database: Database[Document],
        address: str,
        bulk: Bulk,
        analyzer: str,
        act: Packing,
        step: Callable[[str], None],
    ) -> None:
        self._database, self._address, self._bulk = database, address, bulk
        self._analyzer, self._act, self._step = analyzer, act, step
        self._words = self._carried = 0

    def do(self, keep: Callable[[], None]) -> Report:
        database, act = self._database, self._act
        self._make(partitions(database, self._address, CUT_AT_ONCE), partitions(database, self._address, ROWS), keep)
        for _ in range(_MOST_ROUNDS):
            lost, gone = act.packed.missing_from(act.stored_ids())
            newest = counters.upper_bound(database, counters.REVISIONS)
            late = sorted({*lost, *self._changed()})
            if not late:
                break
            self._make_again(late, keep)
        else:
            raise Unsettled("articles are written faster than they can be cut: end the crawls, then run it again")
        act.bury_absent(gone)
        self._switch()
        # A crawl of the old program may have been about to write when it was switched; it cannot begin to any more.
        late = sorted(self._changed(newest))
        if late:
            self._make_again(late, keep)
            self._switch()
        for found in act.pending():
            act.clear(found)
        database.retokenized.drop()  # what is left in it is of analyzers to which nobody switched
        self._step("finished")
        return Report(True, act.packed.alive(), self._words, self._carried, len(act.packed.entries()))

    def _switch(self) -> None:
        notes = self._act.settle_deletions()
        self._carried += retokenized.carried(self._database, self._analyzer)
        self._act.switch(self._analyzer)
        self._step("switched")
        self._act.forget(notes)
        retokenized.finish(self._database, self._analyzer)

    def _make_again(self, late: list[str], keep: Callable[[], None]) -> None:
        some = [Some(self._address, tuple(late[at : at + CUT_AT_ONCE])) for at in range(0, len(late), CUT_AT_ONCE)]
        self._act.packed.bury(late, np.full(len(late), -1, np.int64))
        self._make(some, some, keep)

    def _make(self, cuts: list[Any], packs: list[Any], keep: Callable[[], None]) -> None:
        new: set[str] = set()
        for words in self._bulk.map(partial(_cut, self._analyzer), cuts, keep):
            new.update(words)
        self._step("words cut")
        terms.ids_of(self._database, new)
        self._words += len(new)
        self._step("words named")
        for entries in self._bulk.map(partial(_pack, self._analyzer), packs, keep):
            for entry in entries:
                self._act.adopt(entry)
        self._step("segments written")

    def _changed(self, newest: int | None = None) -> Iterator[str]:
        """What was written since it was cut, with a revision up to *newest*."""
        for found in self._act.pending():
            packed = self._act.packed.revisions(found)
            late = [one for (one, now), there in zip(found.items(), packed, strict=True) if now != there]
            yield from (one for one in late if newest is None or found[one] <= newest)


def _cut(analyzer: str, partition: Partition | Some) -> list[str]:
    """Cut the texts of *partition*; the words that the dictionary lacks, sorted. Runs on a worker."""
    if present_analyzer().version != analyzer:
        raise WrongAnalyzer(
            f"a worker has analyzer {present_analyzer().version!r} where {analyzer!r} is wanted: update it"
        )
    database = connect(partition.address)
    words: set[str] = set()
    with database.client:
        rows = partition.rows(database, ["revision"])
        while some := list(islice(rows, _BATCH)):
            wanted = {row["_id"]: row["revision"] for row in some}
            there = list(retokenized.read(database, analyzer, wanted))
            done = [row for row in there if wanted[row["article"]] == row["revision"]]
            missing = wanted.keys() - {row["article"] for row in done}
            found = [row_of(database, analyzer, row) for row in Some("", tuple(sorted(missing))).rows(database, TEXTS)]
            retokenized.write(database, found)
            words.update(
                word
                for row in done + found
                for packed in (*row["words"], row["pairs"])
                for word in retokenized.unpacked_words(packed)
            )
        known = terms.stored_ids(database, sorted(words))
    return sorted(words - known.keys())


def _pack(analyzer: str, partition: Partition | Some) -> tuple[Entry, ...]:
    """Write vectors and segments of *partition* as it was cut. Runs on a worker."""
    database = connect(partition.address)
    with database.client:
        made = []
        for rows in segmentfuls(_rows(database, analyzer, partition)):
            data = segments.encode(rows)
            made.append(manifest.entry_of(segments.write(database, data), data))
        return tuple(made)


def _rows(database: Database[Document], analyzer: str, partition: Partition | Some) -> Iterator[Document]:
    """Articles of *partition* with their new vectors, as segments have them."""
    rows = partition.rows(database, [])
    while ids := [row["_id"] for row in islice(rows, _BATCH)]:
        cuts = {row["article"]: row for row in retokenized.read(database, analyzer, ids)}
        counts = {
            key: [retokenized.unpacked_words(packed) for packed in (*row["words"], row["pairs"])]
            for key, row in cuts.items()
        }
        known = terms.stored_ids(database, sorted({word for bags in counts.values() for bag in bags for word in bag}))
        fields: dict[str, Document] = {}
        found = []
        for article in database.articles.find({"_id": {"$in": ids}}).sort("_id", 1):
            row = cuts.get(article["_id"])
            if row is None or row["revision"] != article["revision"]:
                continue  # written since: it is cut in the next round
            *bags, pairs = [_bag(words, known) for words in counts[article["_id"]]]
            digest = article.get("digest", "") if row["digest"] is None else row["digest"]
            new = articles.made_of_words(article, bags, pairs, digest)
            fields[row["_id"]] = new
            found.append(article | new)
        retokenized.fill(database, fields)
        yield from found


def _bag(words: Counter[str], known: dict[str, int]) -> BagOfWords:
    return sorted((known[word], count) for word, count in words.items())
