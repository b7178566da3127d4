"""Numbers are read to their value in both languages; days and years are not news."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from text.analysis.normalize import normalize_characters
from text.stories.numbers import Number, days, numbers, periods, shared, shared_weight, weight


@pytest.mark.parametrize(
    ("chinese", "english", "value", "unit"),
    [
        ("营收4,012.6亿元", "revenue of NT$401.26 billion", 401.26e9, ""),
        ("累计1兆1,341亿元", "totaled NT$1,134.1 billion", 1.1341e12, ""),
        ("市值1.53万亿元", "worth 1.53 trillion yuan", 1.53e12, ""),
        ("产能105.9万片", "1.059 million wafers", 1.059e6, ""),
        ("罰款２０億美元", "a fine of $2bn", 2e9, ""),
        ("訂單89億歐元", "orders of €8.9B", 8.9e9, ""),
        ("损失约3800万元", "lost 38 million yuan", 38e6, ""),
        ("同比增长12.8%", "up 12.8 percent", 12.8, "%"),
        ("下降0.1个百分点", "0.1 percentage point lower", 0.1, "%"),
        ("超过六成", "more than 60%", 60.0, "%"),
        ("十四家企业", "fourteen companies", 14.0, ""),
        ("28纳米", "28-nanometre", 28.0, ""),
        ("面积6600平方米", "6,600 square metres", 6600.0, ""),
    ],
    ids=range(13),
)
def test_both_languages_give_one_value(chinese: str, english: str, value: float, unit: str) -> None:
    (ours,), (theirs,) = numbers(normalize_characters(chinese)), numbers(normalize_characters(english))
    assert ours[0] == pytest.approx(value) == theirs[0]
    assert (ours[1] == "%") == (theirs[1] == "%") == (unit == "%")
    assert shared([ours], [theirs])


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
    assert numbers(normalize_characters(text)) == []


def test_rounding_does_not_part_numbers_and_percentages_are_their_own() -> None:
    assert shared_weight([(1134.1e9, "$")], [(1.134e12, "")]) == 1.0
    assert shared_weight([(19.8, "%")], [(19.2, "%")]) == 0.0
    assert shared_weight([(12.0, "%")], [(12.0, "")]) == 0.0
    assert [weight((value, "")) for value in (2489e6, 20.0, 14.0, 5e9)] == [1.0, 0.25, 0.5, 0.25]


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [(401.26, 401.3, True), (3.217, 3.229, False), (2489, 2500, True), (5000, 5001, True), (61, 64, False)],
)
def test_of_two_exact_numbers_close_ones_are_two(left: float, right: float, equal: bool) -> None:
    assert bool(shared([(left, "")], [(right, "")])) is bool(shared([(right, "")], [(left, "")])) is equal


@pytest.mark.parametrize(
    "text",
    ["微电子(688123.SH)", "微电子（300777）公告", "Foundry (2330.TW)", "688123 涨停", "海思达(00981.HK)"],
    ids=range(5),
)
def test_a_securities_code_is_a_name_and_no_number(text: str) -> None:
    assert numbers(normalize_characters(text)) == []


def test_an_amount_of_six_digits_is_a_number() -> None:
    assert numbers("支付300123元") == [(300123.0, "$")]
    assert numbers("688,123 wafers") == [(688123.0, "")]


@pytest.mark.parametrize(
    ("texts", "period"),
    [
        (("6月营收", "6 月份产量", "六月营收", "June sales", "sales in June"), "m6"),
        (("十二月出口", "12月出口", "December exports"), "m12"),
        (("第二季度", "二季度", "第2季", "Q2", "2Q26", "second quarter", "second-quarter results"), "q2"),
        (("上半年", "first half", "1H26"), "h1"),
        (("May sales", "for May"), "m5"),
    ],
    ids=range(5),
)
def test_a_period_is_one_in_every_spelling(texts: tuple[str, ...], period: str) -> None:
    assert [periods(normalize_characters(text)) for text in texts] == [{period}] * len(texts)


def test_days_are_no_periods_and_a_modal_verb_is_no_month() -> None:
    assert periods("公司6月9日表示, the firm may cut prices on june 9") == set()
    assert days(normalize_characters("６月9日")) == days("june 9") == {"d6-9"}


NUMBERS = st.lists(st.tuples(st.floats(0.1, 1e13, allow_nan=False), st.sampled_from(["", "%", "$"])), max_size=20)


@given(NUMBERS)
def test_a_text_shares_all_its_numbers_with_itself(found: list[Number]) -> None:
    assert shared(found, found) == set(found)


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    found = numbers(normalize_characters(text))
    assert found == sorted(set(found))
    assert periods(normalize_characters(text)) is not None
