"""What an article says first: who, of which product, of which period, in either language."""

from __future__ import annotations

import json
import zlib

import pytest

from text.analysis.analyzer import Analyzer
from text.stories.lead import Lead, read_lead

ANALYZER = Analyzer()


def lead(title: str, body: str = "") -> Lead:
    return read_lead(title, body, ANALYZER)


def keys(*words: str) -> frozenset[int]:
    return frozenset(zlib.crc32(word.encode()) for word in words)


def test_companies_are_the_same_in_both_languages() -> None:
    chinese, english = lead("台积电与寒武纪谈先进封装"), lead("TSMC and Cambricon discuss advanced packaging")
    assert chinese.companies == english.companies == keys("台积电", "寒武纪")
    assert chinese.terms & english.terms > chinese.companies
    assert (chinese.chinese, english.chinese) == (True, False)


@pytest.mark.parametrize(
    "body",
    [
        "财新社4月2日电，闪存合约价上调",
        "硬科技网 4 月 2 日｜闪存合约价上调",
        "中新网成都2026年4月2日电 闪存合约价上调",
        "闪存合约价上调",
    ],
    ids=range(4),
)
def test_a_dateline_says_nothing(body: str) -> None:
    assert lead("", body) == lead("", "闪存合约价上调")


def test_models_are_products_and_no_amounts_or_periods() -> None:
    assert lead("A new K7 2X40 with LPDDR6 and Model 300, $2bn in Q2, 3Q26, on July 7").models == keys(
        "k7", "2x40", "lpddr6", "300"
    )


def test_the_first_line_names_days_and_the_lead_months() -> None:
    assert lead("内存现货价 5月6日", "4月出货增加").periods == {"d5-6", "m4"}
    assert lead("", "Spot prices, 2026-05-06\nOn May 9 they rose").periods == {"d5-6"}


def test_the_head_is_where_the_subject_stands() -> None:
    assert lead("关于星河微召开股东大会的通知").head == lead("星河微：副总经理辞职").head | keys("微召")
    assert lead("外媒：星河微扩产").head == lead("快讯｜星河微扩产").head == lead("星河微扩产").head
    assert lead("Orion Chips declares a dividend").head == keys("orion", "chip")


@pytest.mark.parametrize("title", ["", "台积电3nm涨价", "Orion 7 in June"])
def test_a_lead_comes_back_from_json(title: str) -> None:
    one = lead(title, "第二季度")
    assert Lead.from_lists(json.loads(json.dumps(one.to_lists()))) == one
