"""What two spellings of one title have in common."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from crawler.read.title import key_of


@given(st.text(st.characters(max_codepoint=127)))
def test_plain_text_has_the_key_that_it_has_among_other_text(text: str) -> None:
    assert key_of(f"{text}芯") == f"{key_of(text)}芯"


def test_letters_and_digits_count_and_nothing_else() -> None:
    assert key_of("TSMC's 2nm_yield: “70%”") == key_of("ＴＳＭＣ s ２nm yield 70") == "tsmcs2nmyield70"
