"""Pages: a walk meets each hit once while articles are stored, in any process, and a cursor belongs to its question."""

from __future__ import annotations

from dataclasses import replace
from threading import Event, Thread

import pytest

from similarity.answers.answer import answer
from similarity.answers.question import Question, read
from similarity.errors import QueryError
from similarity.index import SimilarityIndex
from tests.similarity.conftest import storing_in


def walk(question: Question, *indexes: SimilarityIndex) -> list[tuple[str, float]]:
    """All hits of *question*, its pages asked of *indexes* in turn."""
    found, pages = [], 0
    while True:
        page = answer(indexes[pages % len(indexes)], question)
        found += [(hit.article.id, hit.score) for hit in page.hits]
        pages += 1
        if not page.cursor:
            return found
        question = replace(question, cursor=page.cursor)


@pytest.mark.parametrize(("q", "fold"), [("wafer", True), ("", False)])
def test_a_walk_meets_each_once_while_articles_are_stored(uri: str, database, q: str, fold: bool) -> None:
    store = storing_in(database)
    stored = set(store([f"wafer prices {number} {'rise ' * (number % 7)}" for number in range(1_200)]))
    done = Event()

    def add() -> None:
        number = 0
        while not done.is_set():
            store([f"wafer wafer new {number}"])
            number += 1

    with SimilarityIndex.open(uri) as first, SimilarityIndex.open(uri) as second:
        adding = Thread(target=add)
        adding.start()
        try:
            found = walk(Question(q, k=50, fold=fold), first, second)
        finally:
            done.set()
            adding.join()
    ids = [article_id for article_id, _ in found]
    assert len(ids) == len(set(ids))
    assert stored <= set(ids)


def test_the_pages_are_the_ranking(uri: str, store_texts) -> None:
    store_texts([f"wafer prices {number} {'rise ' * (number % 7)}" for number in range(150)])
    with SimilarityIndex.open(uri, live=False) as index:
        whole = [(hit.article.id, hit.score) for hit in answer(index, Question("wafer rise", k=150)).hits]
        assert walk(Question("wafer rise", k=7), index) == walk(Question("wafer rise", k=110), index) == whole
        newest = [hit.article.id for hit in answer(index, Question(k=150)).hits]
        assert [article_id for article_id, _ in walk(Question(k=40), index)] == newest


def test_a_cursor_belongs_to_its_question(uri: str, store_texts) -> None:
    store_texts([f"wafer prices {number}" for number in range(30)])
    with SimilarityIndex.open(uri, live=False) as index:
        cursor = answer(index, Question("wafer")).cursor
        assert cursor
        assert answer(index, Question("wafer", cursor=cursor, k=5)).total == 30
        with pytest.raises(QueryError, match="another question") as raised:
            answer(index, Question("prices", cursor=cursor))
        assert raised.value.option == "cursor"
        second = answer(index, Question("wafer", cursor=cursor)).cursor
        index.database.rankings.delete_many({})
        with pytest.raises(QueryError, match="no longer kept"):
            answer(index, Question("wafer", cursor=second))
        for wrong in ("x", "W10", cursor[:-9], "é", "[" * 5000):
            with pytest.raises(QueryError, match="no cursor"):
                answer(index, read({"q": "wafer", "cursor": wrong}))
