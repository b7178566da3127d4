"""A store that the program of analyzer version 3 wrote is carried over to this program's analyzer."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from bson import json_util

from similarity import SimilarityIndex
from similarity.maintenance.executor import open_executor
from similarity.maintenance.retokenize import retokenize_index
from store.documents import articles
from store.index import dictionary
from store.index.preparation import IndexMismatch
from store.index.verify import RETOKENIZE, verify
from store.schema import create_collections
from store.vectors import unpack
from text.analysis.analyzer import VERSION, Analyzer
from text.analysis.document import analyzed_article

pytestmark = pytest.mark.slow

STORE = Path(__file__).with_name("store_of_analyzer_3.json")
"""The collections of a store with four articles, in MongoDB's extended JSON."""


def test_a_store_of_version_3_is_carried_over(uri: str, database) -> None:
    create_collections(database)
    for name, rows in json_util.loads(STORE.read_text("utf-8")).items():
        database[name].insert_many(rows)
    with pytest.raises(IndexMismatch, match=RETOKENIZE):
        SimilarityIndex.open(uri)
    (difference,) = verify(database, VERSION)
    assert difference.command == RETOKENIZE

    with open_executor() as executor:
        report = retokenize_index(database, uri, executor)
    assert (report.switched, report.articles, report.carried) == (True, 4, 0)
    assert verify(database, VERSION) == []
    rows = list(database.articles.find())
    for key, stored in articles.read(database, [row["_id"] for row in rows]).items():
        article = stored.article
        expected = analyzed_article(article.title, article.pages, Analyzer())
        row = next(row for row in rows if row["_id"] == key)
        assert bag_of(database, row["vector"]) == Counter(expected.pages[0])
        assert bag_of(database, row["bigrams"]) == Counter(expected.bigrams)
    with SimilarityIndex.open(uri) as index:
        # Of two that say the same, the one in the language of the query comes first.
        for query, first in {"3nm 12000": "21", "3纳米 12000": "12", "镓 锗": "3", "光伏": "4"}.items():
            assert [hit.article.url[-1] for hit in index.search(query)[: len(first)]] == list(first)
        assert {hit.article.url[-1] for hit in index.search("世芯 May sales")[:2]} == {"1", "2"}


def bag_of(database, vector: bytes) -> Counter[str]:
    bag = unpack(vector)
    tokens = dictionary.tokens_of(database, [token for token, _ in bag])
    return Counter({tokens[token]: count for token, count in bag})
