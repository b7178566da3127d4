"""What is indexed of a text, and what a query is made of."""

from __future__ import annotations

import pytest

from text.analysis.analyzer import Analyzer
from text.analysis.document import (
    analyzed_article,
    analyzed_query,
    concept_of,
    concept_token,
    is_concept_token,
    is_period,
    nested_terms,
)
from text.analysis.glossary import glossary, is_name

ANALYZER = Analyzer()


def term(name: str):
    found = glossary().of(name)
    assert found, name
    return found


def indexed_concepts(text: str) -> set[str]:
    tokens = analyzed_article("", [text], ANALYZER).bigrams
    return {concept_of(token).chinese[0] for token in tokens if is_concept_token(token)}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("台积电说需求很好", "TSMC"),
        ("TSMC says that demand is good", "台积电"),
        ("Taiwan Semiconductor Manufacturing said so", "台积电"),
        ("台積電表示需求強勁", "TSMC"),
    ],
)
def test_a_concept_is_indexed_under_any_name(text: str, name: str) -> None:
    assert term(name).chinese[0] in indexed_concepts(text)


def test_a_name_of_several_words_is_met_as_a_whole_only() -> None:
    assert term("台积电").chinese[0] not in indexed_concepts("Taiwan has a semiconductor company")


def test_terms_inside_a_name_are_indexed_too() -> None:
    assert {term("三星电子").chinese[0], term("晶圆代工").chinese[0]} & indexed_concepts("三星晶圆代工获得订单")
    assert term("芯片").chinese[0] in indexed_concepts("汽车芯片短缺")


def test_inside_the_name_of_a_company_only_companies_count() -> None:
    company = term("应用材料")
    assert is_name(company)
    assert all(is_name(other) for other in nested_terms(company, "应用材料"))


def test_a_name_inside_a_word_that_leaves_one_character_over_is_none() -> None:
    assert term("高通").chinese[0] not in indexed_concepts("高通量测序仪器发布")


def test_a_concept_token_leads_to_its_term_and_a_bigram_to_none() -> None:
    for found in glossary().terms:
        assert concept_of(concept_token(found)) is found
    assert concept_of("台积") is None
    assert concept_of("#not a term") is None


@pytest.mark.parametrize(
    "text", ["2330.TW", "2330-tw", "２３３０.TW", "688981.SH", "688981.ss", "00981.HK", "2330.TW，688981.SH"]
)
def test_the_exchange_is_part_of_a_code(text: str) -> None:
    query = analyzed_query(text, ANALYZER)
    assert query.concepts and (query.tokens, query.bigrams) == ([], [])
    assert analyzed_query("2330.twist", ANALYZER).tokens == ["twist"]


def test_names_are_cut_out_of_a_query() -> None:
    query = analyzed_query("台积电下周公布新计划", ANALYZER)
    assert query.concepts[0].surface == "台积电"
    assert "台积电" not in query.tokens and "电下" not in query.bigrams
    assert query.length == len(query.tokens) + sum(len(ANALYZER.tokens(one.surface)) for one in query.concepts)


@pytest.mark.parametrize("text", ["台积电二季度营收", "TSMC second quarter revenue", "台积电第二季度的营收"])
def test_a_period_is_a_word_of_a_query_and_no_concept(text: str) -> None:
    query = analyzed_query(text, ANALYZER)
    assert "q2" in query.tokens
    assert not any(is_period(token) for one in query.concepts for token in ANALYZER.tokens(one.surface))


def test_an_abbreviation_that_is_a_stop_word_in_other_letters_is_a_concept() -> None:
    query = analyzed_query("WHO", ANALYZER)
    assert [concept.surface for concept in query.concepts] == ["WHO"] and not query.tokens


@pytest.mark.parametrize(
    ("token", "expected"), [("m06", True), ("q4", True), ("h1", True), ("m13", False), ("q5", False), ("3nm", False)]
)
def test_periods(token: str, expected: bool) -> None:
    assert is_period(token) is expected
