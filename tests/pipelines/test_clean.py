"""Clean: normalized text, on one line or many, page by page."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.clean import Clean, clean_text, one_line
from store.article import Article


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("ＴＳＭＣ　３ｎｍ　ﬁnﬂex ①", "ＴＳＭＣ ３ｎｍ ﬁnﬂex ①"),
        ("Ryzen™ 9, 10¹⁹ atoms per cm³, margin² ½", "Ryzen™ 9, 10¹⁹ atoms per cm³, margin² ½"),
        ("cafe\u0301 \uf900", "café \u8c48"),
        ("台积电，中芯国际：（产能）！？；“好”…", "台积电，中芯国际：（产能）！？；“好”…"),
        ("  a \t b \r\n\r\n\n c  ", "a b\nc"),
        ("soft\u00adhyphen zero\u200bwidth word\u2060joiner \ufeffmark", "softhyphen zerowidth wordjoiner mark"),
        ("\u202eright\u202c to \u2067left\u2069 \u061cmarks", "right to left marks"),
        ("\x1b[31mred\x9b0m \x85 next line", "[31mred0m next line"),
        ("a\u00a0b\u3000c", "a b c"),
        ("", ""),
    ],
)
def test_clean_text(text: str, cleaned: str) -> None:
    assert clean_text(text) == cleaned


@given(st.text(max_size=80))
def test_cleaning_twice_changes_nothing(text: str) -> None:
    once = clean_text(text)
    assert clean_text(once) == once
    assert "\n" not in one_line(text)


def test_page_breaks_are_kept() -> None:
    article = Article(
        "intel", "https://a.example/r", " A\n title ", datetime.now(UTC), body="one\n\n\ftwo \f", tags=["a", " a"]
    )
    cleaned = Clean().process_item(article)
    assert cleaned.pages == ["one", "two", ""]
    assert (cleaned.title, cleaned.tags) == ("A title", ["a"])
    assert cleaned.id == article.id
