"""Answers: counted, folded, filtered before the ranking, newest first without a question."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from similarity.answers.answer import answer
from similarity.answers.question import Question, read
from similarity.errors import QueryError
from similarity.index import SimilarityIndex
from similarity.ranking.request.options import SearchOptions
from store.documents import sources

DAY = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture
def index(uri: str, store_texts) -> Iterator[SimilarityIndex]:
    """Sixty articles: one in three on wafers, from four sources, of two kinds, one a day."""
    for number in range(60):
        matter = "wafer prices rise" if number % 3 == 0 else "memory chips of the year"
        store_texts(
            [f"{matter} number{number}"],
            source=("sia", "intel", "kpmg")[number // 3 % 3] if number % 2 else "reuters",
            kind="report" if number % 10 == 0 else "news",
            published=DAY + timedelta(days=number) if number != 7 else None,
            language="en",
        )
    with SimilarityIndex.open(uri, live=False) as opened:
        yield opened


def ids(index: SimilarityIndex, **values: object) -> list[str]:
    return [hit.article.id for hit in answer(index, read(values)).hits]


def test_counts_filters_and_orders(index: SimilarityIndex) -> None:
    found = answer(index, read({"q": "wafer"}))
    assert (found.total, found.at_least, found.stories, len(found.hits)) == (20, False, 20, 10)
    assert found.articles == 60 and found.newest == index.newest

    # A filter works before the ranking: each k gives the beginning of one list.
    everything = ids(index, q="wafer", k=200)
    assert len(everything) == len(set(everything)) == 20
    assert ids(index, q="wafer", k=3) == everything[:3]
    reports = answer(index, read({"q": "wafer", "kind": "report", "k": 100}))
    assert reports.total == len(reports.hits) == 2
    assert {hit.article.kind for hit in reports.hits} == {"report"}
    assert answer(index, read({"q": "wafer", "kind": "news"})).total == 18
    assert answer(index, read({"q": "memory", "kind": ["report", "news"]})).total == 40


def test_ids_for_counting_are_those_of_the_ranking(index: SimilarityIndex) -> None:
    like = ids(index, q="memory", k=1)[0]
    for text, article in (("memory number30 wafer", ""), ("", like), ("", "")):
        for options in (SearchOptions(k=5), SearchOptions(k=100, kind="news"), SearchOptions(k=100, min_score=0.4)):
            ranking = index.ranking(options, text, article)
            found, total, at_least = index.hit_ids(options, text, article)
            assert (total, at_least, len(found)) == (ranking.total, ranking.at_least, len(ranking.scored))
            if total <= options.k:
                assert found == [key for key, _ in ranking.scored]


@pytest.mark.parametrize("model", ["hybrid", "bm25", "tfidf"])
def test_what_scores_at_least_the_threshold_is_counted(index: SimilarityIndex, model: str) -> None:
    every = answer(index, Question("memory number30 wafer", model=model, k=1000, fold=False))
    assert every.total == len(every.hits) == 60
    limit = every.hits[15].score
    counted = answer(index, Question("memory number30 wafer", model=model, min_score=limit, fold=False))
    assert counted.total == sum(hit.score >= limit for hit in every.hits)
    assert not counted.at_least


def test_a_category_is_its_sources(index: SimilarityIndex) -> None:
    found = answer(index, read({"q": "memory wafer", "category": ["半导体科技", "行业协会"], "k": 300}))
    assert {hit.article.source for hit in found.hits} == {"sia", "intel"}
    assert found.total == len(found.hits) == 21
    assert answer(index, read({"q": "wafer", "category": "咨询"})).total == 0  # nothing of it is stored
    both = answer(index, read({"category": "半导体科技", "source": "intel"}))
    assert {hit.article.source for hit in both.hits} == {"intel"}
    with pytest.raises(QueryError, match="nothing is both") as raised:
        answer(index, read({"category": "咨询", "source": "intel"}))
    assert raised.value.option == "category"
    with pytest.raises(QueryError, match="there are 行业协会, 半导体科技"):
        answer(index, read({"category": "associations"}))


def test_a_source_of_ones_own_has_its_category(index: SimilarityIndex, store_texts) -> None:
    row = sources.packaged()["sia"]
    fields = {name: getattr(row, name) for name in row.__slots__} | {"key": "mine", "number": 21, "category": "咨询"}
    sources.note_source(index.database, fields)
    store_texts(["wafer of mine"], source="mine")
    index.refresh()
    assert [hit.article.source for hit in answer(index, read({"q": "wafer", "category": "咨询"})).hits] == ["mine"]
    assert list(sources.source_rows(index.database))[-1] == "mine"


def test_without_a_question_the_newest_come_first(index: SimilarityIndex) -> None:
    found = answer(index, read({}))
    days = [hit.article.published for hit in found.hits]
    assert days == [DAY + timedelta(days=number) for number in range(59, 49, -1)]
    assert found.total == 60
    last = answer(index, read({"k": 300, "fold": "false"})).hits
    assert last[-1].article.published is None and len(last) == 60
    reports = answer(index, read({"kind": "report", "until": "2026-05-21"}))
    assert [hit.article.published for hit in reports.hits] == [DAY + timedelta(days=number) for number in (20, 10, 0)]
    assert answer(index, read({"must": "wafer"})).total == 20


def test_similar_articles_are_filtered_too(index: SimilarityIndex) -> None:
    first = ids(index, q="wafer", k=1)[0]
    found = answer(index, read({"like": first, "source": "reuters", "k": 200}))
    assert {hit.article.source for hit in found.hits} == {"reuters"}
    assert first not in {hit.article.id for hit in found.hits}
    assert found.total == len(found.hits)
    assert {hit.article.id for hit in found.hits} < set(ids(index, like=first, k=300))
    assert answer(index, read({"like": first, "model": "bm25", "kind": "report"})).total > 0
    with pytest.raises(QueryError, match="is stored") as raised:
        answer(index, read({"like": "nothing"}))
    assert raised.value.option == "like"


def test_a_passage_has_no_operators(index: SimilarityIndex) -> None:
    with pytest.raises(QueryError, match="asked for and excluded"):
        answer(index, read({"q": "wafer -wafer"}))
    assert answer(index, read({"passage": "wafer -wafer"})).total == 20


def test_hits_are_folded_into_stories(index: SimilarityIndex, store_texts) -> None:
    copies = store_texts([f"silicon carbide substrates {number}" for number in range(230)])
    index.database.articles.update_many({"_id": {"$in": copies}}, {"$set": {"story": min(copies)}})
    other = store_texts(["silicon carbide at last"])
    index.refresh()
    found = answer(index, read({"q": "silicon carbide", "model": "bm25"}))
    assert (found.total, found.stories, len(found.hits)) == (231, 2, 2)
    assert {len(hit.more) for hit in found.hits} == {0, 229}
    assert answer(index, read({"q": "silicon carbide", "model": "bm25", "fold": "no"})).total == 231
    alike = answer(index, read({"like": copies[0], "k": 100}))
    assert len(alike.same_story or ()) == 229
    assert other[0] in {hit.article.id for hit in alike.hits}
    assert not set(copies) & {hit.article.id for hit in alike.hits}
