"""Broken pages: no article has markup in its title, control characters in its texts, or blanks in an address."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crawler.extraction import read_document
from store.article import Article, File, reasons_against
from tests.extraction.cases import cases
from tests.extraction.fuzz import broken_pages, faults_of, read

NOW = datetime(2026, 11, 20, tzinfo=UTC)
MAX_SECONDS = 30
"""Of processor time: a page that takes longer hangs. ``make fuzz`` prints what pages really take."""


@pytest.fixture(scope="module")
def results():
    return [(page.seed, *read(page)) for page in broken_pages(300, large=0.003)]


def test_no_article_has_what_it_must_not_have(results) -> None:
    assert {seed: faults for seed, faults, _ in results if faults} == {}


def test_none_hangs(results) -> None:
    assert [seed for seed, _, seconds in results if seconds > MAX_SECONDS] == []


def test_the_pages_are_broken_and_the_same_each_time() -> None:
    pages = list(broken_pages(60))
    assert pages == list(broken_pages(60))
    assert pages != list(broken_pages(60, "other"))
    whole = {case.data for case in cases()}
    assert sum(page.data not in whole for page in pages) > 50


def article(**more: object) -> Article:
    return Article(**{"source": "file", "url": "https://www.example.com/1", "title": "Title", "fetched": NOW} | more)


def test_what_the_fuzz_looks_for_it_finds() -> None:
    bad = article()
    bad.title, bad.body, bad.url, bad.tags = "A <b>bold</b> word", "one\x1btwo", "https://www.example.com/a b", ["a\nb"]
    bad.files = [File(url="https://www.example.com/<i>")]
    assert len(faults_of(bad)) == 5


@pytest.mark.parametrize(
    ("title", "plain"),
    [
        ("A <b>bold</b> <i class='x'>word</i>", "A bold word"),
        ("New fab<br/>opens", "New fab opens"),
        ("New fab opens</titel><meta name='a' content='b'><script>var a;", "New fab opens"),
        ("New fab opens <a href='/x", "New fab opens"),
        ("\x01New\tfab\x85opens\x9b\u2028early", "New fab opens early"),
        ("Vgs<Vth in <10 nm nodes, 3 > 2", "Vgs< Vth in <10 nm nodes, 3 > 2"),
        ("港芯<em>微电子</em>推迟投产", "港芯微电子推迟投产"),
        ("<span>Only</span>", "Only"),
    ],
)
def test_titles_are_plain_wherever_they_come_from(title: str, plain: str) -> None:
    made = article(title=title, authors=[f"Ann\x00 {NOW:%Y}"], tags=["a\x1bb"])
    assert made.title == plain
    assert faults_of(made) == []


def test_texts_keep_their_lines_and_pages() -> None:
    made = article(body="one\r\ntwo\x0bthree\x85four\ffive\t6\x00\x9b\x7f", summary="a\x01b")
    assert (made.body, made.summary) == ("one\ntwo\nthree\nfour\ffive\t6", "ab")


@pytest.mark.parametrize(
    "url", ["https://www.example.com/a\x01b", "https://www.ex ample.com/", 'https://www.ex"ample.com/']
)
def test_an_address_with_blanks_or_markup_is_refused(url: str) -> None:
    made = article(body="text")
    made.url = url
    assert any("blanks or markup" in reason for reason in reasons_against(made))
    assert reasons_against(article(body="text")) == []


@pytest.mark.parametrize("written", ["\x1b", "&#x1b;", "&#27", "&#x0001F;", "&#65535;", "\uffff", "\x0c"])
def test_a_control_character_inside_an_unclosed_button_costs_nothing(written: str) -> None:
    data = f"<button>Menu<div>{written}<main><h1>New fab opens</h1><p>{'Wafers are made of silicon, mostly. ' * 9}</p></main>"
    made = read_document(data.encode(), "https://www.example.com/1", captured=NOW)
    assert made.title == "New fab opens"
    assert "silicon" in made.body
    assert faults_of(made) == []


def test_references_to_other_characters_stay() -> None:
    data = f"<h1>New fab &#8211; opens &#38; &#x41;&#10;&#12539;</h1><p>{'Wafers are made of silicon. ' * 9}</p>"
    assert read_document(data.encode(), "https://www.example.com/1", captured=NOW).title == "New fab – opens & A ・"
