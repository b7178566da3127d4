"""Re-tokenizes all stored texts with this program's analyzer, then switches the index to the new vectors.

1. Each partition of articles is tokenized; the tokens are kept as texts in the collection ``retokenized``.
2. All tokens that the dictionary lacks get their ids in one write, so the ids do not depend on the number of workers.
3. The new vectors and segments are written, and the manifest is switched to them and to the analyzer.
4. The new vectors replace the old ones in the articles' documents.

Searches use the old index until the switch. If the job is killed before it, nothing has changed for readers, and what
was tokenized is used again. If it is killed after it, whoever opens the index next does step 4.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

from pymongo.database import Database

from similarity.maintenance.executor import Executor, JobError
from similarity.maintenance.partitions import IdList, Partition, partitions
from similarity.maintenance.retokenize_article import TEXTS, current_analyzer, row_of
from store import counters
from store.connection import Document, connect
from store.documents import articles
from store.documents.articles import BagOfWords
from store.index import dictionary, manifest, retokenized, segment_format, segments
from store.index.manifest import SegmentEntry
from store.index.segment_set import SegmentSet
from store.index.writer import CommitConflict, IndexWriter, segment_batches
from store.leases import LeaseTaken, hold_index_lease

TOKENIZED_AT_ONCE = 5000
"""Articles per partition in step 1; in step 3 a partition is a full segment."""
ROWS = segment_format.MAX_ROWS

STEPS = ("articles tokenized", "ids assigned", "segments written", "switched", "finished")
"""The names with which ``step`` is called, in order; tests kill the job there."""

_BATCH = 500  # articles
_MAX_ROUNDS = 5


class WrongAnalyzer(JobError):
    """A worker runs a program with another analyzer."""


class Unsettled(JobError):
    """Articles are written faster than they can be re-tokenized."""


@dataclass(frozen=True)
class RetokenizeReport:
    """What the job did. The field names are the JSON keys of the command and older than the words used here.

    ``switched``: the index had another analyzer. ``words``: new tokens in the dictionary. ``carried``: articles whose
    text may not be kept, so that their old tokens were re-tokenized. ``left``: articles whose new vectors an earlier,
    killed run had left to write. ``busy``: a compactor is at work, nothing was done.
    """

    switched: bool = False
    articles: int = 0
    words: int = 0
    carried: int = 0
    segments: int = 0
    left: int = 0
    busy: bool = False


def retokenize_index(
    database: Database[Document], address: str, executor: Executor, *, step: Callable[[str], None] = lambda _: None
) -> RetokenizeReport:
    """Switch the index to this program's analyzer. Raises DamagedManifest, Unsettled, NoWorkers, WrongAnalyzer."""
    analyzer = current_analyzer().version
    try:
        with hold_index_lease(database) as lease:
            if manifest.read(database).analyzer == analyzer:
                return RetokenizeReport(left=retokenized.finish(database, analyzer))
            writer = IndexWriter(database, lease, step, SegmentSet(manifest.read(database)))
            return _Retokenization(database, address, executor, analyzer, writer, step).do(lease.renew)
    except (LeaseTaken, CommitConflict):
        return RetokenizeReport(busy=True)


class _Retokenization:
    """One run of the job, under the lease of the index."""

    def __init__(
        self,
        database: Database[Document],
        address: str,
        executor: Executor,
        analyzer: str,
        writer: IndexWriter,
        step: Callable[[str], None],
    ) -> None:
        self._database, self._address, self._executor = database, address, executor
        self._analyzer, self._writer, self._step = analyzer, writer, step
        self._new_tokens = self._from_old_tokens = 0

    def do(self, renew: Callable[[], None]) -> RetokenizeReport:
        database, writer = self._database, self._writer
        self._write_segments(
            partitions(database, self._address, TOKENIZED_AT_ONCE), partitions(database, self._address, ROWS), renew
        )
        for _ in range(_MAX_ROUNDS):
            missing, absent = writer.segment_set.compare_ids(writer.stored_ids())
            newest = counters.upper_bound(database, counters.REVISIONS)
            late = sorted({*missing, *self._changed()})
            if not late:
                break
            self._write_again(late, renew)
        else:
            raise Unsettled(
                "articles are written faster than they can be re-tokenized: end the crawls, then run it again"
            )
        writer.delete_absent(absent)
        self._switch()
        # A crawl of the old program may have been about to write during the switch; it cannot start another write.
        late = sorted(self._changed(newest))
        if late:
            self._write_again(late, renew)
            self._switch()
        for revisions in writer.pending():
            writer.clear_pending(revisions)
        database.retokenized.drop()  # what is left in it belongs to analyzers to which nobody switched
        self._step("finished")
        return RetokenizeReport(
            True,
            writer.segment_set.live_documents(),
            self._new_tokens,
            self._from_old_tokens,
            len(writer.segment_set.entries()),
        )

    def _switch(self) -> None:
        notes = self._writer.apply_deletions()
        self._from_old_tokens += retokenized.count_reused(self._database, self._analyzer)
        self._writer.commit(self._analyzer)
        self._step("switched")
        self._writer.remove_notes(notes)
        retokenized.finish(self._database, self._analyzer)

    def _write_again(self, late: list[str], renew: Callable[[], None]) -> None:
        """Replace the rows of the articles *late*, which were written since they were tokenized."""
        starts = range(0, len(late), TOKENIZED_AT_ONCE)
        lists = [IdList(self._address, tuple(late[start : start + TOKENIZED_AT_ONCE])) for start in starts]
        self._writer.segment_set.delete(late)
        self._write_segments(lists, lists, renew)

    def _write_segments(
        self, to_tokenize: Sequence[Partition], to_write: Sequence[Partition], renew: Callable[[], None]
    ) -> None:
        new: set[str] = set()
        for tokens in self._executor.map(partial(_tokenize, self._analyzer), to_tokenize, renew):
            new.update(tokens)
        self._step("articles tokenized")
        dictionary.ids_of(self._database, new)
        self._new_tokens += len(new)
        self._step("ids assigned")
        for entries in self._executor.map(partial(_write, self._analyzer), to_write, renew):
            for entry in entries:
                self._writer.add_segment(entry)
        self._step("segments written")

    def _changed(self, newest: int | None = None) -> Iterator[str]:
        """Articles that were written since they were tokenized, with a revision up to *newest*."""
        for revisions in self._writer.pending():
            packed = self._writer.segment_set.revisions(revisions)
            for (article, revision), in_segment in zip(revisions.items(), packed, strict=True):
                if revision != in_segment and (newest is None or revision <= newest):
                    yield article


def _tokenize(analyzer: str, partition: Partition) -> list[str]:
    """Tokenize the texts of *partition*: the tokens that the dictionary lacks, sorted. Runs on a worker."""
    if current_analyzer().version != analyzer:
        raise WrongAnalyzer(
            f"a worker has analyzer {current_analyzer().version!r} where {analyzer!r} is wanted: update it"
        )
    database = connect(partition.address)
    tokens: set[str] = set()
    with database.client:
        rows = partition.rows(database, ["revision"])
        while batch := list(islice(rows, _BATCH)):
            revisions = {row["_id"]: row["revision"] for row in batch}
            stored = list(retokenized.read(database, analyzer, revisions))
            done = [row for row in stored if revisions[row["article"]] == row["revision"]]
            missing = IdList("", tuple(sorted(revisions.keys() - {row["article"] for row in done})))
            fresh = [row_of(database, analyzer, article) for article in missing.rows(database, TEXTS)]
            retokenized.write(database, fresh)
            tokens.update(
                token
                for row in done + fresh
                for packed in (*row["words"], row["pairs"])
                for token in retokenized.unpack_tokens(packed)
            )
        known = dictionary.stored_ids(database, sorted(tokens))
    return sorted(tokens - known.keys())


def _write(analyzer: str, partition: Partition) -> tuple[SegmentEntry, ...]:
    """Write the vectors and segments of the tokenized *partition*. Runs on a worker."""
    database = connect(partition.address)
    with database.client:
        entries = []
        for rows in segment_batches(_rows(database, analyzer, partition)):
            data = segment_format.encode(rows)
            entries.append(manifest.entry_of(segments.write(database, data), data))
        return tuple(entries)


def _rows(database: Database[Document], analyzer: str, partition: Partition) -> Iterator[Document]:
    """The articles of *partition* with their new vectors, as ``segment_format.encode`` takes them."""
    rows = partition.rows(database, [])
    while ids := [row["_id"] for row in islice(rows, _BATCH)]:
        tokenized = {row["article"]: row for row in retokenized.read(database, analyzer, ids)}
        counts = {
            key: [retokenized.unpack_tokens(packed) for packed in (*row["words"], row["pairs"])]
            for key, row in tokenized.items()
        }
        token_ids = dictionary.stored_ids(
            database, sorted({token for bags in counts.values() for bag in bags for token in bag})
        )
        fields: dict[str, Document] = {}
        updated = []
        for article in database.articles.find({"_id": {"$in": ids}}).sort("_id", 1):
            row = tokenized.get(article["_id"])
            if row is None or row["revision"] != article["revision"]:
                continue  # written since: it is tokenized in the next round
            *bags, pairs = [_bag(bag, token_ids) for bag in counts[article["_id"]]]
            digest = article.get("digest", "") if row["digest"] is None else row["digest"]
            new = articles.token_fields(article, bags, pairs, digest)
            fields[row["_id"]] = new
            updated.append(article | new)
        retokenized.fill(database, fields)
        yield from updated


def _bag(counts: Counter[str], token_ids: dict[str, int]) -> BagOfWords:
    return sorted((token_ids[token], count) for token, count in counts.items())
