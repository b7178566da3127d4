"""Related terms: learnt from what stands together in the articles, so the tests write articles in which it does."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from similarity import QueryError, SimilarityIndex, TooFewArticles, training
from similarity.bulk import Bulk
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
    chance = random.Random(1)
    found = []
    for place in range(number):
        for language, themes in THEMES.items():
            words = chance.sample(themes[place % 3], 4)
            found.append(f"{COMMON[language]} {' ; '.join(words * 2)} x{place}{language}")
    return found


def train(database, address: str) -> None:
    with ThreadPoolExecutor(1) as here:
        training.train(database, address, Bulk(here, 1), 12)


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
    near = [one.nearness for one in found]
    assert near == sorted(near, reverse=True)
    assert all(0 < one <= 1.000001 for one in near)
    assert all(one.articles >= 3 for one in found)
    return {one.word: one.other_language for one in found}


MEMORY, PACKAGING, CONTROLS = (
    {"合约价", "涨价", "闪存", "模组"},
    {"advanced packaging", "TSMC", "substrates", "bumping"},
    {"ban", "licences", "光刻机", "清单"},
)


@pytest.mark.parametrize(
    ("text", "near", "far"),
    [
        ("内存", MEMORY, PACKAGING | CONTROLS),
        ("interposers", PACKAGING, MEMORY | CONTROLS),
        ("ASML", CONTROLS, MEMORY | PACKAGING),
    ],
)
def test_what_stands_with_it(index: SimilarityIndex, text: str, near: set[str], far: set[str]) -> None:
    found = words(index, text, 15).keys()
    assert near <= found
    assert not far & found
    # Parts of names, words that all articles have, and the term itself are none.
    assert not {"advanced", "advanc", "market", "公司", "interposers", "interposer", "ASML", "阿斯麦", "内存"} & found
    assert len(words(index, text, 3)) == 3


def test_a_term_answers_in_both_languages_and_says_which(index: SimilarityIndex) -> None:
    for text in ("阿斯麦", "ASML"):
        found = words(index, text, 12)
        assert found["光刻机"] is (text == "ASML")
        assert found["ban"] is (text == "阿斯麦")
    (term,) = [one for one in index.related_terms("ASML", 12) if one.word == "光刻机"]
    assert (term.chinese, term.english, term.language) == ("光刻机", "lithography machine", "zh")


@pytest.mark.parametrize("text", ["qwzxk", "台积电 qwzxk", "量子计算"])
def test_what_too_few_articles_have(index: SimilarityIndex, text: str) -> None:
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
        with pytest.raises(TooFewArticles, match="by now there are more: python -m similarity train"):
            index.related_terms("内存")


def test_topics_that_are_not_trained(uri: str, store_texts) -> None:
    store_texts(articles_of(120))
    with (
        SimilarityIndex.open(uri, live=False) as index,
        pytest.raises(QueryError, match="trained first: python -m similarity train"),
    ):
        index.related_terms("内存")
