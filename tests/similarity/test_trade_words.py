"""The glossary translates what a general dictionary has no word for, and leads names and tickers to one another."""

from __future__ import annotations

import pytest

from similarity.across import Translator
from similarity.trade_words import TradeWords
from text.analyzer import Analyzer


@pytest.fixture(scope="module")
def translator() -> Translator:
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
def test_chinese_terms_have_their_english_names(translator: Translator, word: str, tokens: dict[str, float]) -> None:
    (asked,) = translator.to_english([word])
    assert dict(asked.tokens) == pytest.approx(tokens)


def test_a_company_is_its_names_and_its_ticker_in_both_directions(translator: Translator) -> None:
    for name in ("台积电", "tsmc"):
        (asked,) = translator.to_english([name])
        assert {"tsmc", "2330"} <= dict(asked.tokens).keys()
    (asked,) = translator.to_chinese(["tsmc"])
    assert "台积电" in dict(asked.tokens)


def test_english_phrases_become_one_term(translator: Translator) -> None:
    found = translator.to_chinese(["advanc", "packag", "capac"])
    assert found[0].word == "advanc packag"
    assert "先进封装" in dict(found[0].tokens)
