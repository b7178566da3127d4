"""Concepts of a query: names in any language, kinds and members, words with their translations."""

from __future__ import annotations

import pytest

from similarity.query.concepts import NARROWER_SHARE, Kind, emphasized, of_terms, of_words
from text.analysis.analyzer import Analyzer
from text.analysis.document import analyzed_query, concept_token
from text.analysis.glossary import glossary
from text.translation.translator import Translation

ANALYZER = Analyzer()


def concepts(text: str, any_of=()):
    query = analyzed_query(text, ANALYZER)
    return [*of_terms(query.concepts, any_of), *of_words(query.tokens, [])]


@pytest.mark.parametrize("name", ["台积电", "TSMC", "台積電", "Taiwan Semiconductor Manufacturing Company"])
def test_a_company_is_one_name_in_any_language(name: str) -> None:
    (concept,) = concepts(name)
    assert concept.kind is Kind.NAME
    assert concept.tokens[0] == (concept_token(glossary().of("台积电")), 1.0)
    assert not concept.word_parts, "a part of a company's name is another name"


def test_a_family_is_met_by_its_members_for_less_and_a_member_by_itself_alone() -> None:
    (family,) = concepts("HBM")
    (member,) = concepts("HBM4")
    own = concept_token(glossary().of("HBM4"))
    assert (own, NARROWER_SHARE) in family.tokens
    assert (own, 1.0) in member.tokens
    assert concept_token(glossary().of("HBM")) not in dict(member.tokens)


def test_a_class_of_companies_is_no_name() -> None:
    (makers,) = concepts("存储厂商")
    assert makers.kind is Kind.TERM
    assert concept_token(glossary().of("美光")) in dict(makers.tokens)


def test_a_month_and_a_quarter_are_periods() -> None:
    kinds = {concept.surface: concept.kind for concept in concepts("台积电 6月 二季度 营收")}
    assert kinds["m06"] is Kind.PERIOD and kinds["q2"] is Kind.PERIOD


def test_alternatives_are_one_concept() -> None:
    pair = tuple(glossary().of(name) for name in ("美光", "铠侠"))
    either, matter = concepts("美光 OR 铠侠 涨价", [pair])
    assert either.surface == "美光 OR 铠侠" and either.kind is Kind.NAME
    assert {concept_token(term) for term in pair} <= dict(either.tokens).keys()
    assert matter.surface == "涨价"


def test_a_phrase_translates_each_of_its_words_but_not_into_one_another() -> None:
    phrase = Translation("last night", 1, (("昨晚", 1.0), ("last", 0.5), ("night", 0.5)))
    last, night = of_words(["last", "night"], [phrase])
    assert last.translations == night.translations == (("昨晚", 1.0),)


def test_in_an_article_companies_and_products_weigh_more_than_places() -> None:
    query = analyzed_query("台积电 上海 H20", ANALYZER)
    terms = {concept.surface: concept.term for concept in query.concepts}
    weights = {concept.surface: concept.emphasis for concept in emphasized(of_terms(query.concepts), terms)}
    assert weights["台积电"] > 1 and weights["H20"] > 1 and weights.get("上海", 0.4) < 1
