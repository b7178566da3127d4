"""Numbers are read to their value in both languages; days and years are not news."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from text.facts import names, numbers, plain, shared_weight, weight


@pytest.mark.parametrize(
    ("chinese", "english", "value", "percent"),
    [
        ("营收4,012.6亿元", "revenue of NT$401.26 billion", 401.26e9, False),
        ("累计1兆1,341亿元", "totaled NT$1,134.1 billion", 1.1341e12, False),
        ("市值1.53万亿元", "worth 1.53 trillion yuan", 1.53e12, False),
        ("产能105.9万片", "1.059 million wafers", 1.059e6, False),
        ("罰款２０億美元", "a fine of $2bn", 2e9, False),
        ("訂單89億歐元", "orders of €8.9B", 8.9e9, False),
        ("损失约3800万元", "lost 38 million yuan", 38e6, False),
        ("同比增长12.8%", "up 12.8 percent", 12.8, True),
        ("下降0.1个百分点", "0.1 percentage point lower", 0.1, True),
        ("超过六成", "more than 60%", 60.0, True),
        ("十四家企业", "fourteen companies", 14.0, False),
        ("28纳米", "28-nanometre", 28.0, False),
        ("面积6600平方米", "6,600 square metres", 6600.0, False),
    ],
    ids=range(13),
)
def test_both_languages_give_one_value(chinese: str, english: str, value: float, percent: bool) -> None:
    assert numbers(plain(chinese)) == [(pytest.approx(value), percent)]
    assert numbers(plain(english)) == [(pytest.approx(value), percent)]


@pytest.mark.parametrize(
    "text",
    [
        "2026年9月30日",
        "September 30, 2026",
        "30 September 2026",
        "2026-09-30 10:20",
        "HBM4、P&T7、N3E",
        "Intel 7",
        "三家公司",
        "two of them",
        "3m",
    ],
)
def test_dates_names_and_small_counts_are_no_facts(text: str) -> None:
    assert numbers(plain(text)) == []


def test_rounding_does_not_part_numbers_and_percentages_are_their_own() -> None:
    assert shared_weight([(1134.1e9, False)], [(1.134e12, False)]) == 1.0
    assert shared_weight([(19.8, True)], [(19.2, True)]) == 0.0
    assert shared_weight([(12.0, True)], [(12.0, False)]) == 0.0
    assert [weight((value, False)) for value in (2489e6, 20.0, 14.0, 5e9)] == [1.0, 0.25, 0.5, 0.25]


NUMBERS = st.lists(st.tuples(st.floats(0.1, 1e13, allow_nan=False), st.booleans()), max_size=20)


@given(NUMBERS)
def test_a_text_shares_all_its_numbers_with_itself(found: list[tuple[float, bool]]) -> None:
    assert shared_weight(found, found) == pytest.approx(sum(map(weight, found)))


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    found = numbers(plain(text))
    assert found == sorted(set(found))


def test_names_are_the_latin_words_of_chinese_news() -> None:
    assert names(plain("阿斯麦（ＡＳＭＬ）向SK Hynix交付High-NA设备，CEO表示")) == {"asml", "sk", "hynix", "high-na"}
