from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands import run_fresh
from text.analysis import gaps

NAMES = ["北京", "上海", "广州", "深圳", "南京", "杭州"]
LATIN = [
    "Makers of tools met Qnodex Zarvin in {} today, and a zebra walked by.",
    "In {} the firm Qnodex Zarvin sold tools to TSMC.",
    "Yesterday in {} tools of Qnodex Zarvin were shown.",
]
CHINESE = ["今天{}的夔芯汇公布业绩。", "{}客户选择夔芯汇，因为便宜", "据{}媒体报道，夔芯汇扩产", "夔芯汇在{}建厂"]

FILLING = ["今年客户的需求很多，公司表示满意"] * 100
"""Of a few sentences alone the words' mutual information says nothing."""


def annotated(lines: list[str]) -> gaps.AnnotatedTexts:
    return gaps.AnnotatedTexts(line.format(place) for place in NAMES for line in lines)


def test_unknown_latin_names_are_phrases_of_words_without_lower_case() -> None:
    found = {gap.name: gap.count for gap in gaps.unknown_latin(annotated(LATIN))}
    assert found == {"Qnodex Zarvin": 18}


def test_a_word_that_is_also_written_small_is_no_name() -> None:
    texts = annotated([*LATIN, "the qnodex is small", "a zarvin too"])
    assert gaps.unknown_latin(texts) == []


def test_names_of_the_glossary_are_known() -> None:
    texts = annotated(["In {} TSMC and Nvidia met Jensen Huang."])
    assert gaps.unknown_latin(texts) == []


def test_chinese_names_that_are_cut_apart_or_guessed() -> None:
    (found,) = [gap for gap in gaps.unknown_chinese(annotated(CHINESE + FILLING)) if "夔" in gap.name]
    assert (found.name, found.count) == ("夔芯汇", 24)
    assert found.reason.startswith("cut ") or found.reason == "guessed"
    assert "夔芯汇" in found.example


def test_traditional_spelling_counts_with_the_simplified_one() -> None:
    lines = [*CHINESE[:2], "據{}媒體報導，夔芯匯擴產", "夔芯匯在{}建廠", *FILLING]
    (found,) = [gap for gap in gaps.unknown_chinese(annotated(lines)) if "夔" in gap.name]
    assert (found.name, found.count) == ("夔芯汇", 24)


def test_words_of_the_dictionary_and_names_of_the_glossary_are_no_gaps() -> None:
    assert gaps.unknown_chinese(annotated(["{}的台积电公布业绩", "在{}，公司表示客户很多", "{}寒武纪"])) == []


def test_rare_names_are_no_gaps() -> None:
    texts = gaps.AnnotatedTexts([LATIN[0].format("Bonn"), CHINESE[0].format("北京")])
    assert gaps.unknown_latin(texts) == gaps.unknown_chinese(texts) == gaps.doubtful(texts) == []


def test_a_name_that_is_mostly_a_part_of_a_longer_one_is_doubtful() -> None:
    lines = ["In {} they saw the Kepler Blackwell Zarvin open.", "from {} a kepler is seen"]
    (found,) = gaps.doubtful(annotated([lines[0]]))
    assert (found.name, found.count, found.reason) == ("blackwell", 6, "in Kepler Blackwell Zarvin")
    (found,) = gaps.doubtful(annotated(lines))
    assert found.reason == "in Blackwell Zarvin"
    assert gaps.doubtful(annotated([lines[0], "{}: Blackwell sells.", "Blackwell, of {}, sells well."])) == []


def test_a_name_with_capitals_that_is_mostly_written_small_is_doubtful() -> None:
    (found,) = gaps.doubtful(annotated(["a shovel for gaudi in {}"]))
    assert (found.name, found.count, found.reason) == ("gaudi", 6, "lower case")


def test_a_chinese_name_with_a_character_left_over_is_doubtful() -> None:
    (found,) = gaps.doubtful(annotated(["博通鑫，{}"]))
    assert (found.name, found.reason) == ("博通", "in 博通鑫")


@pytest.mark.parametrize("suffix", [".jsonl", ".txt"])
def test_the_command_prints_three_lists(tmp_path: Path, suffix: str) -> None:
    lines = [line.format(place) for place in NAMES for line in (*LATIN, *CHINESE, *FILLING)]
    if suffix == ".jsonl":
        lines = [json.dumps({"id": "1", "title": line, "text": "", "body": None}) for line in lines]
    (file := tmp_path / f"news{suffix}").write_text("\n".join(lines), "utf-8")
    done = run_fresh("text.analysis.glossary", "gaps", file, "--limit", 1)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    shown = done.stdout.splitlines()
    assert shown[0] == "Unknown names in Latin letters: 1"
    assert shown[1].split()[:3] == ["18", "Qnodex", "Zarvin"]
    assert "夔芯汇" in done.stdout
    assert "Names of the glossary that may be found wrongly: 0" in shown


@pytest.mark.parametrize("line", ["[1]", "{", '"title"'])
def test_a_line_that_is_no_article_is_told(tmp_path: Path, line: str) -> None:
    (file := tmp_path / "news.jsonl").write_text('{"title": "x"}\n' + line, "utf-8")
    done = run_fresh("text.analysis.glossary", "gaps", file)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"error: {file}, line 2: not a JSON object\n"


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    done = run_fresh("text.analysis.glossary", "gaps", tmp_path / "none.txt")
    assert (done.returncode, done.stdout) == (2, "")
    assert "No such file" in done.stderr
