from __future__ import annotations

from math import log

import pytest

from similarity import QueryError, SimilarityIndex
from store.index import compactor
from tests.similarity.conftest import NOW

pytestmark = pytest.mark.slow

FILLING = [f"公司第{number}次会议 meeting number {number} of the company" for number in range(30)]
CHINESE = "台积电扩大先进封装产能。台积公司的CoWoS产能，TSMC说，先进封装仍然吃紧，另有3DBlox平台"
ENGLISH = (
    "Advanced packaging lines ramp. Photoresists and photoresist suppliers ramp too; Qnodex says its Qnodex line is "
    "ramping. Local meadows, meadows follow."
)


def counts_of(index: SimilarityIndex, key: str, k: int = 10) -> dict[str, tuple[int, int]]:
    keywords = index.keywords(key, k)
    weights = [keyword.weight for keyword in keywords]
    assert weights == sorted(weights, reverse=True)
    assert all(weight > 0 for weight in weights)
    return {keyword.word: (keyword.count, keyword.articles) for keyword in keywords}


@pytest.mark.parametrize("packed", [False, True], ids=["pending", "packed"])
def test_glossary_terms_are_whole_and_have_their_usual_name(uri: str, database, store_texts, packed: bool) -> None:
    store_texts(FILLING, language="zh")
    (chinese,) = store_texts([CHINESE], language="zh", title="甲")
    (english,) = store_texts([ENGLISH], language="en", title="Lines")
    if packed:
        compactor.compact(database)
    with SimilarityIndex.open(uri, live=False) as index:
        words = counts_of(index, chinese, 30)
        assert words["台积电"] == (3, 1)
        assert words["先进封装"] == (2, 2)  # of English articles too
        assert not {"先进", "封装", "台积公司", "TSMC", "tsmc", "advanc"} & words.keys()
        best = index.keywords(chinese, 1)[0]
        assert (best.word, best.chinese, best.english) == ("台积电", "台积电", "TSMC")
        words = counts_of(index, english, 30)
        assert words["advanced packaging"] == (1, 2)
        assert words["photoresist"] == (1, 1)
        assert words["Qnodex"] == (2, 1)
        assert words["ramp-up"] == (3, 1)
        assert words["meadows"] == (2, 1)
        assert not {"packaging", "packag", "domestic substitution", "the", "30"} & words.keys()


def test_weights_are_those_of_bm25(uri: str, store_texts) -> None:
    keys = store_texts(
        ["qnodex qnodex wafer price", *(f"wafer meeting {number}" for number in range(9))], language="en"
    )
    with SimilarityIndex.open(uri, live=False) as index:
        (keyword,) = [term for term in index.keywords(keys[0]) if term.word == "qnodex"]
        mean_length = (4 + 9 * 3) / 10
        scale = 1.5 * (0.25 + 0.75 * 4 / mean_length)
        assert keyword.weight == pytest.approx(log(11 / 1.5) * 2 / (2 + scale))
        # A weight is what the term adds to the score of a search for it.
        assert keyword.weight == pytest.approx(index.search("qnodex", model="bm25")[0].score)


def test_an_article_whose_text_is_not_kept(uri: str, database, store_texts) -> None:
    store_texts(FILLING)
    (whole,) = store_texts(
        ["Hybrid bonding arrives. Advancing photolithographic chemistries need hybrid bonding, not silicon"],
        language="en",
        title="Bonding",
    )
    bare = {"body": "", "summary": "", "access": "headline"}
    text = "hybrid bonding photolithographic chemistries hybrid bonding 台積電 network of a chip, chips of networks"
    (key,) = store_texts([text], language="en", title="unnamed")
    (named,) = store_texts([text + " again"], language="en", title="Hybrid bonding again")
    database.articles.update_many({"_id": {"$in": [key, named]}}, {"$set": bare})
    with SimilarityIndex.open(uri, live=False) as index:
        words = counts_of(index, key, 30)
        assert words["TSMC"] == (1, 2)
        # The surface form in another article, whose text is kept.
        assert words["photolithographic"] == (1, 3)
        assert words["chemistries"] == (1, 3)
        # Words that stood together are a name, others are none, however often they occur.
        assert words["hybrid bonding"] == counts_of(index, named, 30)["hybrid bonding"] == (2, 3)
        assert {"NoC", "network on chip", "bonding", "hybrid"}.isdisjoint(words)
        assert words["chip"] == (2, 2)
    database.articles.update_one({"_id": whole}, {"$set": bare})
    with SimilarityIndex.open(uri, live=False) as index:
        # Nobody's text is kept: from the dictionary of both languages.
        assert counts_of(index, key, 30)["chemistry"] == (1, 3)


def test_an_article_that_came_since(uri: str, store_texts) -> None:
    store_texts(FILLING)
    with SimilarityIndex.open(uri, live=False) as index:
        (key,) = store_texts(["台积电 qnodex"], language="zh", title="x", published=NOW)
        assert counts_of(index, key)["台积电"] == (1, 1)
        with pytest.raises(QueryError, match="no article 'nothing' is stored"):
            index.keywords("nothing")
        with pytest.raises(QueryError, match="k is 0"):
            index.keywords(key, 0)


def test_an_article_that_says_nothing(uri: str, store_texts) -> None:
    (key,) = store_texts(["2026 12 31 5,268 的"], language="zh", title="2026")
    with SimilarityIndex.open(uri, live=False) as index:
        assert index.keywords(key) == []


HEADLINES = [
    "Infineon said to eye a wafer line in Kulim, worth 3.2 billion",
    "英飞凌表示将斥资32亿美元扩建居林工厂",
    "寒武纪传闻四起，众说纷纭",
]


@pytest.mark.parametrize(
    ("number", "first", "never"),
    [(0, "Infineon", {"said", "billion", "3.2"}), (1, "英飞凌", {"亿美元", "表示", "32"}), (2, "寒武纪", {"传闻四起"})],
)
def test_a_headline_is_about_the_names_in_it(uri: str, store_texts, number: int, first: str, never: set[str]) -> None:
    """The company is in many articles, the other words in this one alone."""
    store_texts([f"{name} 第{n}季度业绩" for name in ("Infineon", "寒武纪") for n in range(4)], language="zh")
    store_texts(FILLING, language="zh")
    language = "zh" if number else "en"
    (key,) = store_texts(
        HEADLINES[number : number + 1], language=language, title=HEADLINES[number], body="", access="headline"
    )
    with SimilarityIndex.open(uri, live=False) as index:
        found = [keyword.word for keyword in index.keywords(key)]
        assert found[0] == first
        assert not never & {*found}
