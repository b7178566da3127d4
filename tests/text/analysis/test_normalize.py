from __future__ import annotations

import re
import subprocess
from pathlib import Path

import opencc
import pytest

from text.analysis.normalize import normalize, normalize_characters, normalized, stable_han, stable_text
from text.language import ALL_HAN

CLIB = Path(opencc.__file__).parent / "clib"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("晶圓３ｎｍ", "晶圆3nm"),
        ("破釜沈舟与沈先生", "破釜沉舟与沈先生"),
        ("記憶體與積體電路", "内存与集成电路"),
        ("㈱ＴＳＭＣ，…", "(株)tsmc,..."),
        ("half \ud800", "half ?"),
        ("董事⻓的汽⻋在第二⻚", "董事长的汽车在第二页"),
        ("⻓江⻄岸⻢路", "长江西岸马路"),
        ("⼀⼆⽉", "一二月"),
    ],
)
def test_normalize(text: str, expected: str) -> None:
    assert normalize(text) == expected


@pytest.mark.parametrize("text", ["先进封装，CoWoS 3nm", "記憶體與積體電路", "TSMC's 2nm", "㈱ＴＳＭＣ", ""])
def test_both_forms_of_a_text_come_from_one_conversion(text: str) -> None:
    forms = normalized(text)
    if forms.stable:
        assert (forms.text, forms.characters) == (text, text)
    else:
        assert (forms.text, forms.characters) == (normalize(text), normalize_characters(text))


def test_other_signs_of_stable_text_become_no_han_characters() -> None:
    han, common = re.compile(f"[{ALL_HAN}]"), re.compile(f"[{stable_han()}]")
    signs = [sign for sign in map(chr, range(0x10000)) if stable_text().fullmatch(sign) and not common.match(sign)]
    assert len(signs) > 35_000
    assert [sign for sign in signs if han.search(normalize_characters(sign))] == []


def test_no_word_of_stable_characters_is_replaced(tmp_path: Path) -> None:
    tool, words = CLIB / "bin" / "opencc_dict", tmp_path / "words.txt"
    if not tool.exists():
        pytest.skip("this build of OpenCC comes without its tool to read dictionaries")
    dictionary = CLIB / "share" / "opencc" / "TSPhrases.ocd2"
    subprocess.run([tool, "-i", dictionary, "-o", words, "-f", "ocd2", "-t", "text"], check=True)
    lines = [line.split("\t") for line in words.read_text("utf-8").splitlines()]
    assert len(lines) > 400
    replaced = [word for word, found in lines if stable_text().fullmatch(word) and word != found.split()[0]]
    assert replaced == []
