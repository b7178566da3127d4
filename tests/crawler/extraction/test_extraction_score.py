"""F1 scores of the bodies of captured pages, word by word, compared with those of trafilatura.

For two pages the expected body comes with the captures. For the others the element that holds the article was
selected by hand; its paragraphs and headings are the expected body.
"""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean

import pytest
from lxml.html import HTMLParser, document_fromstring
from trafilatura import extract

from crawler.extraction import read_document
from crawler.extraction.charset import decode
from crawler.extraction.selectors import elements_at

CAPTURED = datetime(2026, 7, 10, tzinfo=UTC)

HOLDERS = {
    "bloomberg/article-2020-06-11-sony-ps5.html": "div.body-copy-v2",
    "bloomberg/graphics-2016-apple-profits.html": "section.copy-block",
    "bloomberg/news-2014-09-30-job-woes.html": "div.article_body",
    "reuters/article-2014-12-30-sensex-in.html": "#articleText",
    "reuters/article-2016-usa-fed.html": "div.ArticleBodyWrapper",
    "reuters/article-2019-11-19-global-markets.html.gz": "div.StandardArticleBody_body",
    "reuters/article-2020-01-20-parasite.html": "div.ArticleBodyWrapper",
    "reuters/article-2020-06-11-palantir-ipo.html": "div.StandardArticleBody_body",
    "seeking_alpha/article-4210510-apple-price-matters.html": "#a-body",
    "semi/analogue-drupal8-awo.org-Menschenrechte.html": "div.inhalt-fliesstext",
    "semiinsights/analogue-chinadaily-zh-2023-11-17.html": "#Content",
    "semiinsights/analogue-ednchina-ai-chip.html": "div.article_text",
    "semiinsights/analogue-gb2312-DECLARED-utf8-alipay-blog-2009.html": "div.post-content",
    "semiinsights/analogue-gb2312-sina-ent-2009-11-09.html": "#artibody",
    "semiinsights/analogue-gbk-163-news-2016-02-20.html": "#endText",
    "semiinsights/analogue-hexun.html": "div.art_contextBox",
    "sia/analogue-wordpress-wikimediafoundation.org.html": "article.wysiwyg",
    "sia/sia_april_2026_sales.trimmed.html": "main.site-main",
    "wsts/wsts_recent_news_release.html": "div.ContentText",
}
READ_BY_OTHERS = {
    "reuters/article-2023-04-25-nepal-flydubai.html.gz": "V1",
    "reuters/article-2024-03-07-israeli-tank.html.gz": "V1_1",
}
_WORD = re.compile(r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+")


def bag(text: str) -> Counter[str]:
    """Words, and single Han characters."""
    return Counter(_WORD.findall(text.lower()))


def f1(found: str, expected: str) -> float:
    ours, theirs = bag(found), bag(expected)
    return 2 * (ours & theirs).total() / (ours.total() + theirs.total())


def expected_of(captures: Path, file: str, data: bytes) -> str:
    if version := READ_BY_OTHERS.get(file):
        body = json.loads((captures / "reuters/fundus-expected-Reuters.json").read_bytes())[version]["body"]
        parts = [body["summary"], *(texts for section in body["sections"] for texts in section.values())]
        return " ".join(text for texts in parts for text in texts)
    parser = HTMLParser(encoding="utf-8", remove_comments=True)
    root = document_fromstring(decode(data).encode("utf-8", "replace"), parser=parser)
    for silent in list(root.iter("script", "style", "noscript", "figcaption")):
        silent.drop_tree()
    texts = elements_at(root, ", ".join(f"{HOLDERS[file]} {tag}" for tag in ("p", "h2", "h3", "h4", "li")))
    outer = [element for element in texts if not any(above in texts for above in element.iterancestors())]
    return " ".join(element.text_content() for element in outer)


@pytest.fixture(scope="module")
def scores(captures) -> dict[str, tuple[float, float]]:
    """For each page our F1 and trafilatura's."""
    found = {}
    for file in (*HOLDERS, *READ_BY_OTHERS):
        data = (captures / file).read_bytes()
        data = gzip.decompress(data) if file.endswith(".gz") else data
        expected = expected_of(captures, file, data)
        assert len(expected) > 100, file
        ours = read_document(data, "https://www.example.com/page", captured=CAPTURED).body
        found[file] = f1(ours, expected), f1(extract(decode(data), include_comments=False) or "", expected)
    return found


def test_mean_is_at_least_trafilaturas(scores) -> None:
    ours, theirs = (mean(score[place] for score in scores.values()) for place in (0, 1))
    assert ours >= theirs, scores
    assert ours > 0.95, scores


def test_nothing_is_missed_altogether(scores) -> None:
    assert {file: ours for file, (ours, _) in scores.items() if ours < 0.85} == {}
