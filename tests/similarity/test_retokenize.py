"""Another analyzer: every article gets its words anew, and a job killed anywhere leaves an index that answers."""

from __future__ import annotations

import pytest

from similarity import SimilarityIndex
from similarity import retokenize as retokenizing
from similarity.bulk import workers
from similarity.retokenize import STEPS, retokenize
from store import articles, compactor, terms
from store.articles import Entry
from store.schema import IndexMismatch
from store.terms import SharedDictionary
from store.vectors import unpack
from store.verify import verify
from tests.commands import assert_one_line_error, run
from tests.similarity.conftest import PlainJieba
from tests.similarity.copies import copied, everything
from text.analyzer import VERSION, Analyzer

TEXTS = [
    "台积电的晶圆和产能继续扩张",
    "Wafers and wafer fabs are running at full capacity.",
    "三星HBM4存储芯片价格上涨",
]
BODY = "The foundry's wafers: 3,000 a day\fSecond page about packaging fabs"


@pytest.fixture(scope="module")
def bulk():
    with workers() as found:
        yield found


def words_of(database, article: str) -> dict[str, int]:
    bag = unpack(database.articles.find_one({"_id": article})["vector"])
    tokens = terms.tokens_of(database, [token for token, _ in bag])
    return {tokens[token]: count for token, count in bag}


def withheld(database, analyzer) -> str:
    """An article whose text was read and may not be kept: its id."""
    from store.article import Article, withhold
    from tests.similarity.conftest import NOW

    article = Article(
        source="sia", url="https://a.example/abstract", title="晶圆厂 news", fetched=NOW, access="abstract"
    )
    article.summary = "A summary of wafers"
    text = "Fabs were building twelve factories, 晶圆"
    (bag,) = SharedDictionary(database).bags_of_words([analyzer.tokens(article.title) + analyzer.tokens(text)])
    articles.write(database, [Entry(withhold(article), [bag])])
    return article.id


def test_words_are_those_that_a_crawl_would_give(uri: str, database, server: str, store_texts, bulk) -> None:
    plain = PlainJieba()
    ids = store_texts([*TEXTS, BODY], plain)
    kept = withheld(database, plain)
    compactor.compact(database)
    (pending,) = store_texts(["待打包的新闻 pending news"], plain)
    with pytest.raises(IndexMismatch, match="python -m similarity retokenize"):
        SimilarityIndex.open(uri)
    refused = run("similarity", "search", "wafer", mongodb_uri=uri)
    assert_one_line_error(refused, "python -m similarity retokenize")

    report = retokenize(database, uri, bulk)
    assert (report.switched, report.articles, report.carried, report.segments) == (True, 6, 1, 1)
    assert verify(database, VERSION) == []
    for key, text in zip([*ids, pending], [*TEXTS, BODY, "待打包的新闻 pending news"], strict=True):
        expected = Analyzer().tokens(text[:80]) + [
            word for page in text.split("\f") for word in Analyzer().tokens(page)
        ]
        assert words_of(database, key) == {word: expected.count(word) for word in expected}
    carried = words_of(database, kept)
    assert {"fab", "build", "factori", "晶圆", "summari", "wafer", "news"} <= carried.keys()
    assert "were" not in carried
    # A crawl that finds the same again changes nothing.
    from pipelines.tokenize import tokenize

    again = [tokenize(article, Analyzer()) for article in articles.read(database, ids).values()]
    shared = SharedDictionary(database)
    entries = [Entry(one.article, shared.bags_of_words(one.pages), one.digest) for one in again]
    assert set(articles.write(database, entries).values()) == {"unchanged"}
    with SimilarityIndex.open(uri) as index:
        assert index.search("wafers", model="bm25")[0].article.id in {ids[1], ids[3], kept}
    assert retokenize(database, uri, bulk).switched is False


class Killed(BaseException):
    """Stands for kill -9: nothing of ours runs after it but what Python itself unwinds."""


@pytest.mark.parametrize("name", STEPS)
def test_killed_at_every_step(name: str, uri: str, database, server: str, store_texts, bulk, monkeypatch) -> None:
    monkeypatch.setattr(retokenizing, "CUT_AT_ONCE", 2)
    plain = PlainJieba()
    store_texts([*TEXTS, BODY], plain)
    compactor.compact(database)
    store_texts(["还没有打包 not packed"], plain)
    with copied(database, server) as (copy, address):
        retokenize(copy, address, bulk)
        expected = everything(copy)
    before = everything(database)

    def step(there: str) -> None:
        if there == name:
            raise Killed

    with pytest.raises(Killed):
        retokenize(database, uri, bulk, step=step)
    if STEPS.index(name) < STEPS.index("switched"):
        after = everything(database)
        for part in ("analyzer", "segments", "articles"):
            assert after[part] == before[part], "the old index is as it was"
        with SimilarityIndex.open(uri, plain, live=False) as index:
            assert len(index.search("晶圆", model="bm25")) == 1
        assert retokenize(database, uri, bulk).switched
    else:
        # Whoever opens it next does what is left.
        with SimilarityIndex.open(uri, live=False) as index:
            assert len(index.search("晶圆", model="bm25")) == 1
            assert len(index.search("packed", model="bm25")) == 1
        compactor.compact(database)
    found = everything(database)
    pending = {key: row | {"pending": None} for key, row in found["articles"].items()}
    assert found | {"articles": pending} == expected
    assert verify(database, VERSION) == []


def test_articles_written_while_it_runs_are_cut_too(uri: str, database, store_texts, bulk) -> None:
    plain = PlainJieba()
    ids = store_texts(TEXTS, plain)
    compactor.compact(database)

    def step(name: str) -> None:
        if name == "words named":
            store_texts([BODY], plain)
            store_texts(["changed wafers"], plain, url=f"https://a.example/{TEXTS[0]}")
            articles.delete(database, [ids[1]])

    report = retokenize(database, uri, bulk, step=iter_once(step))
    assert (report.articles, report.switched) == (3, True)
    assert words_of(database, ids[0]) == {"chang": 2, "wafer": 2}
    assert verify(database, VERSION) == []


def test_what_an_old_crawl_was_about_to_write_is_cut_too(uri: str, database, store_texts, bulk) -> None:
    ids = store_texts(TEXTS, PlainJieba())

    def step(name: str) -> None:
        if name == "segments written":
            # Its revision was reserved by then; it lies there when the switch is done.
            articles.counters.reserve(database, "revisions", 1)
        if name == "switched":
            late = database.articles.find_one({"_id": ids[0]})
            late |= {"url": "https://a.example/late", "title": "Late wafers", "body": "", "pending": True}
            database.articles.insert_one(late | {"_id": "f" * 24, "vector": b"\x00", "revision": late["revision"] + 1})

    assert retokenize(database, uri, bulk, step=iter_once(step)).articles == 4
    assert words_of(database, "f" * 24) == {"late": 1, "wafer": 1}
    assert verify(database, VERSION) == []


def iter_once(step):
    seen = set()

    def once(name: str) -> None:
        if name not in seen:
            seen.add(name)
            step(name)

    return once


def test_an_open_reader_of_the_old_program_goes_on_with_what_it_has(uri: str, database, store_texts, bulk) -> None:
    plain = PlainJieba()
    store_texts(TEXTS, plain)
    with SimilarityIndex.open(uri, plain, live=False) as index:
        before = index.search("晶圆", model="counts")
        retokenize(database, uri, bulk)
        with pytest.raises(IndexMismatch):
            index.refresh()
        assert [hit.score for hit in index.search("晶圆", model="counts")] == [hit.score for hit in before]
