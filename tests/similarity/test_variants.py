"""Other names of a term lead to one another within a language, as one word of the query."""

from __future__ import annotations

import pytest

from similarity import SimilarityIndex
from similarity.explain import lines_of
from similarity.trade_words import TradeWords
from similarity.variants import Named, named
from text.analyzer import Analyzer
from text.bigrams import bigrams
from text.language import detect_language

TEXTS = {
    "name_zh": "台积电第三季度营收增长，毛利率继续上升。",
    "latin_zh": "TSMC 第三季度营收增长，毛利率继续上升。",
    "other_zh": "某公司第三季度营收增长，毛利率继续上升。",
    "spending_zh": "存储厂商明年的资本支出将下降一成。",
    "latin_en": "TSMC reported higher quarterly revenue and a rising gross margin.",
    "long_en": "Taiwan Semiconductor Manufacturing reported higher quarterly revenue and a rising gross margin.",
    "part_en": "Semiconductor firms reported higher quarterly revenue and a rising gross margin.",
    "spending_en": "Memory makers will cut capital spending by a tenth next year.",
    "weather_zh": "明天北京有雨，气温下降，请市民带伞。",
    "weather_en": "Rain is expected in London tomorrow, with falling temperatures.",
}


@pytest.fixture(scope="module")
def trade() -> TradeWords:
    return TradeWords(Analyzer())


@pytest.fixture
def index(store_texts, database):
    """All texts as articles, found by words alone: meaning would find them anyway."""
    keys = {}
    for name, text in TEXTS.items():
        (keys[name],) = store_texts([text], language=detect_language(text), pairs=bigrams(text))
    opened = SimilarityIndex(database, encoder=lambda: None)
    opened.names = {key: name for name, key in keys.items()}
    return opened


def found(index, query: str, language: str, **asked) -> dict[str, object]:
    hits = index.search(query, language=language, **asked)
    return {index.names[hit.article.id]: hit for hit in hits}


@pytest.mark.parametrize("query", ["台积电", "台積電", "TSMC", "2330"])
def test_chinese_text_that_has_another_name_is_found(index, query) -> None:
    assert found(index, query, "zh").keys() == {"name_zh", "latin_zh"}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("TSMC", {"latin_en", "long_en"}),
        ("Taiwan Semiconductor Manufacturing", {"latin_en", "long_en", "part_en"}),
        ("capex", {"spending_en"}),
    ],
)
def test_english_text_that_has_another_name_is_found(index, query, names) -> None:
    assert found(index, query, "en").keys() == names


@pytest.mark.parametrize("query", ["资本开支", "capex"])
def test_spending_is_spending(index, query) -> None:
    assert found(index, query, "zh").keys() == {"spending_zh"}


def test_a_term_with_two_names_in_one_text_counts_as_one_word(index, store_texts) -> None:
    both = "TSMC（台积电）第三季度营收增长，毛利率继续上升。"
    (index_key,) = store_texts([both], language="zh", pairs=bigrams(both))
    index.refresh()
    index.names[index_key] = "both_zh"
    hits = found(index, "台积电", "zh")
    assert hits.keys() == {"name_zh", "latin_zh", "both_zh"}
    evidence = {name: hit.parts["words"] + hit.parts["pairs"] for name, hit in hits.items()}
    # Its own length weighs it down a little, and nothing lifts it: the names are not added up.
    assert evidence["both_zh"] <= evidence["name_zh"]
    assert [word.word for word in hits["both_zh"].words if word.word == "台积电"] == ["台积电"]


def test_a_hit_says_by_which_name_it_was_met(index) -> None:
    hit = found(index, "台积电", "zh")["latin_zh"]
    assert [(word.word, word.met) for word in hit.words] == [("台积电", ("tsmc",))]
    assert hit.words[0].weight == pytest.approx(hit.parts["words"])
    assert any("台积电 → tsmc" in line for line in lines_of(hit))


def test_without_across_a_name_does_not_lead_to_the_other_language(index) -> None:
    hits = index.search("资本开支", across=False)
    assert [index.names[hit.article.id] for hit in hits] == ["spending_zh"]


def test_names_of_several_words_are_met_where_all_of_them_are(index) -> None:
    assert "part_en" not in found(index, "TSMC", "en")


def test_the_longest_name_in_a_query_is_meant(trade) -> None:
    tokens = ["taiwan", "semiconductor", "manufactur", "revenu"]
    term = named(tokens, trade.names)[0]
    assert term.words == ("taiwan", "semiconductor", "manufactur")
    assert ("tsmc",) in term.others and ("台积电",) in term.others
    assert named(["", "x", *tokens, "tsmc"], trade.names, begins=trade.begins) == named([*tokens, "tsmc"], trade.names)


def test_what_is_part_of_a_name_already_is_no_other_name() -> None:
    names = [("a",), ("b", "c"), ("b", "c", "d"), ("e",)]
    assert named(["a", "x", "a"], lambda phrase: names if phrase == "a" else ()) == [
        Named(("a",), 2, (("e",), ("b", "c")))
    ]
    assert named(["b", "c"], lambda phrase: [("b", "c"), ("b",)] if phrase == "b c" else ()) == []
