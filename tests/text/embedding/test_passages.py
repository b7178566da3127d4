from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from text.embedding.passages import MAX_LENGTH, MAX_PASSAGES, MIN_LENGTH, TARGET_PASSAGES, length, passages

SENTENCE = "晶圆厂的产能利用率在第三季度回升到八成以上。"


@given(st.lists(st.sampled_from(["涨价了。", "Prices rose. ", "3nm；", "\n\n", "没有句号", " "]), max_size=60))
def test_passages_are_the_text_in_its_order(parts: list[str]) -> None:
    text = "".join(parts)
    assert "".join("".join(passages(text)).split()) == ("".join(text.split()) if length(text) else "")


def test_a_short_text_is_cut_where_sentences_end() -> None:
    found = passages(SENTENCE * 12)
    assert all(one.replace(" ", "") == SENTENCE * one.count("。") for one in found)
    assert all(length(one) <= MIN_LENGTH for one in found)


@pytest.mark.parametrize("sentences", [40, 300, 3000, 20_000])
def test_long_texts_have_longer_passages_before_they_have_more(sentences: int) -> None:
    found = passages(SENTENCE * sentences)
    assert len(found) <= MAX_PASSAGES
    if length(SENTENCE) * sentences <= TARGET_PASSAGES * MAX_LENGTH * 0.7:
        assert len(found) <= TARGET_PASSAGES
    elif 1.25 * length(SENTENCE) * sentences <= MAX_PASSAGES * MAX_LENGTH:
        assert max(map(length, found)) <= MAX_LENGTH


def test_a_latin_word_is_as_long_as_two_characters() -> None:
    assert length("台积电 TSMC 3nm") == 3 + 2 + 2


@pytest.mark.parametrize("text", ["", " \n ", "……"], ids=["empty", "space", "signs"])
def test_a_text_without_words_has_no_passage(text: str) -> None:
    assert passages(text) == []
