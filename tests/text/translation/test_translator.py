from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from similarity.across import MOST_TRANSLATIONS, Asked, Translator
from text.analyzer import Analyzer


def dictionary(entries: dict[str, list[str]]) -> Callable[[str], Sequence[str]]:
    return lambda word: entries.get(word, ())


@pytest.fixture(scope="module")
def translator() -> Translator:
    trade = dictionary({"芯片": ["chip", "integrated circuits"]})
    general = dictionary({"芯片": ["microchip"], "出口": ["export", "exit"], "管制": ["control"], "黑": ["black"]})
    chinese = dictionary({"export control": ["出口管制"], "export": ["出口"], "chip": ["芯片", "薯片"]})
    return Translator(Analyzer(), [trade, general], [chinese])


def tokens(asked: list[Asked]) -> dict[str, dict[str, float]]:
    return {one.word: dict(one.tokens) for one in asked}


def test_a_word_is_the_set_of_its_translations_a_phrase_shared_among_its_words(translator: Translator) -> None:
    assert tokens(translator.to_english(["芯片"])) == {"芯片": {"chip": 1.0, "integr": 0.5, "circuit": 0.5}}


def test_an_unknown_word_is_translated_by_its_longest_parts(translator: Translator) -> None:
    assert tokens(translator.to_english(["出口管制"])) == {"出口管制": {"export": 1.0, "exit": 1.0, "control": 1.0}}
    assert tokens(translator.to_english(["黑豹"])) == {"黑豹": {"black": 1.0}}


def test_latin_words_stand_for_themselves(translator: Translator) -> None:
    assert tokens(translator.to_english(["tsmc", "3nm"])) == {"tsmc": {"tsmc": 1.0}, "3nm": {"3nm": 1.0}}


def test_phrases_come_before_their_words(translator: Translator) -> None:
    found = translator.to_chinese(["chip", "export", "control"])
    assert [one.word for one in found] == ["chip", "export control"]
    assert "出口管制" in dict(found[1].tokens)


def test_counts_of_the_query_are_kept(translator: Translator) -> None:
    assert [one.count for one in translator.to_english(["出口", "出口", "管制"])] == [2, 1]


def test_a_word_with_many_translations_has_the_first_ones() -> None:
    many = dictionary({"打": [f"word{number}x" for number in range(MOST_TRANSLATIONS + 5)]})
    assert len(Translator(Analyzer(), [many], []).to_english(["打"])[0].tokens) == MOST_TRANSLATIONS
