from __future__ import annotations

import threading
from datetime import UTC, date, datetime

import pytest

from similarity import QueryError, SimilarityIndex
from store.article import Article
from store.connection import StoreError
from store.documents.articles import VectorizedArticle, write
from store.index import preparation
from store.index.dictionary import SharedDictionary
from tests.similarity.conftest import NOW, PlainJieba
from text.analysis.analyzer import Analyzer
from text.analysis.document import analyzed_article

pytestmark = pytest.mark.slow

CHIPS = ["台积电扩大先进封装产能", "中芯国际公布季度业绩", "存储芯片价格上涨，先进封装受益", "HBM4 supply stays tight"]


def titles(hits) -> list[str]:
    return [hit.article.title for hit in hits]


def test_hits_are_ordered_by_score(uri: str, store_texts) -> None:
    store_texts(CHIPS)
    with SimilarityIndex.open(uri, live=False) as index:
        hits = index.search("先进封装的产能")
        assert titles(hits) == [CHIPS[0], CHIPS[2]]
        assert hits[0].score > hits[1].score > 0
        assert hits[0].page is None
        assert sorted(titles(index.search("先進封裝"))) == sorted([CHIPS[0], CHIPS[2]])
        assert titles(index.search("hbm4")) == [CHIPS[3]]
        assert index.search("没有人写过的量子") == []


def test_filters(uri: str, store_texts) -> None:
    store_texts(["chip one"], published=datetime(2026, 3, 5, 16, tzinfo=UTC))  # the 6th in Shanghai
    store_texts(["chip two"], source="tsmc", language="en", published=datetime(2026, 3, 7, tzinfo=UTC))
    store_texts(["chip three"], source="smic", language="zh")
    with SimilarityIndex.open(uri, live=False) as index:
        assert titles(index.search("chip", source="tsmc")) == ["chip two"]
        assert titles(index.search("chip", language="zh")) == ["chip three"]
        assert titles(index.search("chip", since=date(2026, 3, 6), until=date(2026, 3, 6))) == ["chip one"]
        assert titles(index.search("chip", until=date(2026, 3, 5))) == []
        assert titles(index.search("chip", since=date(2026, 3, 7))) == ["chip two"]
        with pytest.raises(QueryError, match="no article of source 'tsm' is indexed; there are tsmc"):
            index.search("chip", source="tsm")


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        ("", {}, "the query is empty"),
        (" \n", {}, "the query is empty"),
        ("的 了 the of", {}, "has no words to search for"),
        ("?!", {}, "has no words to search for"),
        ("chip", {"model": "bm52"}, "no model 'bm52'; there are hybrid, counts, tfidf, bm25"),
        ("chip", {"k": 0}, "k is 0"),
    ],
)
def test_invalid_queries_are_refused(uri: str, store_texts, text: str, arguments: dict, message: str) -> None:
    store_texts(CHIPS)
    with SimilarityIndex.open(uri, live=False) as index, pytest.raises(QueryError, match=message):
        index.search(text, **arguments)


@pytest.mark.parametrize("model", ["counts", "tfidf", "bm25"])
def test_an_empty_index_has_no_hits(uri: str, model: str) -> None:
    with SimilarityIndex.open(uri, live=False) as index:
        assert len(index) == 0
        assert index.search("chip", model=model) == []
        assert index.refresh() == 0


def test_similar_leaves_the_article_itself_out(uri: str, store_texts) -> None:
    ids = store_texts(CHIPS)
    with SimilarityIndex.open(uri, live=False) as index:
        assert [hit.article.id for hit in index.similar(ids[0])] == [ids[2]]
        with pytest.raises(QueryError, match="no article 'nothing' is stored"):
            index.similar("nothing")


@pytest.mark.parametrize("model", ["counts", "tfidf", "bm25"])
def test_an_index_refreshed_step_by_step_has_the_hits_of_one_opened_now(
    uri: str, store_texts, database, model: str
) -> None:
    store_texts(CHIPS[:1])
    with SimilarityIndex.open(uri, live=False) as grown:
        grown.search("芯片", model=model)
        for number in range(40):
            store_texts([f"{CHIPS[number % 4]} {number}", f"wafer {number}"])
            assert grown.refresh() == 2
        store_texts([CHIPS[0]], title="changed", body="完全不同 wafer")
        assert grown.refresh() == 1
        assert grown.refresh() == 0
        with SimilarityIndex.open(uri) as opened:
            assert len(grown) == len(opened) == 81
            for query in ("先进封装 wafer 7", "存储芯片", "HBM4 supply"):
                assert [(hit.article.id, pytest.approx(hit.score)) for hit in grown.search(query, 20, model)] == [
                    (hit.article.id, hit.score) for hit in opened.search(query, 20, model)
                ]


def test_refresh_keeps_loaded_segments(uri: str, store_texts, database) -> None:
    store_texts([f"wafer {number}" for number in range(200)])
    database.articles.update_many({}, [{"$set": {"stored": {"$subtract": ["$stored", 3_600_000]}}}])
    with SimilarityIndex.open(uri, live=False) as index:
        store_texts(["a new wafer"])
        reader = index._state.collection.segments[0].reader
        assert index.refresh() == 1
        assert index._state.collection.segments[0].reader is reader
        assert index._state.collection.segments[1].reader.rows == 1


def test_queries_in_threads_while_the_index_grows(uri: str, store_texts) -> None:
    store_texts(CHIPS)
    failures: list[BaseException] = []
    with SimilarityIndex.open(uri, live=False) as index:
        done = threading.Event()

        def search_until_done() -> None:
            try:
                while not done.is_set():
                    assert titles(index.search("HBM4 supply tight", k=1)) == [CHIPS[3]]
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=search_until_done) for _ in range(4)]
        for thread in threads:
            thread.start()
        for number in range(30):
            store_texts([f"另一篇文章 {number}"])
            index.refresh()
        done.set()
        for thread in threads:
            thread.join()
        assert failures == []
        assert len(index) == 34


def test_a_hit_in_a_report_names_the_page(uri: str, database, store_texts) -> None:
    store_texts(CHIPS)
    analyzer = Analyzer()
    pages = ["cover of the annual report", "capital expenditures for new fabs", "risk factors and litigation"]
    report = Article("intel", "https://a.example/r.pdf", "10-K", NOW, body="\f".join(pages), kind="filing")
    tokenized = analyzed_article(report.title, pages, analyzer)
    *bags, concepts = SharedDictionary(database).bags_of_words([*tokenized.pages, tokenized.bigrams])
    write(database, [VectorizedArticle(report, bags, bigrams=concepts)])
    with SimilarityIndex.open(uri, live=False) as index:
        for model in ("counts", "tfidf", "bm25"):
            (hit,) = index.search("expenditures for fabs", model=model)
            assert (hit.page, hit.article.pages[hit.page - 1]) == (2, pages[1])
        assert index.search("litigation")[0].page == 3


def test_another_analyzer_is_refused(uri: str, store_texts) -> None:
    store_texts(CHIPS)
    with pytest.raises(preparation.IndexMismatch):
        SimilarityIndex.open(uri, PlainJieba())


def test_a_server_that_goes_away_is_a_store_error(uri: str) -> None:
    with pytest.raises(StoreError, match="cannot be reached"):
        SimilarityIndex.open("mongodb://127.0.0.1:9/x?serverSelectionTimeoutMS=300")
