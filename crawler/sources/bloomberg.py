"""Bloomberg: headlines and descriptions from its feeds; pages that users bring are read from the JSON in them."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from crawler.discovery.entry_page import plain_text, plain_texts
from crawler.discovery.methods import Feed, Sitemap
from crawler.discovery.topic_words import SEMICONDUCTORS
from crawler.extraction.dates import parse_date
from crawler.extraction.metadata import author_names
from crawler.source import Selectors, Source
from store.article import Article

_SCRIPT = re.compile(
    rb"<script(?=[\s/])[^<>]{0,999}?\b(?:id\s{0,9}=\s{0,9}[\"']?__NEXT_DATA__|data-component-props\s{0,9}=\s{0,9}[\"']?(?:Article|Feature)Body)\b[^>]*>"
    rb"(.*?)(?:</script>|\Z)",
    re.DOTALL,
)
_NO_TEXT = frozenset({"media", "ad", "inline-newsletter", "embed", "image", "video", "audio"})
_PARAGRAPHS = re.compile(r"</?(?:p|h[1-6]|li|blockquote|div)\b[^>]*>|<br\b[^>]*>", re.IGNORECASE)


def story_of(page: bytes) -> dict[str, Any]:
    """The article in the page's JSON: in a script of its own (2020), or part of the data of the whole page (today)."""
    for script in _SCRIPT.findall(page):
        try:
            data = json.loads(script)
            story = data.get("story") or data["props"]["pageProps"]["story"]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            continue
        if isinstance(story, dict):
            return story
    return {}


def article_of(page: bytes, article: Article) -> Article:
    """*article* with the facts and the text in the page's JSON, which is whole where the markup is cut."""
    story = story_of(page)
    if not story:
        return article
    body = "\n".join(paragraphs(story.get("body")))
    abstract = [plain_text(line) for line in story.get("abstract") or () if isinstance(line, str)]
    date = parse_date(_text(story.get("publishedAt")), timezone="UTC", captured=article.fetched)
    authors = [_text(author.get("name")) for author in story.get("authors") or () if isinstance(author, dict)]
    return replace(
        article,
        title=_text(story.get("headline")) or article.title,
        summary=_text(story.get("summary")) or _text(story.get("dek")) or " ".join(abstract) or article.summary,
        body=body if len(body) >= len(article.body) else article.body,
        published=date or article.published,
        authors=author_names(authors or [_text(story.get("byline"))], ["Bloomberg"]) or article.authors,
        tags=list(plain_texts(map(_text, story.get("mostRelevantTags") or ()))) or article.tags,
    )


def paragraphs(body: Any) -> Iterator[str]:
    """The paragraphs of a story's body, which is HTML in older pages and a tree with texts as leaves in newer ones."""
    if isinstance(body, str):
        yield from plain_texts(_PARAGRAPHS.split(body))
    elif isinstance(body, dict) and body.get("type") not in _NO_TEXT:
        children = body.get("content") or ()
        if body.get("type") in ("paragraph", "heading", "listItem", "list-item"):
            if text := plain_text("".join(_leaves(body))):
                yield text
        else:
            for child in children:
                yield from paragraphs(child)


def _leaves(node: Any) -> Iterator[str]:
    if isinstance(node, dict) and node.get("type") not in _NO_TEXT:
        if isinstance(node.get("value"), str):
            yield node["value"]
        for child in node.get("content") or ():
            yield from _leaves(child)


def _text(value: Any) -> str:
    return plain_text(value) if isinstance(value, str) else ""


_SELECTORS = Selectors(
    title='h1.lede-text-v2__hed, h1[class^="headline__"], .lede-text-only__hed',
    # Only these: the template of 2020 shows the dates of ten other articles. Else the date is from JSON-LD.
    published='meta[name="iso-8601-publish-date"]::attr(content), time[itemprop=datePublished]::attr(datetime)',
    body=".body-copy-v2.fence-body p, .body-content > p, .body-copy p",
    # Not all of class "paywall": ordinary paragraphs have it too.
    drop='.page-ad, .paywall[data-ad-placeholder], [class*="inline-newsletter"], .for-you__wrapper',
)

SOURCE = Source(
    number=15,
    key="bloomberg",
    name="Bloomberg",
    name_zh="彭博",
    category="媒体",
    address="https://www.bloomberg.com/",
    note="行业新闻及指数",
    language="en",
    timezone="America/New_York",
    discovery=tuple(
        Feed(f"https://feeds.bloomberg.com/{name}news.rss", part=name or "all")
        for name in ("technology/", "industries/", "markets/", "")
    ),
    captured=(Sitemap("https://www.bloomberg.com/sitemaps/news/latest.xml", language="en"),),
    keep="abstract",
    enabled=True,
    why="The feeds are open; pages are blocked and the terms restrict reuse, so none is asked for.",
    read="entry",
    hosts=("www.bloomberg.com",),
    words=SEMICONDUCTORS,
    selectors=_SELECTORS,
    article_of=article_of,
)
