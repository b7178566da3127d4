from __future__ import annotations

import contextlib
import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from similarity.errors import QueryError
from similarity.query import syntax
from similarity.query.syntax import MAX_QUERY_LENGTH, Syntax, parse, parse_item


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ('"wafer starts" Kioxia', Syntax("wafer starts Kioxia", phrases=("wafer starts",))),
        ("“晶圆投片” 铠侠", Syntax("晶圆投片 铠侠", phrases=("晶圆投片",))),
        ("「晶圓投片」", Syntax("晶圓投片", phrases=("晶圓投片",))),
        ("＂wafer  starts＂ 2026", Syntax("wafer starts 2026", phrases=("wafer starts",))),
        ('铠侠"投片量"下调', Syntax("铠侠 投片量 下调", phrases=("投片量",))),
        ("铠侠“投片量”", Syntax("铠侠 投片量", phrases=("投片量",))),
        ('"铜"', Syntax("铜", phrases=("铜",))),
        ("铠侠 -西部数据", Syntax("铠侠", excluded=("西部数据",))),
        ("铠侠 －西部数据", Syntax("铠侠", excluded=("西部数据",))),
        ('NAND -"spot price" -DRAM', Syntax("NAND", excluded=("DRAM",), excluded_phrases=("spot price",))),
        ("代工 -2330", Syntax("代工", excluded=("2330",))),
        ("成熟制程 -3nm", Syntax("成熟制程", excluded=("3nm",))),
        ("铠侠 OR 美光 涨价", Syntax("铠侠 美光 涨价", any_of=(("铠侠", "美光"),))),
        ('a OR "b c" OR d e', Syntax("a b c d e", any_of=(("a", "b c", "d"),))),
        ("a OR b c OR d", Syntax("a b c d", any_of=(("a", "b"), ("c", "d")))),
        ("source:asml x", Syntax("x", source=("asml",))),
        ("source：ASML x source:sia", Syntax("x", source=("asml", "sia"))),
        ("source:asml OR source:sia x", Syntax("x", source=("asml", "sia"))),
        ("kind:report language:ZH x", Syntax("x", kind=("report",), language=("zh",))),
        ('x company:"Lam Research"', Syntax("x", company=("Lam Research",))),
        (
            "since:2026-01-01 x until:2026-03-31",
            Syntax("x", since=date(2026, 1, 1), until=date(2026, 3, 31)),
        ),
    ],
)
def test_operators(text: str, parsed: Syntax) -> None:
    assert parse(text) == parsed


@pytest.mark.parametrize(
    "text",
    [
        "RISC-V cores at 3-nanometer",
        "price - volume – margin",
        "利润 -5% 收入 -3.2 亿",
        "--verbose - -",
        "http://www.example.com/a-b 14:30 ratio 3:1",
        "TSMC: results",
        "Source: Reuters",
        "source: Reuters",
        "nosuchfield:value",
        'an unbalanced "quote',
        "“只有一半",
        'a 12" wafer',
        '8" and 12" wafers',
        '"" "。"',
        "他称“泡沫”言过其实",
        "a or b",
        "OR",
        "OR a",
        "a OR",
        "  spaces   are kept ",
        'first line -not an operator\nsecond "line"',
        "word " * (MAX_QUERY_LENGTH // 2) + '-excluded "phrase"',
    ],
)
def test_plain_words(text: str) -> None:
    assert parse(text) == Syntax(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("kind:reports x", "kind: 'reports' is no kind of article; there are news, report, filing, data"),
        ("language:english x", "language: 'english' is no language; zh and en are, and other codes of ISO 639"),
        ("since:2026-13-01 x", "since: '2026-13-01' is not a date; YYYY-MM-DD is one"),
        ("until:yesterday x", "until: 'yesterday' is not a date; YYYY-MM-DD is one"),
        (
            "since:2026-01-01 since:2026-02-01 x",
            "since: is given twice, as 2026-01-01 and 2026-02-01; give one day",
        ),
        ("x -source:sia", "-source: cannot be excluded; only words, names and phrases can"),
        ('"b" -"b"', "'b' is asked for and excluded; leave out one of the two"),
        ("铠侠 -铠侠", "'铠侠' is asked for and excluded; leave out one of the two"),
        ("-铠侠", "the query has only fields and exclusions; it needs words to search for"),
        ("source:sia", "the query has only fields and exclusions; it needs words to search for"),
    ],
)
def test_wrong_values_and_contradictions_are_refused(text: str, message: str) -> None:
    with pytest.raises(QueryError) as error:
        parse(text)
    assert str(error.value) == message


PIECES = ['"', "“", "”", "「", "」", "＂", "-", "－", " ", "\n", "OR", "source:", "since:", "kind:report", "2026-01-01"]
PIECES += ["铠侠", "a", "NAND", "3nm", ":", "：", "。", "か", "\ud800", "\u3000", "language:zh", "company:", "12"]


@given(st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=30).map("".join)))
def test_any_text_is_parsed_or_refused_in_one_line(text: str) -> None:
    try:
        found = parse(text)
    except QueryError as error:
        assert len(str(error).splitlines()) == 1
        assert len(str(error)) < 200
        return
    assert found == Syntax(text) or found.text
    assert not {*found.phrases} & {*found.excluded_phrases}


@given(st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=8).map("".join)))
def test_a_text_that_is_taken_for_plain_has_no_operators(text: str) -> None:
    def parsed() -> Syntax | str:
        try:
            return parse(text)
        except QueryError as error:
            return str(error)

    quick = parsed()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(syntax, "_MAY_HAVE_OPERATORS", lambda _: True)
        assert parsed() == quick


@given(st.lists(st.text(alphabet=st.characters(categories=["L", "N"]), min_size=1), min_size=1).map(" ".join))
def test_words_alone_are_left_as_they_are(text: str) -> None:
    assert parse(text).phrases == parse(text).excluded == ()
    assert parse(text).text.split() == text.split()


@given(st.lists(st.sampled_from(["铠侠", "美光", "NAND", "涨价", "contract"]), min_size=1, max_size=5))
def test_a_phrase_is_the_words_between_the_signs(words: list[str]) -> None:
    wanted = " ".join(words)
    for opening, closing in ('""', "＂＂", "“”", "「」"):
        assert parse(f"x {opening}{wanted}{closing}").phrases == (wanted,)
        assert parse_item(f"{opening}{wanted}{closing}") == (wanted, True)


@pytest.mark.parametrize("unit", ["word ", '"', "“", '"a" ', "-a ", "OR ", "a“b", "source:sia ", "好", "「"])
def test_time_is_linear_in_the_length(unit: str) -> None:
    def seconds(number: int) -> float:
        text = unit * number
        times = []
        for _ in range(3):
            start = time.perf_counter()
            with contextlib.suppress(QueryError):
                parse(text)
            times.append(time.perf_counter() - start)
        return min(times)

    seconds(100)
    assert seconds(100_000) < 1.0
    assert seconds(100_000) < 40 * seconds(10_000) + 0.05
