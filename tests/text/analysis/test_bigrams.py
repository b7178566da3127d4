from __future__ import annotations

import pytest

from text.analysis.bigrams import bigrams


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("先进封装", ["先进", "进封", "封装"]),
        ("晶圓代工", ["晶圆", "圆代", "代工"]),
        ("芯", ["芯"]),
        ("台积电CoWoS产能", ["台积", "积电", "产能"]),
        ("涨，跌", ["涨", "跌"]),
        ("氮化镓", ["氮化", "化镓", "镓"]),
        ("advanced packaging", []),
        ("", []),
    ],
    ids=["run", "traditional", "alone", "mixed", "parted", "element", "latin", "empty"],
)
def test_neighbours_within_a_run_of_han_are_pairs(text: str, expected: list[str]) -> None:
    assert bigrams(text) == expected
