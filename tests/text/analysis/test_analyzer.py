from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from text.analysis.analyzer import Analyzer
from text.analysis.chinese import han_segmenter, jieba_segmenter
from text.analysis.glossary import glossary
from text.language import detect_language

analyzer = Analyzer()


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("阿里发布AI芯片 含光800", ["阿里", "发布", "ai", "芯片", "含光", "800"]),
        ("毛利率與營業收入", ["毛利率", "营业", "收入"]),
        ("ＴＳＭＣ　３ｎｍ", ["tsmc", "3nm"]),
        ("RISC-V, GAA and N3E", ["risc-v", "gaa", "n3e"]),
        ("10-K R&D x-ray", ["10-k", "r&d", "x-ray"]),
        ("U.S. data-center chips", ["us", "data", "center", "chip"]),
        ("TSMC's 5,268.5亿 in 1Q26", ["tsmc", "526850000000", "q1", "2026"]),
        ("boundary-layer flows", ["boundari", "layer", "flow"]),
        ("2330.TW", ["2330"]),
        ("先进封装\ud800 HBM4\udfff", ["先进", "封装", "hbm4"]),
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


@given(st.text(alphabet="ab12.,'-&/+:_ \n(%", max_size=60))
def test_plain_text_has_the_same_tokens_beside_kana(text: str) -> None:
    """Kana are read by a pattern of their own, sign by sign; what stands before them is read as it is alone."""
    assert analyzer.tokens(f"{text} カ") == [*analyzer.tokens(text), "カ"]
    assert analyzer.tokens(f"{text} é カ") == [*analyzer.tokens(f"{text} é"), "カ"]


def test_a_compound_is_found_at_the_end_of_a_long_text() -> None:
    heads = glossary().compounds
    for head in filter(None, heads):
        name = head + heads[head][0]
        assert analyzer.tokens(f"{'Orders for the process rose. ' * 40}{name}")[-1:] == analyzer.tokens(name)[-1:]
        assert analyzer.tokens(f"{'9' * 40}{name}")[0].startswith("9" * 40)


@given(st.text(alphabet="晶圆代工台积电毛利率芯片设计 TSMC3nm,", max_size=60))
def test_width_and_case_do_not_matter(text: str) -> None:
    wide = "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in text)
    assert analyzer.tokens(wide.upper()) == analyzer.tokens(text)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("台積電的3奈米製程與CoWoS先進封裝", ["台积电", "3nm", "制程", "cowos", "先进", "封装"]),
        ("記憶體與積體電路", ["内存", "集成电路"]),
        ("支援与元件", ["支援", "元件"]),  # the mainland's word, not Taiwan's for 支持
        ("3D堆叠、A股市场、T型栅和 2.5D 封装；12 英寸", ["3d堆叠", "a股", "市场", "t型栅", "2.5d封装", "12inch"]),
        ("5G基站与AI芯片", ["5g", "基站", "ai", "芯片"]),
        ("14/16纳米, 1.28纳米", ["14", "16nm", "1.28nm"]),
        ("全环绕栅极晶体管的背面供电", ["全环绕栅极", "晶体管", "背面", "供电"]),
        ("license, Licensed GPUs of ICs", ["licens", "licens", "gpu", "ic"]),
        ("a" * 61 + "晶圆" + "b" * 60, ["晶圆", "b" * 60]),
        ("晶圆\n\n\0芯片\n", ["晶圆", "芯片"]),
    ],
)
def test_words_of_the_trade_are_tokens(text: str, tokens: list[str]) -> None:
    assert analyzer.tokens(text) == tokens


@pytest.mark.parametrize(
    ("compound", "word"),
    [("半导体设备", "半导体"), ("资本开支", "开支"), ("玄戒芯片", "玄戒")],
)
def test_a_compound_is_found_by_its_words(compound: str, word: str) -> None:
    assert glossary().of(compound)
    assert word in analyzer.tokens(compound)


@pytest.mark.parametrize("company", ["应用材料", "中芯国际", "北方华创", "安世半导体"])
def test_a_name_put_together_from_words_is_one_word(company: str) -> None:
    assert analyzer.tokens(company) == [company]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Ryzen™ 9 and Snapdragon® chips", ["ryzen", "9", "snapdragon", "chip"]),
        ("EBITDA¹ and orders² rose", ["ebitda", "order", "rose"]),
        ("净利率³创新高", ["净利率", "创新高"]),
        ("10¹⁹ atoms per cm³", ["10", "19", "atom", "cm3"]),
        ("10^19", ["10", "19"]),
        ("8 mm² dies", ["8", "mm2", "die"]),
        ("C++ and C# tools", ["c++", "c#", "tool"]),
        ("28nm+ nodes", ["28nm", "node"]),
        ("Boeing, BOE", ["boeing", "boe"]),
        ("C轮投资、Pre-B轮与P型材料", ["c轮", "投资", "pre", "b轮", "p型", "材料"]),
    ],
)
def test_signs_at_a_word(text: str, tokens: list[str]) -> None:
    assert analyzer.tokens(text) == tokens


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("对铟、铪征税", {"铟", "铪"}),
        ("钴价大涨", {"钴"}),
        ("氧化镓衬底", {"氧化镓"}),
    ],
)
def test_an_element_is_a_word(text: str, words: set[str]) -> None:
    assert words <= set(analyzer.tokens(text))


@pytest.mark.parametrize(
    ("text", "other", "name"),
    [
        ("中美光伏企业谈判", {"光伏"}, "美光"),
        ("对美光刻机出口", {"光刻机"}, "美光"),
        ("用户后台积分兑换", {"后台", "积分"}, "台积"),
        ("销量增长电子业务", {"增长", "电子"}, "长电"),
        ("首座动力积电站", {"电站"}, "力积电"),
    ],
)
def test_a_name_within_other_words_is_none(text: str, other: set[str], name: str) -> None:
    assert other <= set(analyzer.tokens(text))
    term = glossary().of(name)
    assert term is not None
    assert term not in {found.term for found in analyzer.terms_of_trade(text)}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("美国对美光展开调查", "美光"),
        ("由美光和高通公司联合发布", "美光"),
        ("由美光和高通公司联合发布", "高通"),
        ("博通向富士通供货", "博通"),
        ("长电增长", "长电"),
        ("前台积电高管", "台积电"),
        ("力积电站稳脚跟", "力积电"),
    ],
)
def test_a_name_next_to_other_words_is_one(text: str, name: str) -> None:
    assert glossary().of(name) in [found.term for found in analyzer.terms_of_trade(text)]


@settings(deadline=None)  # the first call loads jieba's dictionary
@given(st.text(alphabet="晶圆代工最々\U00020000\n\0 3Da股堆叠,。한の", max_size=40))
def test_a_text_is_cut_as_its_runs_are(text: str) -> None:
    cut = han_segmenter()
    han = re.findall(r"[\u4e00-\u9fff]+", text)
    assert [word for word in cut("\n".join(han)) if word != "\n"] == [word for run in han for word in cut(run)]
    assert "\n" not in analyzer.tokens(text)
    assert "\0" not in analyzer.tokens(text)


@settings(deadline=None)
@given(st.text(alphabet="晶圆代工沈坏默了瞭解 圓3Da，。？：——…·“”⼀㈱ ｶﾞe\u0301ß\u3099\ud800", max_size=30))
def test_no_token_depends_on_the_way_taken(text: str) -> None:
    # 〇 is a word of its own, and no text with it is among those whose characters need no turning.
    assert analyzer.tokens(f"{text}\n〇") == [*analyzer.tokens(text), "〇"]


def test_jieba_and_rjieba_cut_alike(evaluation) -> None:
    pytest.importorskip("rjieba", reason="the accelerators are not installed: there is nothing to compare")
    names = ["xquad_zh/docs", "xquad_zh/queries", "wmt21_zh_en/queries", "lcqmc/pairs.dev", "lcqmc/pairs.test"]
    text = "".join((evaluation / f"{name}.jsonl").read_text("utf-8") for name in names)
    # Of rare characters beyond U+9FFF jieba makes no words (奇𬭎); its dictionary has none.
    names = [name for name in glossary().han_names() if max(name) <= "\u9fff"]
    runs = sorted({*re.findall(r"[\u4e00-\u9fff]+", text), *names})
    assert len(runs) > 60_000
    fast, reference = han_segmenter()("\n".join(runs)), jieba_segmenter()("\n".join(runs))
    if fast != reference:  # looked for only then: one by one takes three times as long
        assert [run for run in runs if list(han_segmenter()(run)) != jieba_segmenter()(run)] == []
    assert fast == reference


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


def test_what_is_kept_of_the_glossary_gives_the_same_tokens_and_terms(tmp_path: Path) -> None:
    fresh = Analyzer()
    for _ in range(2):  # the second time from the files
        han_segmenter.cache_clear()
        kept = Analyzer(tmp_path)
        for term in glossary().terms:
            assert kept.names_as_tokens(term) == fresh.names_as_tokens(term)
            text = "，".join(term.names)
            assert kept.terms_of_trade(text) == fresh.terms_of_trade(text)
            assert kept.tokens(text) == fresh.tokens(text)
    assert len([*tmp_path.glob("*.json")]) >= 3
    for file in tmp_path.glob("*.json"):
        file.write_text("[", "utf-8")
    han_segmenter.cache_clear()
    assert Analyzer(tmp_path).tokens("台积电先进封装产能") == fresh.tokens("台积电先进封装产能")
    han_segmenter.cache_clear()
