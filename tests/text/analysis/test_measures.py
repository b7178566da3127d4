"""Periods, quantities and measures are one token each, in every spelling and in both languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from text.analysis.analyzer import Analyzer
from text.analysis.glossary import glossary

analyzer = Analyzer()

ENGLISH_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
CHINESE_NUMBERS = ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二"]
ORDINALS = ["first", "second", "third", "fourth"]

months = st.integers(1, 12)
years = st.integers(2015, 2035)


@given(months, years)
def test_a_month_is_one_token_in_every_spelling(month: int, year: int) -> None:
    name, numeral = ENGLISH_MONTHS[month - 1], CHINESE_NUMBERS[month - 1]
    token = f"m{month:02}"
    for text in (
        f"{year}年{month}月",
        f"{year}年{numeral}月份",
        f"{year}年 {month} 月",
        f"{year}-{month:02}",
        f"{year}/{month}",
    ):
        assert analyzer.tokens(text)[0] == str(year)
        assert analyzer.tokens(text)[-1] == token
    for text in (f"in {name}", f"{name} {year}", f"{name[:3]}. {year}", f"{name} sales", f"since {name.lower()}"):
        assert token in analyzer.tokens(text)


@given(st.integers(1, 4), years)
def test_a_quarter_is_one_token_in_every_spelling(quarter: int, year: int) -> None:
    numeral, ordinal, short = CHINESE_NUMBERS[quarter - 1], ORDINALS[quarter - 1], year % 100
    for text in (
        f"{numeral}季度", f"第{numeral}季度", f"第{numeral}季", f"{quarter}季度", f"{numeral}季报", f"{ordinal} quarter",
        f"{ordinal}-quarter sales", f"{ordinal.title()} Fiscal Quarter", f"Q{quarter}", f"{quarter}Q", f"{quarter}Q{short}",
        f"Q{quarter} {year}", f"{year}Q{quarter}", f"{year}年Q{quarter}", f"{short}年第{numeral}季度", f"FY{short}Q{quarter}",
        f"Q{quarter}'{short}", f"FQ{quarter}", f"第{quarter}季",
    ):  # fmt: skip
        assert f"q{quarter}" in analyzer.tokens(text), text
        assert not {"quarter", "季度", "季"} & set(analyzer.tokens(text)), text
    for text in (f"{quarter}Q{short}", f"Q{quarter} {year}", f"{short}年第{numeral}季度", f"Q{quarter} FY{short}"):
        assert str(year) in analyzer.tokens(text)


@pytest.mark.parametrize(
    ("texts", "token"),
    [
        ("上半年;first half;first-half profit;1H26;H1 2026", "h1"),
        ("下半年;second half;2H25;2025年下半年", "h2"),
        ("3nm;3 nm;3-nm;3纳米;3 纳米;3奈米;三纳米;三奈米;3-nanometer node;3 Nanometers", "3nm"),
        ("12英寸;12吋;12 英寸;十二英寸;12-inch wafers;12 inches", "12inch"),
        ("16Gb;16 Gb;16-Gb dies", "16gb"),
        ("0.13 micron;0.13微米;0.13-micron;0.13µm", "0.13um"),
        ("10吉瓦;10 GW;10 gigawatts", "10gw"),
        ("7%;7 percent;7 per cent;7-percent rise;百分之七;7％", "7%"),
        ("12,000片;1.2万片;12000 wafers;12 thousand wafers", "12000"),
        ("5268亿元;526.8 billion;$526.8B;$526.8 bn;NT$526.8 billion;0.5268万亿;526,800,000,000", "526800000000"),
        ("2330;2330.TW;2330-TW;TPE: 2330", "2330"),
        ("688981;688981.SH;SH688981", "688981"),
        ("5月;May 5;5 May;TSMC's May sales;UMC sales in May;UMC May Sales;UMC May 营收;may 2026", "m05"),
    ],
)
def test_spellings_of_one_measure(texts: str, token: str) -> None:
    assert {text: token in analyzer.tokens(text) for text in texts.split(";")} == dict.fromkeys(texts.split(";"), True)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("H20", "H200"),
        ("H2", "H20"),
        ("HBM3", "HBM3E"),
        ("10月", "10%"),
        ("10", "10%"),
        ("5268", "5268亿"),
        ("6月", "6个月"),
        ("三季度", "前三季度"),
        ("三季度", "三个季度"),
        ("一季度", "四季"),
        ("12英寸", "8英寸"),
        ("Q2", "Q20"),
        ("五月", "五月天"),
        ("5纳米", "1.5纳米"),
        ("in May", "TSMC may raise prices"),
        ("in May", "TSMC May Raise Prices"),
        ("in May", "May TSMC raise prices?"),
        ("in March", "Mar-a-Lago"),
        ("June", "Lei Jun"),
        ("0.5 micron", "Micron 5"),
        ("2兆", "2兆瓦"),
    ],
)
def test_what_looks_alike_is_not_the_same(one: str, other: str) -> None:
    assert not set(analyzer.tokens(one)) & set(analyzer.tokens(other))


@given(st.integers(1, 99_999), st.sampled_from([("万", 4), ("亿", 8), ("万亿", 12), ("千万", 7)]))
def test_a_quantity_is_its_value(tenths: int, scale: tuple[str, int]) -> None:
    unit, zeros = scale
    value = tenths * 10 ** (zeros - 1)
    assert analyzer.tokens(f"{tenths / 10}{unit}")[0] == str(value)
    assert analyzer.tokens(f"{value:,}") == [str(value)]
    if zeros >= 8:
        assert analyzer.tokens(f"{tenths / 10 * 10 ** (zeros - 9):.3f} billion")[0] == str(value)


@given(st.text(alphabet="0123456789一二三十百第首上下半前月季度年纳米万亿兆千英寸分之%,. QqHhnmay-", max_size=12))
def test_any_mixture_of_figures_and_units_has_tokens(text: str) -> None:
    for token in analyzer.tokens(text):
        assert token == token.strip() != ""
    assert analyzer.tokens(f"{text}\n〇") == [*analyzer.tokens(text), "〇"]


@pytest.mark.parametrize("text", ["五纳米量产", "5 nm lines", "5-nanometer lines", "五奈米製程", "5nm", "5纳米"])
def test_a_measure_that_is_a_term_is_found_in_every_spelling(text: str) -> None:
    assert glossary().of("5纳米") in [found.term for found in analyzer.terms_of_trade(text)]


def test_full_width_digits_with_a_full_width_comma_are_one_number() -> None:
    assert analyzer.tokens("５，２６８亿") == analyzer.tokens("5,268亿")
    assert analyzer.tokens("三星，２６８亿")[0] == "三星"
