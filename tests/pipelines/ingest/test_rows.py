"""Rows of a JSONL file: what they need, and how much of an article they are taken for."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.ingest.fields import FIELDS
from pipelines.ingest.rows import article_of_row
from store.article import reasons_against, withhold

NOW = datetime(2026, 11, 20, tzinfo=UTC)
URL = "https://a.example/1"
TITLE = "Rapidus borrows 300 billion yen"


def has_letters(text: str) -> bool:
    """Whether *text* has letters or digits, of which "℡" is three."""
    return any(map(str.isalnum, normalize("NFKC", text)))


def read(**fields: object):
    return article_of_row({"url": URL} | fields, NOW)


@pytest.mark.parametrize(
    ("fields", "access"),
    [
        ({}, "headline"),
        ({"body": None, "summary": None}, "headline"),
        ({"body": " \n\t"}, "headline"),
        ({"body": TITLE}, "headline"),
        ({"text": f"  {TITLE.upper()}.\n"}, "headline"),
        ({"body": "……"}, "headline"),
        ({"summary": f"{TITLE}!"}, "headline"),
        ({"body": TITLE, "summary": "Banks want a guarantee."}, "abstract"),
        ({"summary": "Banks want a guarantee."}, "abstract"),
        ({"body": "Banks want a guarantee."}, "full"),
        ({"body": "", "text": "Banks want a guarantee."}, "full"),
        ({"kind": "data"}, "full"),
    ],
)
def test_access_follows_from_what_there_is(fields: dict[str, object], access: str) -> None:
    article = read(title=TITLE, **fields)
    assert (article.title, article.access) == (TITLE, access)
    assert reasons_against(article) == []
    assert withhold(article) == article


@pytest.mark.parametrize(
    ("text", "title", "access"),
    [
        ("晶合集成：四季度产能利用率回升", "晶合集成：四季度产能利用率回升", "headline"),
        ("【晶合集成扩产】公司公告，拟投资建设新产线。", "晶合集成扩产", "full"),
        ("【】公司公告，拟投资。", "【】公司公告，拟投资。", "headline"),
        ("Onsemi cuts jobs\nThe company names no number.", "Onsemi cuts jobs", "full"),
        (f"Onsemi cuts jobs in the U.S. and Malaysia. {'More is not known. ' * 12}", None, "full"),
        (f"公司公告，拟投资建设新产线。{'其余未披露。' * 40}", "公司公告，拟投资建设新产线。", "full"),
        ("词" * 300, "词" * 199 + "…", "full"),
    ],
)
def test_a_flash_without_title_is_named_by_its_beginning(text: str, title: str | None, access: str) -> None:
    for name in ("body", "text"):
        article = read(**{name: text})
        assert article.title == (title or "Onsemi cuts jobs in the U.S. and Malaysia.")
        assert article.access == access
        assert article.body == (text if access == "full" else "")
        assert reasons_against(article) == []
    assert read(title="--", body=text).title == article.title


def test_a_summary_alone_is_a_headline() -> None:
    article = read(summary="Onsemi cuts jobs")
    assert (article.title, article.summary, article.access) == ("Onsemi cuts jobs", "", "headline")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"title": TITLE}, "url is missing"),
        ({"url": URL}, "title is missing, and there is no text"),
        ({"url": URL, "title": "", "body": "…", "summary": " "}, "title is missing, and there is no text"),
        ({"url": URL, "title": "！！ –"}, "title '！！ –' is of signs only, and there is no text"),
        # In small letters this mark is an iota.
        ({"url": URL, "title": ":\u0345"}, "title ':\u0345' is of signs only, and there is no text"),
        ({"url": URL, "title": 7}, "title is not a text"),
        ({"url": URL, "title": TITLE, "body": ["a"]}, "body is not a text"),
        ({"url": URL, "title": TITLE, "tags": [1]}, "tags is not a list of texts"),
    ],
)
def test_refused(row: dict[str, object], reason: str) -> None:
    with pytest.raises(ValueError, match="^" + reason.replace(".", r"\.") + "$"):
        article_of_row(row, NOW)


@given(st.text(max_size=400), st.text(max_size=400), st.text(max_size=400))
def test_whatever_is_written_is_refused_or_stored_with_a_title(title: str, body: str, summary: str) -> None:
    try:
        article = read(title=title, body=body, summary=summary)
    except ValueError:
        assert not has_letters(title + body + summary)
        return
    assert has_letters(article.title)
    assert withhold(article) == article
    assert [reason for reason in reasons_against(article) if not reason.startswith("title of")] == []


def test_every_field_is_described() -> None:
    """A row with every field that ``--help`` lists gives an article that has each."""
    row = {
        "url": URL,
        "title": TITLE,
        "body": "Banks want a guarantee.",
        "summary": "A loan.",
        "published": "2026-11-02",
        "fetched": "2026-11-03",
        "language": "en",
        "source": "chip_daily",
        "authors": ["A. Writer"],
        "tags": "loans",
        "kind": "report",
    }
    assert {name for name, _, _ in FIELDS} == row.keys() | {"text"}
    stored = asdict(article_of_row(row, NOW))
    assert {name: stored[name] for name in row if name not in ("published", "fetched", "tags")} == {
        name: value for name, value in row.items() if name not in ("published", "fetched", "tags")
    }
    assert (stored["tags"], stored["published"].date().isoformat()) == (["loans"], "2026-11-01")
