from __future__ import annotations

from math import log

import pytest

from similarity import QueryError, SimilarityIndex
from store import compactor
from tests.similarity.conftest import NOW

FILLING = [f"公司第{number}次会议 meeting number {number} of the company" for number in range(30)]
CHINESE = "台积电扩大先进封装产能。台积公司的CoWoS产能，TSMC说，先进封装仍然吃紧，另有3DBlox平台"
ENGLISH = (
    "Advanced packaging lines ramp. Photoresists and photoresist suppliers ramp too; Qnodex says its Qnodex line is "
    "ramping. Local meadows, meadows follow."
)


def found(index: SimilarityIndex, key: str, k: int = 10) -> dict[str, tuple[int, int]]:
    keywords = index.keywords(key, k)
    weights = [keyword.weight for keyword in keywords]
    assert weights == sorted(weights, reverse=True)
    assert all(weight > 0 for weight in weights)
    return {keyword.word: (keyword.count, keyword.articles) for keyword in keywords}


@pytest.mark.parametrize("packed", [False, True], ids=["pending", "packed"])
def test_terms_of_the_trade_are_whole_and_in_their_usual_name(uri: str, database, store_texts, packed: bool) -> None:
    store_texts(FILLING, language="zh")
    (chinese,) = store_texts([CHINESE], language="zh", title="甲")
    (english,) = store_texts([ENGLISH], language="en", title="Lines")
    if packed:
        compactor.compact(database)
    with SimilarityIndex.open(uri, live=False) as index:
        words = found(index, chinese, 30)
        assert words["台积电"] == (3, 1)
        assert words["先进封装"] == (2, 2)  # of English articles too
        assert not {"先进", "封装", "台积公司", "TSMC", "tsmc", "advanc"} & words.keys()
        best = index.keywords(chinese, 1)[0]
        assert (best.word, best.chinese, best.english) == ("台积电", "台积电", "TSMC")
        words = found(index, english, 30)
        assert words["advanced packaging"] == (1, 2)
        assert words["photoresist"] == (2, 1)
        assert words["Qnodex"] == (2, 1)
        assert words["ramp"] == (3, 1)
        assert words["meadows"] == (2, 1)
        assert not {"packaging", "packag", "domestic substitution", "the", "30"} & words.keys()


def test_weights_are_those_of_bm25(uri: str, store_texts) -> None:
    keys = store_texts(
        ["qnodex qnodex wafer price", *(f"wafer meeting {number}" for number in range(9))], language="en"
    )
    with SimilarityIndex.open(uri, live=False) as index:
        statistics = index._state.collection.statistics
        (keyword,) = [one for one in index.keywords(keys[0]) if one.word == "qnodex"]
        dull = 1.5 * (0.25 + 0.75 * 4 / statistics.mean_length)
        assert keyword.weight == pytest.approx(log(11 / 1.5) * 2 / (2 + dull))
        # What it adds to the score of a search for it.
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
    (key,) = store_texts([text], language="en", title="untold")
    (told,) = store_texts([text + " again"], language="en", title="Hybrid bonding again")
    database.articles.update_many({"_id": {"$in": [key, told]}}, {"$set": bare})
    with SimilarityIndex.open(uri, live=False) as index:
        words = found(index, key, 30)
        assert words["TSMC"] == (1, 2)
        # As another article writes it, whose text is kept.
        assert words["photolithographic"] == (1, 3)
        assert words["chemistries"] == (1, 3)
        # Of a name of several words nobody knows whether they stood together, however often they occur.
        assert {"NoC", "network on chip", "hybrid bonding"}.isdisjoint(words)
        assert words["bonding"] == (2, 3) and words["chip"] == (2, 2)
        # Where the title says so, they did.
        assert found(index, told, 30)["hybrid bonding"] == (2, 3)
    database.articles.update_one({"_id": whole}, {"$set": bare})
    with SimilarityIndex.open(uri, live=False) as index:
        # Nobody's text is kept: from the dictionary of both languages.
        assert found(index, key, 30)["chemistry"] == (1, 3)


def test_an_article_that_came_since(uri: str, store_texts) -> None:
    store_texts(FILLING)
    with SimilarityIndex.open(uri, live=False) as index:
        (key,) = store_texts(["台积电 qnodex"], language="zh", title="x", published=NOW)
        assert found(index, key)["台积电"] == (1, 1)
        with pytest.raises(QueryError, match="no article 'nothing' is stored"):
            index.keywords("nothing")
        with pytest.raises(QueryError, match="k is 0"):
            index.keywords(key, 0)


def test_an_article_that_says_nothing(uri: str, store_texts) -> None:
    (key,) = store_texts(["2026 12 31 5,268 的"], language="zh", title="2026")
    with SimilarityIndex.open(uri, live=False) as index:
        assert index.keywords(key) == []
