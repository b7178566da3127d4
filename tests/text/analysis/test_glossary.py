from __future__ import annotations

import re

import pytest
from opencc import OpenCC

from text.analysis.analyzer import Analyzer
from text.analysis.chinese import han_segmenter
from text.analysis.glossary import CATEGORIES, CLASSES, FILE, Glossary, GlossaryError, glossary
from text.analysis.measures import rewrite_chinese
from text.analysis.normalize import normalize
from text.analysis.stopwords import STOP_WORDS

analyzer = Analyzer()
ROWS = [line.split("\t") for line in FILE.read_text("utf-8").splitlines() if not line.startswith("#")]

FRAMES = ["关于{}的报道", "公布了{}，", "{}及其他", "（{}）"]
CODES = {
    "Taiwan and Tokyo": r"[1-9]\d{3}|\d{3}[A-Z]",
    "Hong Kong": r"0\d{4}|0\d{3}",
    "Shanghai and Shenzhen": r"(60[0135]|68[89]|00[0123]|30[01])\d{3}",
    "Korea": r"(000|005|009|042)\d{2}0",
}
CHIPS = {"2708", "2716", "4004", "4040", "6502", "6800", "7400", "8008", "8051", "8080", "8085", "8086", "8088"}
KEPT_IN_NAMES = "昇乾鋐錤"  # OpenCC replaces them, the mainland keeps them in names


def test_the_glossary_is_large_and_of_all_parts_of_the_trade() -> None:
    assert len(ROWS) >= 3_000
    assert {row[0] for row in ROWS} == set(CATEGORIES)
    assert all(sum(row[0] == category for row in ROWS) >= 10 for category in CATEGORIES)


def test_every_line_has_clean_columns() -> None:
    for row in ROWS:
        assert len(row) == 4 or (len(row) == 5 and row[4]), row
        assert all(row[:3]), row
        for name in "; ".join(filter(None, row[1:])).split("; "):
            assert name == " ".join(name.split()), row
            assert re.fullmatch(r"=?[^=;；,，、|\t]+(, [^=;；,，、|\t]+)*", name), (name, row)


def test_chinese_terms_are_simplified_and_english_ones_are_not_chinese() -> None:
    to_simplified = OpenCC("t2s").convert
    usual = [re.sub(f"[{KEPT_IN_NAMES}]", "", row[1]) for row in ROWS]
    assert [name for name in usual if to_simplified(name) != name] == []
    assert [row[2] for row in ROWS if re.search(r"[\u3400-\u9fff]", row[2])] == []


def test_no_term_twice() -> None:
    glossary()  # refuses a name that leads to two terms
    for column in (1, 2):
        firsts = [row[column].split("; ")[0].lower() for row in ROWS]
        assert len(firsts) == len(set(firsts))


def test_codes_are_those_of_an_exchange_and_look_like_nothing_else() -> None:
    codes = [name for row in ROWS for name in row[3].split("; ") if re.match(r"\d+[A-Z]?$", name)]
    assert len(codes) > 300
    assert [code for code in codes if not re.fullmatch("|".join(CODES.values()), code)] == []
    assert [code for code in codes if re.fullmatch(r"(19|20)\d\d", code) or code in CHIPS] == []
    # Only variants are codes: what stands before them would be a term's first name.
    assert [row for row in ROWS if any(name.isdecimal() for name in (row[1], *row[2].split("; ")))] == []


def test_no_name_is_made_of_stop_words() -> None:
    """NOR, ON and IT are written like nor, on and it: such names need their capitals."""
    free = [name for term in glossary().terms for name in term.english if name not in term.exact]
    assert [name for name in free if all(word in STOP_WORDS for word in re.findall(r"\w+", name.lower()))] == []


@pytest.mark.parametrize(
    "text",
    [
        "neither this nor that was led by anyone",
        "more info, with nil effect",
        "start-ups in semi-automatic production via the web",
        "in order to bump into discrete steps",
        "a groundbreaking upgrade; they shrink, then bounce",
        "advanced energy and future electronics, the alphabet, a counterpoint",
        "UniCredit S.p.A. and its turnover of 2,330 or 2,303 units",
        "exposure to heat, its duties, double booking",
    ],
)
def test_ordinary_words_are_no_terms(text: str) -> None:
    assert [text[place.start : place.end] for place in analyzer.terms_of_trade(text)] == []


def test_a_preposition_is_no_company() -> None:
    text = "reliance on semiconductors, and on ON Semiconductor"
    found = [(text[place.start : place.end], place.term.chinese[0]) for place in analyzer.terms_of_trade(text)]
    assert found == [("semiconductors", "半导体"), ("ON Semiconductor", "安森美")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("申通快递", {"快递"}),  # 通快
        ("机芯和外壳", {"机芯", "外壳"}),  # 芯和
        ("并联电路与串联电路", {"并联电路", "串联电路"}),  # 联电
        ("是德国公司", {"德国", "公司"}),  # 是德
        ("这款芯源于硅谷", {"源于", "硅谷"}),  # 芯源
        ("公司高意向客户", {"公司", "意向", "客户"}),  # 高意
        ("微导管与瑞安路", {"导管"}),  # 微导
        ("台湾半导体产业", {"台湾", "半导体", "产业"}),
        ("新思路、三星期、能力成为、平安世界", {"新思路", "能力", "成为", "平安", "世界"}),
        ("表达产品与批量产生", {"表达", "产品", "批量", "产生"}),
    ],
)
def test_names_leave_the_words_around_them_whole(text: str, words: set[str]) -> None:
    found = {word for run in re.findall(r"[\u4e00-\u9fff]+", text) for word in han_segmenter()(run)}
    assert words - found == set()


DIFFERENT = [
    ("晶圆", "裸片", "芯片"),
    ("刻蚀", "薄膜沉积"),
    ("良率", "收益率", "股息率"),
    ("晶圆代工", "晶圆厂", "代工"),
    ("中微公司", "中微半导"),
    ("芯源微", "芯源系统"),
    ("清溢光电", "路维光电"),
    ("AMD", "Supermicro"),
    ("BCD", "CMOS"),
    ("热压键合", "热压键合机"),
    ("临时键合", "解键合"),
    ("显卡", "GPU"),
    ("x86", "CISC"),
    ("自研芯片", "定制芯片"),
    ("自动驾驶", "ADAS"),
    ("模型推理", "推理芯片"),
    ("模型训练", "训练芯片"),
    ("qubit", "quantum chip"),
    ("毛利", "毛利率"),
    ("goodwill", "goodwill impairment"),
    ("产业链", "供应链"),
    ("产值", "市场规模"),
    ("nearshoring", "friend-shoring", "reshoring"),
    ("decoupling", "de-risking"),
    ("北向资金", "南向资金", "沪深港通"),
    ("外资", "机构投资者"),
    ("实体清单", "黑名单"),
    ("end user", "validated end user"),
    ("foreign investment review", "outbound investment"),
    ("资安", "数据安全"),
    ("SoIC", "SOIC"),
    ("笔电", "电脑"),
    ("线宽", "关键尺寸"),
]


@pytest.mark.parametrize("names", DIFFERENT, ids="-".join)
def test_near_synonyms_are_different_things(names: tuple[str, ...]) -> None:
    terms = [glossary().of(name) for name in names]
    assert None not in terms
    assert len(set(terms)) == len(names)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("foundry\t台积电\tTSMC\t\nidm\t英特尔\tIntel\tTSMC", "line 2: TSMC already leads to 台积电"),
        ("memory\t存储器\tmemory\t記憶體\nmemory\t内存\tRAM\t", "line 2: 内存 already leads to 存储器"),
        ("nothing\t台积电\tTSMC\t", "line 1: no such category: nothing"),
        ("foundry\t台积电\t\t", "line 1: an empty name"),
        ("foundry\t台积电\tTSMC", "line 1: "),
        ("memory\tHBM4\tHBM4\t\tHBM", "line 1: no such broader term: HBM"),
        ("memory\tHBM\tHBM\t\nmemory\tHBM4\tHBM4\t\tHBM; memory", "line 2: no such broader term: memory"),
        ("memory\tHBM\tHBM\t\tHBM4\nmemory\tHBM4\tHBM4\t\tHBM", "line 1: HBM is broader than itself"),
        ("memory\tHBM\tHBM\t\tHBM", "line 1: HBM is broader than itself"),
        ("memory\tHBM\tHBM\t\tDRAM\tx", "line 1: "),
    ],
    ids=[
        "name-twice",
        "mainland-words",
        "category",
        "empty",
        "columns",
        "broader",
        "broader-not-usual",
        "cycle",
        "itself",
        "six-columns",
    ],
)
def test_a_wrong_line_is_refused(tmp_path, lines: str, message: str) -> None:
    (file := tmp_path / "glossary.tsv").write_text(lines, "utf-8")
    with pytest.raises(GlossaryError, match=re.escape(message)):
        Glossary(file)


def test_members_of_a_series_are_no_synonyms() -> None:
    series = ["H20", "H200", "H100", "H800", "HBM2E", "HBM3", "HBM3E", "HBM4", "LPDDR5", "LPDDR5X", "LPDDR6", "18A"]
    terms = [glossary().of(name) for name in series]
    assert None not in terms
    assert len(set(terms)) == len(series)
    narrower = glossary().narrower(glossary().of("HBM"))
    assert {glossary().of(name) for name in ("HBM2E", "HBM3", "HBM3E", "HBM4", "HBM4E")} <= set(narrower)
    assert glossary().of("DRAM") not in narrower


def test_broader_and_narrower_reach_over_several_steps() -> None:
    def names(terms) -> list[str]:
        return [term.chinese[0] for term in terms]

    hbm4 = glossary().of("HBM4")
    assert hbm4.broader == ("高带宽内存",)
    assert names(glossary().broader(hbm4)) == ["高带宽内存", "动态随机存取存储器", "存储器"]
    assert hbm4 in glossary().narrower(glossary().of("memory"))
    assert glossary().narrower(hbm4) == ()
    assert glossary().broader(glossary().of("memory")) == ()
    assert all(term in glossary().narrower(wider) for term in glossary().terms for wider in glossary().broader(term))


def test_a_term_with_several_broader_ones_is_reached_once(tmp_path) -> None:
    lines = ["memory\tA\tA1\t", "memory\tB\tB1\t\tA", "memory\tC\tC1\t\tA", "memory\tD\tD1\t\tB; C"]
    (file := tmp_path / "glossary.tsv").write_text("\n".join(lines), "utf-8")
    terms = Glossary(file)
    a, b, c, d = terms.terms
    assert terms.broader(d) == (b, c, a)
    assert terms.narrower(a) == (b, c, d)


def test_the_makers_of_a_category_are_members_of_its_class() -> None:
    assert {glossary().of(name) for name in CLASSES.values()} & {None} == set()
    makers = glossary().narrower(glossary().of("memory maker"))
    assert {glossary().of(name) for name in ("SK hynix", "长江存储", "Kioxia")} <= set(makers)
    assert glossary().of("TSMC") not in makers


@pytest.mark.parametrize(
    ("text", "found", "absent"),
    [
        ("The Rubin Observatory saw a comet", "鲁宾天文台", "鲁宾架构"),
        ("Its intel chief was dismissed", "情报部门", "英特尔"),
        ("Abercrombie & Fitch opened a shop", "阿贝克隆比", "惠誉"),
        ("英威腾发布变频器", "英威腾", "英伟达"),
        ("海光芯正递交招股书", "海光芯正", "海光信息"),
        ("零件短缺致新机延期", "缺货", "致新科技"),
        ("他向友人展示Galaxy S26", "三星Galaxy", "三星电子"),
        ("经纬创投领投", "经纬创投", "纬创资通"),
        ("A tank of the Gallant brigade; galaxies collide", "", "三星Galaxy"),
    ],
)
def test_a_name_inside_a_longer_one_of_another_thing(text: str, found: str, absent: str) -> None:
    names = {match.term.chinese[0] for match in analyzer.terms_of_trade(text)}
    assert absent not in names
    assert found in names or not found


@pytest.mark.parametrize(
    ("name", "members"),
    [
        ("国产GPU", ["摩尔线程", "Biren", "沐曦"]),
        ("国产AI芯片", ["寒武纪", "摩尔线程", "昆仑芯"]),
        ("存储厂商", ["长鑫存储", "Micron Technology", "江波龙"]),
        ("设备商", ["ASML", "北方华创", "Advantest"]),
        ("国产设备厂商", ["北方华创", "拓荆科技", "中科飞测"]),
        ("foundries", ["TSMC", "中芯国际", "力积电"]),
        ("封测厂", ["日月光", "长电科技", "Amkor"]),
        ("EDA vendors", ["Synopsys", "华大九天", "概伦电子"]),
        ("hyperscalers", ["AWS", "Microsoft", "阿里云"]),
        ("模拟芯片厂商", ["Texas Instruments", "圣邦股份", "矽力杰"]),
        ("neoclouds", ["CoreWeave", "Nebius"]),
        ("财报", ["净利润", "营收", "EPS", "gross margin", "单月营收"]),
        ("Nvidia", ["H20", "GB300", "Rubin Ultra"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "members",
)
def test_a_class_has_members(name: str, members: list[str]) -> None:
    (match,) = analyzer.terms_of_trade(name)
    narrower = glossary().narrower(match.term)
    assert [member for member in members if glossary().of(member) not in narrower] == []


@pytest.mark.parametrize(
    ("names", "term"),
    [
        (["capital budget", "spending plan", "资本支出", "capex"], "资本开支"),
        (["charge more", "raising prices", "price hike", "调涨", "提价", "漲價"], "涨价"),
        (["chip curbs", "export ban", "export controls", "对华芯片禁令"], "出口管制"),
        (["laid off", "cuts jobs", "headcount reduction", "裁员潮"], "裁员"),
        (["takeover", "agreed to buy", "M&A", "併購"], "收购"),
        (["go public", "stock market debut", "挂牌", "上市"], "首次公开募股"),
        (["teamed up", "partners with", "MoU", "携手"], "合作"),
        (["Chapter 11", "insolvency", "破产重整"], "破产"),
        (["Jensen Huang", "黃仁勳"], "黄仁勋"),
        (["台积电", "台積電", "TSMC", "tsmc", "ＴＳＭＣ", "2330", "TSM", "Taiwan Semiconductor"], "台积电"),
        (["制程", "製程", "process node", "工艺节点"], "制程"),
        (["晶圆", "晶圓", "wafer"], "晶圆"),
        (["芯片", "晶片", "chip"], "芯片"),
        (["集成电路", "積體電路", "积体电路", "IC"], "集成电路"),
        (["高带宽内存", "高頻寬記憶體", "HBM"], "高带宽内存"),
        (["光掩模", "光罩", "掩模版", "reticle"], "光掩模"),
        (["3纳米", "3奈米", "3nm", "3 nm"], "3纳米"),
        (["中芯国际", "中芯國際", "SMIC", "688981", "00981", "0981"], "中芯国际"),
        (["联华电子", "聯電", "UMC", "2303"], "联华电子"),
        (["中微公司", "中微半导体", "AMEC", "688012"], "中微公司"),
        (["面板级封装", "板级封装", "面板級封裝", "panel-level packaging"], "面板级封装"),
        (["MOSFET", "金氧半場效電晶體", "功率MOSFET"], "金属氧化物半导体场效应晶体管"),
        (["收益率", "殖利率", "bond yield"], "收益率"),
        (["等离子体", "電漿", "plasma"], "等离子体"),
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
    assert [name for name in names if list(han_segmenter()(name)) != [name]] == []
    compounds = [head + tail for head, tails in glossary().compounds.items() for tail in tails]
    assert {"a股", "3d堆叠", "t型栅", "12英寸", "3纳米"} <= set(compounds)
    words = [name for name in compounds if rewrite_chinese(name) == name]
    assert len(words) > 15
    assert [name for name in words if analyzer.tokens(name) != [name]] == []


@pytest.mark.parametrize("frame", FRAMES)
def test_a_name_is_whole_in_a_sentence(frame: str) -> None:
    names = [normalize(row[1]) for row in ROWS if re.fullmatch(r"[\u4e00-\u9fff]{2,}", row[1])]
    assert [name for name in names if name not in han_segmenter()(frame.format(name))] == []


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
    assert [found.term.english[0] for found in analyzer.terms_of_trade(text)] == named


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
    assert ("led",) not in names("light-emitting diode")
    assert names("InFO") == {("info", "packag"), ("integr", "fan")}


@pytest.mark.parametrize("frame", ["{}", "（{}）", "Orders for {}, and more."])
def test_every_name_leads_to_its_own_term(frame: str) -> None:
    lost = []
    for term in glossary().terms:
        for name in term.names:
            text = frame.format(name)
            found = analyzer.terms_of_trade(text)
            if not any(match.term is term and text[match.start : match.end] == name for match in found):
                lost.append((name, [match.term.chinese[0] for match in found]))
    assert lost == []
