"""Related terms are learnt from words that occur together, so the tests write articles in which they do."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from math import log
from uuid import uuid4

import numpy as np
import pytest

from similarity import QueryError, SimilarityIndex, TooFewArticles
from similarity.analytics.related_terms import association
from similarity.maintenance import lsi_training
from similarity.maintenance.executor import Executor
from store.connection import another_database, connect
from tests.similarity.conftest import storing_in

THEMES = {
    "zh": [
        ["台积电", "先进封装", "中介层", "封装厂", "晶圆", "qnodex"],
        ["内存", "闪存", "涨价", "备货", "模组厂", "合约价"],
        ["光刻机", "阿斯麦", "许可证", "禁令", "出口管制", "清单"],
    ],
    "en": [
        ["TSMC", "advanced packaging", "interposers", "substrates", "qnodex", "bumps"],
        ["DRAM", "NAND", "modules", "contract prices", "inventories", "shortages"],
        ["scanners", "ASML", "licences", "bans", "export controls", "blacklists"],
    ],
}
COMMON = {"zh": "公司 表示 市场 今年", "en": "company market report year"}


def articles_of(number: int) -> list[str]:
    """*number* articles in each language, each with some words of one theme and those that all have."""
    generator = random.Random(1)
    texts = []
    for place in range(number):
        for language, themes in THEMES.items():
            words = generator.sample(themes[place % 3], 4)
            texts.append(f"{COMMON[language]} {' ; '.join(words * 2)} x{place}{language}")
    return texts


def train(database, address: str) -> None:
    with ThreadPoolExecutor(1) as here:
        lsi_training.train_topics(database, address, Executor(here, 1), 12)


@pytest.fixture(scope="module")
def index(server: str) -> Iterator[SimilarityIndex]:
    address = another_database(server, f"test_{uuid4().hex[:12]}")
    database = connect(address)
    storing_in(database)(articles_of(120))
    train(database, address)
    with SimilarityIndex.open(address, live=False) as found:
        yield found
    database.client.drop_database(database.name)
    database.client.close()


def words(index: SimilarityIndex, text: str, k: int = 6) -> dict[str, bool]:
    found = index.related_terms(text, k)
    cosines = [term.nearness for term in found]
    assert cosines == sorted(cosines, reverse=True)
    assert all(0 < cosine <= 1.000001 for cosine in cosines)
    assert all(term.articles >= 3 for term in found)
    return {term.word: term.other_language for term in found}


MEMORY, PACKAGING, CONTROLS = (
    {"合约价", "涨价", "闪存", "存储模组厂"},
    {"advanced packaging", "TSMC", "packaging", "wafer"},
    {"export control", "ban", "lithography machine", "blacklist"},
)


@pytest.mark.parametrize(
    ("text", "near", "far"),
    [
        ("内存", MEMORY, PACKAGING | CONTROLS),
        ("interposers", PACKAGING, MEMORY | CONTROLS),
        ("ASML", CONTROLS, MEMORY | PACKAGING),
    ],
)
def test_words_that_occur_with_the_term(index: SimilarityIndex, text: str, near: set[str], far: set[str]) -> None:
    found = words(index, text, 15).keys()
    assert near <= found
    assert not far & found
    # Parts of names, words that all articles have, and the term itself are left out.
    assert not {"advanced", "advanc", "market", "公司", "interposers", "interposer", "ASML", "阿斯麦", "内存"} & found
    assert len(words(index, text, 3)) == 3


def test_a_term_answers_for_both_languages_in_that_of_the_question(index: SimilarityIndex) -> None:
    chinese, english = (index.related_terms(text, 6) for text in ("阿斯麦", "ASML"))
    assert [term.nearness for term in chinese] == [term.nearness for term in english]
    assert [term.word for term in chinese] == [term.chinese for term in english]
    assert [term.english for term in chinese] == [term.word for term in english]
    assert {term.language for term in chinese} == {"zh"}
    (term,) = [result for result in english if result.chinese == "光刻机"]
    assert (term.word, term.language, term.other_language) == ("lithography machine", "en", False)


@pytest.mark.parametrize("text", ["qwzxk", "台积电 qwzxk", "量子计算"])
def test_terms_that_too_few_articles_have(index: SimilarityIndex, text: str) -> None:
    with pytest.raises(TooFewArticles, match=f"'{text}': fewer than 3 articles"):
        index.related_terms(text)


def test_too_few_articles_at_all(uri: str, database, store_texts) -> None:
    with SimilarityIndex.open(uri, live=False) as index:
        with pytest.raises(QueryError, match="the text is empty"):
            index.related_terms(" ")
        with pytest.raises(TooFewArticles, match=r"^0 articles are too few to learn related terms from; it takes 200$"):
            index.related_terms("内存")
        store_texts(articles_of(60))
        index.refresh()
        with pytest.raises(TooFewArticles, match=r"^120 articles are too few"):
            index.related_terms("内存")
        train(database, uri)
        with pytest.raises(TooFewArticles, match=r"^120 articles are too few .* takes 200$"):
            index.related_terms("内存")
        store_texts(articles_of(120))
        index.refresh()
        with pytest.raises(TooFewArticles, match="by now there are more: xinwen train"):
            index.related_terms("内存")


def test_topics_that_are_not_trained(uri: str, store_texts) -> None:
    store_texts(articles_of(120))
    with (
        SimilarityIndex.open(uri, live=False) as index,
        pytest.raises(QueryError, match="trained first: xinwen train"),
    ):
        index.related_terms("内存")


def test_association_by_its_definition() -> None:
    """Of 100 articles 10 have the one, 20 the other, and 8, 2 (chance), 0 and 10 both."""
    together, one = np.array([8, 2, 0, 10]), np.array([10, 10, 10, 10])
    discount = np.array([8 / 9, 2 / 3, 0, 10 / 11]) * 10 / 11
    expected = [log(0.08 / 0.02) / -log(0.08), 0, 0, log(0.1 / 0.02) / -log(0.1)]
    assert association(together, one, 20, 100) == pytest.approx(expected * discount)


def test_the_trade_of_a_company_and_not_its_bankers(uri: str, database, store_texts) -> None:
    """A broker rates three companies, and a wafer supplier is named with one of them just as often."""
    firms = ["铠侠", "闪迪", "西部数据"]
    texts = [f"{firm} 闪存 {word} {n}" for firm in firms for n, word in enumerate(["扩产", "新品", "展会"] * 6)]
    texts += [f"高盛 上调 {firm} 目标价 {n}" for firm in firms for n in range(6)]
    texts += [f"Qwertz证券 评级 {firm} 目标价 {n} 股价" for firm in firms for n in range(6)]
    texts += [f"环球晶圆 供应 铠侠 硅片 qnodex {n}" for n in range(6)]
    store_texts(texts + [f"公司 会议 市场 {n} x{n}" for n in range(120)], language="zh")
    train(database, uri)
    with SimilarityIndex.open(uri, live=False) as index:
        found = [term.word for term in index.related_terms("铠侠", 20)]
        assert {"闪存", "环球晶圆", "qnodex"} <= {*found}
        assert not {"高盛", "Qwertz", "证券", "目标价"} & {*found[:5]}
        assert not {"高盛", "Qwertz"} & {*found}
        # Asked for itself, a bank has its ratings.
        assert "目标价" in {term.word for term in index.related_terms("高盛", 20)}


def test_a_class_has_its_members(uri: str, database, store_texts) -> None:
    texts = [f"{firm} 出货 存储芯片 {n}" for firm in ("铠侠", "美光", "长江存储") for n in range(5)]
    store_texts(texts + [f"公司 会议 市场 {n} x{n}" for n in range(200)], language="zh")
    train(database, uri)
    with SimilarityIndex.open(uri, live=False) as index:
        assert {"铠侠", "美光", "长江存储"} <= {term.word for term in index.related_terms("存储厂商", 10)}
