"""Tokenize and Language: tokens of each page, the digest of a text, and its language."""

from __future__ import annotations

from datetime import UTC, datetime

from pipelines.language import Language
from pipelines.tokenize import tokenize
from store.article import Article
from text.analysis.analyzer import Analyzer

LONG = "台积电先进封装产能扩张，中芯国际公布业绩，存储芯片价格上涨。" * 5


def article(**fields) -> Article:
    return Article(
        **({"source": "sia", "url": "https://a.example/x", "title": "HBM4", "fetched": datetime.now(UTC)} | fields)
    )


def test_the_title_belongs_to_the_first_page() -> None:
    done = tokenize(article(body="one wafer\ftwo wafers"), Analyzer())
    assert done.pages == [["hbm4", "wafer"], ["two", "wafer"]]


def test_without_a_body_the_summary_is_tokenized() -> None:
    assert tokenize(article(summary="wafers"), Analyzer()).pages == [["hbm4", "wafer"]]


def test_the_digest_does_not_depend_on_the_title() -> None:
    first, second = (
        tokenize(article(body=LONG), Analyzer()),
        tokenize(article(title="other", body=LONG + "\n"), Analyzer()),
    )
    assert first.digest == second.digest != ""
    assert tokenize(article(body=LONG + "又及晶圆"), Analyzer()).digest != first.digest


def test_short_texts_have_no_digest() -> None:
    assert tokenize(article(body="short text"), Analyzer()).digest == ""


def test_the_language_is_detected_where_it_is_not_declared() -> None:
    assert Language().process_item(article(body=LONG)).language == "zh"
    assert Language().process_item(article(body=LONG, language="en")).language == "en"
