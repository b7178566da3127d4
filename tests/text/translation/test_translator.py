from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from text.analysis.analyzer import Analyzer
from text.translation.translator import MAX_TRANSLATIONS, TradeWords, Translation, Translator


def dictionary(entries: dict[str, list[str]]) -> Callable[[str], Sequence[str]]:
    return lambda word: entries.get(word, ())


@pytest.fixture(scope="module")
def translator() -> Translator:
    trade = dictionary({"芯片": ["chip", "integrated circuits"]})
    general = dictionary({"芯片": ["microchip"], "出口": ["export", "exit"], "管制": ["control"], "黑": ["black"]})
    chinese = dictionary({"export control": ["出口管制"], "export": ["出口"], "chip": ["芯片", "薯片"]})
    return Translator(Analyzer(), [trade, general], [chinese])


def tokens(asked: list[Translation]) -> dict[str, dict[str, float]]:
    return {one.word: dict(one.tokens) for one in asked}


def test_a_word_is_the_set_of_its_translations_a_phrase_shared_among_its_words(translator: Translator) -> None:
    assert tokens(translator.to_english(["芯片"])) == {"芯片": {"chip": 1.0, "integr": 0.5, "circuit": 0.5}}


def test_an_unknown_word_is_translated_by_its_longest_parts(translator: Translator) -> None:
    assert tokens(translator.to_english(["出口管制"])) == {"出口管制": {"export": 1.0, "exit": 1.0, "control": 1.0}}
    assert tokens(translator.to_english(["黑豹"])) == {"黑豹": {}}, "one character of a longer word says nothing"
    assert tokens(translator.to_english(["黑"])) == {"黑": {"black": 1.0}}


def test_latin_words_stand_for_themselves(translator: Translator) -> None:
    assert tokens(translator.to_english(["tsmc", "3nm"])) == {"tsmc": {"tsmc": 1.0}, "3nm": {"3nm": 1.0}}


def test_phrases_come_before_their_words(translator: Translator) -> None:
    found = translator.to_chinese(["chip", "export", "control"])
    assert [one.word for one in found] == ["chip", "export control"]
    assert {"出口", "管制"} <= dict(found[1].tokens).keys()


def test_counts_of_the_query_are_kept(translator: Translator) -> None:
    assert [one.count for one in translator.to_english(["出口", "出口", "管制"])] == [2, 1]


def test_a_word_with_many_translations_has_the_first_ones() -> None:
    many = dictionary({"打": [f"word{number}x" for number in range(MAX_TRANSLATIONS + 5)]})
    assert len(Translator(Analyzer(), [many], []).to_english(["打"])[0].tokens) == MAX_TRANSLATIONS


@pytest.fixture(scope="module")
def trade_translator() -> Translator:
    """Translates by the glossary of the trade alone."""
    analyzer = Analyzer()
    trade = TradeWords(analyzer)
    return Translator(analyzer, [trade.to_english], [trade.to_chinese])


@pytest.mark.parametrize(
    ("word", "tokens"),
    [
        ("先进封装", {"advanc": 0.5, "packag": 0.5}),
        ("高带宽内存", {"hbm": 1.0, "high": 1 / 3, "bandwidth": 1 / 3, "memori": 1 / 3}),
    ],
)
def test_chinese_terms_have_their_english_names(
    trade_translator: Translator, word: str, tokens: dict[str, float]
) -> None:
    (asked,) = trade_translator.to_english([word])
    assert dict(asked.tokens) == pytest.approx(tokens)


def test_a_company_is_its_names_and_its_ticker_in_both_directions(trade_translator: Translator) -> None:
    for name in ("台积电", "tsmc"):
        (asked,) = trade_translator.to_english([name])
        assert {"tsmc", "2330"} <= dict(asked.tokens).keys()
    (asked,) = trade_translator.to_chinese(["tsmc"])
    assert "台积电" in dict(asked.tokens)


def test_english_phrases_become_one_term(trade_translator: Translator) -> None:
    found = trade_translator.to_chinese(["advanc", "packag", "capac"])
    assert found[0].word == "advanc packag"
    assert {"先进", "封装"} <= dict(found[0].tokens).keys()
