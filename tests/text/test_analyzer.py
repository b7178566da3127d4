from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from text.analyzer import Analyzer
from text.han import han_cutter, jieba_cutter
from text.language import detect_language

analyzer = Analyzer()


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("阿里发布AI芯片 含光800", ["阿里", "发布", "ai", "芯片", "含光", "800"]),
        ("毛利率與營業收入", ["毛利率", "营业收入"]),
        ("ＴＳＭＣ　３ｎｍ", ["tsmc", "3nm"]),
        ("RISC-V, GAA and N3E", ["risc-v", "gaa", "n3e"]),
        ("10-K R&D x-ray", ["10-k", "r&d", "x-ray"]),
        ("U.S. data-center chips", ["us", "data", "center", "chip"]),
        ("TSMC's 5,268.5亿 in 1Q26", ["tsmc", "5268.5", "亿", "1q26"]),
        ("boundary-layer flows", ["boundari", "layer", "flow"]),
        ("2330.TW", ["2330", "tw"]),
        ("반도체", ["반도", "도체"]),
        ("what is it? 的 了", []),
        ("", []),
        ("😀 …—", []),
    ],
)
def test_tokens(text: str, tokens: list[str]) -> None:
    assert analyzer.tokens(text) == tokens


@given(st.text(max_size=200))
def test_any_text_gives_tokens_that_can_be_stored(text: str) -> None:
    for token in analyzer.tokens(text):
        assert token == token.strip()
        assert 0 < len(token) <= 60
        assert token == unicodedata.normalize("NFKC", token).lower() or not token.isascii()


@given(st.text(alphabet="晶圆代工台积电毛利率芯片设计 TSMC3nm,", max_size=60))
def test_width_and_case_do_not_matter(text: str) -> None:
    wide = "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in text)
    assert analyzer.tokens(wide.upper()) == analyzer.tokens(text)


def test_jieba_and_rjieba_cut_alike(evaluation) -> None:
    pytest.importorskip("rjieba", reason="the accelerators are not installed: there is nothing to compare")
    text = (evaluation / "xquad_zh" / "docs.jsonl").read_text() + (
        evaluation / "xquad_zh" / "queries.jsonl"
    ).read_text()
    runs = re.findall(r"[\u4e00-\u9fff]+", text)
    fast, reference = han_cutter(), jieba_cutter()
    assert len(runs) > 8_000
    assert [run for run in runs if list(fast(run)) != reference(run)] == []


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("中芯国际公布2026年第一季度业绩", "zh"),
        ("台積電 CoWoS HBM4 Blackwell GPU 產能", "zh"),
        ("SMIC (中芯国际) reports first quarter results and capital expenditure plans for the year", "en"),
        ("半導体の売上高は前年同月比で増加しました", "ja"),
        ("삼성전자 반도체 실적 발표", "ko"),
        ("Chip sales rise", "en"),
        (
            "Die Halbleiterindustrie hat im vergangenen Jahr ihren Umsatz deutlich gesteigert, teilte der Verband am Montag "
            "mit, und rechnet auch für das laufende Jahr mit einem Wachstum, das über dem der vergangenen Jahre liegt. "
            "Besonders gefragt seien Speicherbausteine.",
            "de",
        ),
        ("2330 5,268", ""),
        ("", ""),
    ],
)
def test_language(text: str, language: str) -> None:
    assert detect_language(text) == language
