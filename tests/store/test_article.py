from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.article import Article, article_id, canonical_address, reasons_against, withhold

NOW = datetime(2026, 7, 1, tzinfo=UTC)


def article(**fields) -> Article:
    return Article(
        **({"source": "sia", "url": "https://a.example/x", "title": "T", "fetched": NOW, "body": "B"} | fields)
    )


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("HTTPS://WWW.Example.com:443/a/../b?x=1#top", "https://www.example.com/b?x=1"),
        ("https://example.com", "https://example.com/"),
        ("https://example.com/a?utm_source=rss&id=7&utm_medium=x", "https://example.com/a?id=7"),
        ("https://example.com/a?fbclid=1", "https://example.com/a"),
        ("https://example.com/a?from=timeline&isappinstalled=0", "https://example.com/a"),
        ("https://example.com/a?id=1&from=singlemessage&msclkid=2", "https://example.com/a?id=1"),
        ("https://example.com/a?from=2026-03-06", "https://example.com/a?from=2026-03-06"),
        ("https://example.com/a#!comments", "https://example.com/a"),
        ("file:///tmp/a.jsonl#line=3", "file:///tmp/a.jsonl#line=3"),
        ("http://例子.测试/新闻", "http://xn--fsqu00a.xn--0zwm56d/%E6%96%B0%E9%97%BB"),
        ("  https://example.com/a%7eb ", "https://example.com/a~b"),
        ("file:///tmp/a.html", "file:///tmp/a.html"),
        ("javascript:void(0)", "javascript:void(0)"),
        ("", ""),
    ],
)
def test_canonical_address(url: str, canonical: str) -> None:
    assert canonical_address(url) == canonical


@given(
    st.sampled_from(["http://a.example/", "https://b.example:8443/x/"]),
    st.text(alphabet="abcXYZ09._~-%/?&=+#新闻 ", max_size=30),
)
def test_canonical_address_is_its_own_canonical_address(start: str, rest: str) -> None:
    once = canonical_address(start + rest)
    assert canonical_address(once) == once


def test_the_id_is_computed_from_the_canonical_address() -> None:
    assert article(url="https://A.example/x#y").id == article(url="https://a.example/x").id
    assert article_id("https://a.example/x") == article(url="https://a.example/x").id
    assert len(article().id) == 24


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"title": " "}, "no title"),
        ({"title": "x" * 1001}, "title of 1001 characters"),
        ({"url": "mailto:a@b.example"}, "address 'mailto:a@b.example' is not http(s)"),
        ({"source": "No Key"}, "source 'No Key' is not a key"),
        ({"body": " "}, "no text"),
        ({"body": "好" * 3 * 2**20}, "body of 9 MiB; 8 MiB are stored"),
        ({"published": datetime(2026, 6, 1)}, "published has no time zone"),
        ({"published": NOW + timedelta(days=2)}, "published 2026-07-03, after it was fetched"),
        ({"fetched": datetime.now(UTC) + timedelta(days=3)}, "fetched in the future"),
        ({"kind": "poem"}, "kind 'poem' is none of news, report, filing, data"),
        ({"access": "all"}, "access 'all' is none of full, abstract, headline"),
    ],
)
def test_reasons_against_an_article(fields: dict, reason: str) -> None:
    assert reasons_against(article(**fields)) == [reason]


def test_a_valid_article_has_no_reasons_against_it() -> None:
    assert reasons_against(article(published=NOW + timedelta(hours=20))) == []
    assert reasons_against(article(access="headline", body="")) == []


@pytest.mark.parametrize(
    ("access", "body", "summary"), [("full", "B", "S"), ("abstract", "", "S"), ("headline", "", "")]
)
def test_withhold(access: str, body: str, summary: str) -> None:
    kept = withhold(article(access=access, summary="S"))
    assert (kept.body, kept.summary, kept.title) == (body, summary, "T")


def test_half_of_a_character_is_replaced_in_every_text() -> None:
    """JSON of a page or a file can contain it; neither a database nor an encoder takes it."""
    found = article(
        title="芯\ud83d片", body="芯\ud83d片", summary="芯\ud83d片", authors=["芯\ud83d片"], tags=["芯\ud83d片"]
    )
    assert {found.title, found.body, found.summary, *found.authors, *found.tags} == {"芯\ufffd片"}
