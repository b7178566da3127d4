"""Writes a store, or some articles of it, as the lines of a file that ``store.transfer.load`` reads."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from bson import json_util
from pymongo.database import Database

from store.connection import Document
from store.index.segment_format import FORMAT as INDEX_FORMAT

FORMAT = 1
"""Version of the file."""

NAME = "xinwen"
"""The first name in the first line."""

_TERMS = 500  # in a line
_NOT_CARRIED = {"raw": 0, "pending": 0, "revision": 0}
_OPTIONS = json_util.RELAXED_JSON_OPTIONS


class ArticleGone(RuntimeError):
    """An article was deleted while it was to be written."""


def dump(database: Database[Document], analyzer: str, ids: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """The lines of the file with the articles *ids*, given in batches, and all that belongs to them.

    *analyzer*: version of the one that made the index. Raises ArticleGone.
    """
    digest, numbers = hashlib.sha256(), Counter[str]()

    def line(name: str, value: Any) -> bytes:
        text = json_util.dumps({name: value}, json_options=_OPTIONS, ensure_ascii=False) + "\n"
        data = text.encode("utf-8", "replace")
        digest.update(data)
        return data

    head = {"file": FORMAT, "index": INDEX_FORMAT, "analyzer": analyzer, "made": datetime.now(UTC)}
    yield line(NAME, head)
    for row in database.sources.find():
        yield line("sources", row)
    for batch in ids:
        found = {row["_id"]: row for row in database.articles.find({"_id": {"$in": list(batch)}}, _NOT_CARRIED)}
        if missing := [key for key in batch if key not in found]:
            raise ArticleGone(f"{len(missing)} articles were deleted during the export, {missing[0]} is one")
        numbers["articles"] += len(batch)
        for key in batch:
            yield line("articles", found[key])
        for row in database.portraits.find({"_id": {"$in": list(batch)}}):
            numbers["portraits"] += 1
            yield line("portraits", row)
    # After the articles: their writers stored new tokens before.
    terms = database.terms.find({}, batch_size=10_000)
    while some := [[row["_id"], row["id"]] for row in islice(terms, _TERMS)]:
        numbers["terms"] += len(some)
        yield line("terms", some)
    end = {"end": dict(numbers), "sha256": digest.hexdigest()}
    yield (json.dumps(end) + "\n").encode()
