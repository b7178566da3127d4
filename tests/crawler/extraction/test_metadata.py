"""Metadata of a page: JSON-LD, microdata and meta elements."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from tests.crawler.extraction.html_pages import FIRST, PROSE, SECOND, THIRD, URL, ld, page, read


def test_json_ld_in_a_graph_with_references():
    head = ld(
        **{
            "@graph": [
                {"@type": "WebSite", "name": "Example"},
                {"@type": "Person", "@id": "#ann", "name": "Ann Author"},
                {
                    "@type": ["NewsArticle"],
                    "headline": "New fab opens early",
                    "datePublished": "2026-03-06T09:30:00-05:00",
                    "author": [{"@id": "#ann"}, {"@type": "Person", "name": "Bo Both"}],
                    "articleSection": ["Fabs"],
                    "keywords": "wafers, foundry",
                    "description": "A plant starts early.",
                },
            ]
        }
    )
    article = read(page(head=head))
    assert article.title == "New fab opens early"
    assert article.published == datetime(2026, 3, 6, 14, 30, tzinfo=UTC)
    assert article.authors == ["Ann Author", "Bo Both"]
    assert article.tags == ["Fabs", "wafers", "foundry"]
    assert article.summary == "A plant starts early."


def test_the_article_of_this_address_among_others():
    other = {
        "@type": "Article",
        "headline": "Another thing",
        "datePublished": "2025-01-01T00:00:00Z",
        "url": URL + "-2",
    }
    own = {"@type": "Article", "headline": "New fab opens early", "datePublished": "2026-03-06T09:30:00Z", "url": URL}
    head = f'<script type="application/ld+json">{json.dumps([other, own])}</script>'
    assert read(page(head=head)).published == datetime(2026, 3, 6, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "script",
    [
        '{"@type": "Article", "datePublished": "2026-03-06T09:30:00Z",}',
        '{"@type": "Article",\n"description": "two\nlines", "datePublished": "2026-03-06T09:30:00Z"}',
        '<!-- {"@type": "Article", "datePublished": "2026-03-06T09:30:00Z"} -->',
        '//<![CDATA[\n{"@type": "Article", "datePublished": "2026-03-06T09:30:00Z"}\n//]]>',
        "{&quot;@type&quot;: &quot;Article&quot;, &quot;datePublished&quot;: &quot;2026-03-06T09:30:00Z&quot;}",
        '{"@type": "Article", "datePublished": "2026-03-06T09:30:00Z"} {"@type": "WebSite"',
        '// the article\n{"@type": "Article", /* when */ "datePublished": "2026-03-06T09:30:00Z", "url": "https://a.b/c"}',
        '{"@type": "Article", "description": "He said "no" to it", "datePublished": "2026-03-06T09:30:00Z"}',
        '{"@type": "Article", "wordCount": ' + "9" * 5000 + ', "datePublished": "2026-03-06T09:30:00Z"}',
        '{"@type": "Article", "datePublished": 1772789400}',
        '{"@type": "Article", "datePublished": 1772789400000.0}',
    ],
)
def test_broken_json_ld(script):
    article = read(page(head=f'<script type="application/ld+json">{script}</script>'))
    assert article.published == datetime(2026, 3, 6, 9, 30, tzinfo=UTC)


def test_title_and_author_of_json_ld_with_bare_quotes() -> None:
    script = '{"@type":"NewsArticle","description":"Said "no"","headline":"Orders fall","author":{"name":"Ann Weber"}}'
    article = read(page(f"<h2>Orders fall</h2>{PROSE}", f'<script type="application/ld+json">{script}</script>'))
    assert (article.title, article.authors) == ("Orders fall", ["Ann Weber"])


def test_the_text_in_the_data_where_the_markup_has_none() -> None:
    text = f"{FIRST} {SECOND}"
    head = f'<script type="application/ld+json">{json.dumps({"@type": "NewsArticle", "articleBody": text})}</script>'
    assert read(page("<h1>New fab opens early</h1><div id='root'></div>", head)).body == text
    assert read(page(f"<h1>New fab opens early</h1>{PROSE}", head)).body.count("\n") == 2
    assert FIRST in read(page(f"<h1>New fab opens early</h1><noscript><div>{PROSE}</div></noscript>")).body


@pytest.mark.parametrize("script", ["", "{", "[1, 2]", '"text"', "null", "[" * 5000, '{"@graph": 1}', '{"@type": 5}'])
def test_useless_json_ld_spoils_nothing(script):
    article = read(page(head=f'<title>New fab opens early</title><script type="application/ld+json">{script}</script>'))
    assert article.title == "New fab opens early"
    assert article.body.startswith(FIRST)


@pytest.mark.parametrize(
    "meta",
    [
        '<meta property="article:published_time" content="2026-03-06T09:30:00Z">',
        '<meta value="2026-03-06T09:30:00Z" name="og:article:published_time">',
        "<meta name='pubdate' content='Mar 6, 2026 4:30 AM ET'>",
        '<META NAME="itemdate" CONTENT="2026-03-06T09:30:00Z">',
        '<meta name="sailthru.date" content="2026-03-06 09:30:00 +0000">',
        '<meta name="parsely-pub-date" content="2026-03-06T09:30:00Z">',
        '<meta itemprop="datePublished" content="2026-03-06T09:30:00Z">',
        '<meta name="article:published_time" content="soon"><meta name="date" content="2026-03-06T09:30:00Z">',
    ],
)
def test_dates_in_meta_elements(meta):
    assert read(page(head=meta)).published == datetime(2026, 3, 6, 9, 30, tzinfo=UTC)


def test_a_modification_is_no_publication():
    head = '<meta property="article:modified_time" content="2026-03-08T09:30:00Z">'
    assert read(page(head=head + ld(**{"@type": "Article", "dateModified": "2026-03-08T09:30:00Z"}))).published is None


def test_microdata():
    body = f"""<article itemscope itemtype="http://schema.org/NewsArticle">
      <h1 itemprop="headline">New fab opens early</h1>
      <time itemprop="datePublished" datetime="2026-03-06T09:30:00Z">today</time>
      <span itemprop="author"><a href="/ann"><span itemprop="name">Ann Author</span></a></span>
      <div itemprop="articleBody">{PROSE}</div></article>"""
    article = read(page(body))
    assert article.published == datetime(2026, 3, 6, 9, 30, tzinfo=UTC)
    assert article.authors == ["Ann Author"]
    assert article.body == f"{FIRST}\n{SECOND}\n{THIRD}"


@pytest.mark.parametrize(
    ("stated", "expected"),
    [("[&quot;name&quot;]", []), ("[&quot;Ann Author&quot;]", ["Ann Author"]), ("Author Name", []), ("undefined", []),
     ("admin", []), ("{{author}}", []), ("Norma Name", ["Norma Name"])],
)  # fmt: skip
def test_what_a_template_has_for_the_author_is_no_name(stated: str, expected: list[str]) -> None:
    assert read(page(head=f'<meta name="author" content="{stated}">')).authors == expected


def test_authors_are_people():
    head = """<meta name="author" content="By Ann Author, Bo Both and https://example.com/x | Example">
      <meta property="og:site_name" content="Example">"""
    assert read(page(head=head)).authors == ["Ann Author", "Bo Both"]


def test_codes_of_a_wire_are_no_tags():
    codes = ",".join(f"CODE{number}" for number in range(12))
    head = f'<meta name="keywords" content="{codes},Semiconductor plants">'
    assert read(page(head=head)).tags == ["Semiconductor plants"]


def test_a_summary_that_repeats_the_title_is_none():
    head = '<title>New fab opens early</title><meta name="description" content="New fab opens early - Example">'
    assert read(page(head=head)).summary == ""


@pytest.mark.parametrize(
    ("canonical", "expected"),
    [
        ("/news/fab-opens-early", "https://www.example.com/news/fab-opens-early"),
        ("https://example.com/news/1", "https://example.com/news/1"),
        ("https://m.example.com/news/1", "https://m.example.com/news/1"),
        ("https://www.other.com/news/fab-opens", URL),
        ("https://www.example.com/", URL),
        ("http://[broken", URL),
        ("", URL),
    ],
)
def test_canonical_address(canonical, expected):
    assert read(page(head=f'<link rel="canonical" href="{canonical}">')).url == expected
