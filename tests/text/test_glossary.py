from __future__ import annotations

import re

import pytest
from opencc import OpenCC

from text.analyzer import Analyzer
from text.characters import plain
from text.glossary import CATEGORIES, FILE, Glossary, GlossaryError, glossary
from text.han import han_cutter

analyzer = Analyzer()
ROWS = [line.split("\t") for line in FILE.read_text("utf-8").splitlines() if not line.startswith("#")]

FRAMES = ["关于{}的报道", "公布了{}，", "{}及其他", "（{}）"]
NOT_TRADITIONAL = {"昇腾"}  # the maker's own spelling, with a character that the mainland keeps for names


def test_the_glossary_is_large_and_of_all_parts_of_the_trade() -> None:
    assert len(ROWS) >= 1_400
    assert {row[0] for row in ROWS} == set(CATEGORIES)
    assert all(sum(row[0] == category for row in ROWS) >= 10 for category in CATEGORIES)


def test_every_line_has_four_clean_columns() -> None:
    for row in ROWS:
        assert len(row) == 4, row
        assert all(row[:3]), row
        for name in "; ".join(filter(None, row[1:])).split("; "):
            assert name == " ".join(name.split()), row
            assert re.fullmatch(r"=?[^=;；,，、|\t]+(, [^=;；,，、|\t]+)*", name), (name, row)


def test_chinese_terms_are_simplified_and_english_ones_are_not_chinese() -> None:
    to_simplified = OpenCC("t2s").convert
    assert [row[1] for row in ROWS if to_simplified(row[1]) != row[1] and row[1] not in NOT_TRADITIONAL] == []
    assert [row[2] for row in ROWS if re.search(r"[\u3400-\u9fff]", row[2])] == []


def test_no_term_twice() -> None:
    glossary()  # refuses a name that leads to two terms
    for column in (1, 2):
        firsts = [row[column].split("; ")[0].lower() for row in ROWS]
        assert len(firsts) == len(set(firsts))


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("foundry\t台积电\tTSMC\t\nidm\t英特尔\tIntel\tTSMC", "line 2: TSMC already leads to 台积电"),
        ("memory\t存储器\tmemory\t記憶體\nmemory\t内存\tRAM\t", "line 2: 内存 already leads to 存储器"),
        ("nothing\t台积电\tTSMC\t", "line 1: no such category: nothing"),
        ("foundry\t台积电\t\t", "line 1: an empty name"),
        ("foundry\t台积电\tTSMC", "line 1: "),
    ],
    ids=["name-twice", "name-twice-in-mainland-words", "category", "empty", "columns"],
)
def test_a_wrong_line_is_refused(tmp_path, lines: str, message: str) -> None:
    (file := tmp_path / "glossary.tsv").write_text(lines, "utf-8")
    with pytest.raises(GlossaryError, match=re.escape(message)):
        Glossary(file)


@pytest.mark.parametrize(
    ("names", "term"),
    [
        (["台积电", "台積電", "TSMC", "tsmc", "ＴＳＭＣ", "2330", "TSM", "Taiwan Semiconductor"], "台积电"),
        (["制程", "製程", "process node", "工艺节点"], "制程"),
        (["晶圆", "晶圓", "wafer"], "晶圆"),
        (["芯片", "晶片", "chip"], "芯片"),
        (["集成电路", "積體電路", "积体电路", "IC"], "集成电路"),
        (["高带宽内存", "高頻寬記憶體", "HBM"], "高带宽内存"),
        (["光掩模", "光罩", "掩模版", "reticle"], "光掩模"),
        (["3纳米", "3奈米", "3nm", "3 nm"], "3纳米"),
        (["产能利用率", "稼動率", "capacity utilization"], "产能利用率"),
    ],
    ids=lambda value: value if isinstance(value, str) else "names",
)
def test_names_lead_to_one_another(names: list[str], term: str) -> None:
    assert {name: glossary().of(name).chinese[0] for name in names} == dict.fromkeys(names, term)


def test_words_in_other_letters_are_no_names() -> None:
    assert glossary().of("SAW").chinese[0] == "声表面波滤波器"
    assert glossary().of("saw") is None
    assert glossary().of("今天天气") is None
    assert glossary().of("") is None


def test_a_name_is_never_cut_apart() -> None:
    names = glossary().han_names()
    assert len(names) > 3_000
    assert [name for name in names if list(han_cutter()(name)) != [name]] == []
    compounds = [head + tail for head, tails in glossary().compounds.items() for tail in tails]
    assert {"a股", "3d堆叠", "t型栅", "12英寸", "3纳米"} <= set(compounds)
    assert [name for name in compounds if analyzer.tokens(name) != [name]] == []


@pytest.mark.parametrize("frame", FRAMES)
def test_a_name_is_whole_in_a_sentence(frame: str) -> None:
    names = [plain(row[1]) for row in ROWS if re.fullmatch(r"[\u4e00-\u9fff]{2,}", row[1])]
    assert [name for name in names if name not in han_cutter()(frame.format(name))] == []


def test_latin_words_are_whole() -> None:
    words = ["license", "licensed", "listen", "foundry", "substrate", "yield", "silicon", "nvidia", "cowos"]
    assert [len(analyzer.tokens(f"{word}许可{word}")) for word in words] == [3] * len(words)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("台積電的3奈米製程", {"台積電": "台积电", "3奈米": "3纳米", "製程": "制程"}),
        (
            "SMIC's foundries bought High-NA EUV",
            {"SMIC": "中芯国际", "foundries": "晶圆代工", "High-NA EUV": "高数值孔径极紫外光刻"},
        ),
        ("Coherent and coherent light", {"Coherent": "相干公司"}),
        ("ＲＩＳＣ－Ｖ 与 A股、2.5D 封装", {"ＲＩＳＣ－Ｖ": "RISC-V", "A股": "A股", "2.5D 封装": "2.5D封装"}),
        ("采用EUV光刻机量产…HBM４", {"EUV光刻机": "EUV光刻机", "量产": "量产", "HBM４": "第六代高带宽内存"}),
        ("he sold a share and saw nothing", {}),
        ("", {}),
    ],
    ids=["taiwan", "english", "capitals", "full-width", "longest", "none", "empty"],
)
def test_terms_in_a_text(text: str, found: dict[str, str]) -> None:
    terms = analyzer.terms_of_trade(text)
    assert {text[place.start : place.end]: place.term.chinese[0] for place in terms} == found
    assert [place.start for place in terms] == sorted(place.start for place in terms)


def test_every_name_is_found_in_a_text() -> None:
    lost = []
    for term in glossary().terms:
        for name in term.names:
            found = analyzer.terms_of_trade(f"（{name}）")
            if [(place.term, place.start, place.end) for place in found] != [(term, 1, len(name) + 1)]:
                lost.append((name, term.chinese[0], [place.term.chinese[0] for place in found]))
    assert lost == []


def test_names_as_the_tokens_of_an_index() -> None:
    names = analyzer.names_as_tokens(glossary().of("台积电"))
    assert names["zh"][0] == ("台积电",)
    assert names["en"][:2] == (("tsmc",), ("taiwan", "semiconductor"))
    assert ("tsm",) not in names["en"]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("local authorities", []),
        ("the rate, and a book", []),
        ("Foundries, wafers and memories", ["foundry", "wafer", "memory"]),
        ("credit RATINGS", ["rating"]),
    ],
)
def test_a_name_in_a_text_differs_in_the_plural_only(text: str, named: list[str]) -> None:
    assert [found.term.english[0] for found in Analyzer().terms_of_trade(text)] == named


def test_names_that_are_other_words_as_tokens_are_left_out() -> None:
    analyzer = Analyzer()

    def names(name: str) -> set[tuple[str, ...]]:
        return set(analyzer.names_as_tokens(glossary().of(name))["en"])

    assert ("stock",) not in names("out of stock")
    assert ("gate",) not in names("gate-all-around")
    assert names("GAA") >= {("gaa",)}
    assert ("local",) not in names("localization")
    assert names("Citi") == {("citigroup",)}
    assert names("RISC-V") == {("risc-v",)}
    assert ("moodi",) in names("Moody's")
