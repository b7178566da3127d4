"""What the page shows of articles: links that are safe to follow, citations, marked passages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from similarity.analytics.surface_forms import forms_in, is_latin
from similarity.index import TIME_ZONE
from similarity.ranking.results.hits import Hit
from store.article import Article
from store.documents.sources import SourceRow

LABELS: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "access": {
        "full": ("全文", "full text"),
        "abstract": ("摘要", "abstract"),
        "headline": ("仅标题", "headline only"),
    },
    "kind": {
        "news": ("新闻", "news"),
        "report": ("报告", "report"),
        "filing": ("公告", "filing"),
        "data": ("数据", "data"),
    },
    "language": {"zh": ("中文", "Chinese"), "en": ("英文", "English"), "": ("语言不明", "language unknown")},
    "category": {
        "行业协会": ("行业协会", "associations"),
        "半导体科技": ("半导体科技", "chip makers"),
        "咨询": ("咨询", "consultancies"),
        "金融财务": ("金融财务", "finance"),
        "媒体": ("媒体", "media"),
    },
    "verdict": {
        "ok": ("正常", "ok"),
        "nothing_new": ("无新文章", "nothing new"),
        "degraded": ("字段缺失", "degraded"),
        "empty": ("空", "empty"),
        "blocked": ("被拒绝", "blocked"),
        "login_needed": ("需登录", "login needed"),
        "failed": ("失败", "failed"),
        "": ("从未运行", "never ran"),
    },
    "route": {"same": ("同语言", "same language"), "across": ("跨语言", "across languages")},
    "part_of_store": {
        "articles": ("文章", "articles"),
        "index": ("索引", "index"),
        "archive": ("原始页面", "raw pages"),
    },
    "coverage": {
        "published": ("日期", "date"),
        "text": ("正文", "text"),
        "length": ("正文长", "length"),
        "summary": ("摘要", "summary"),
        "authors": ("作者", "authors"),
        "title": ("标题", "title"),
    },
    "filter": {
        "source": ("来源", "source"),
        "category": ("类别", "category"),
        "kind": ("种类", "kind"),
        "language": ("语言", "language"),
        "company": ("公司", "company"),
        "since": ("起始日", "since"),
        "until": ("截止日", "until"),
        "must": ("必须有", "must have"),
        "not": ("不能有", "must not have"),
        "min_score": ("最低分数", "lowest score"),
    },
    "part": {
        "words": ("词", "words"),
        "pairs": ("二字", "pairs"),
        "concepts": ("概念", "concepts"),
        "translated": ("译词", "translated"),
        "meaning": ("语义", "meaning"),
    },
}

_PASSAGE = 320  # characters that are shown of a passage
_NEAR = 16  # characters in which a cut is moved to a space
_BEFORE = 60  # of them before the first marked word


def safe_link(url: str) -> str:
    """*url* if a browser may follow it, "" for ``javascript:`` and whatever else is no http address."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in ("http", "https") and parts.netloc and url.isprintable() else ""


def original_link(article: Article, page: int | None = None) -> str:
    """The address of the original, of a PDF at its *page*; "" for none that is safe."""
    if page is None:
        return safe_link(article.url)
    files = [file.url for file in article.files if file.media_type == "application/pdf" or file.url.endswith(".pdf")]
    link = safe_link((files or [article.url])[0])
    return f"{link.split('#')[0]}#page={page}" if link else ""


def citation(article: Article, source: SourceRow | None, now: datetime, page: int | None = None) -> str:
    """*article* as GB/T 7714-2015 cites an online resource; *now* is the day on which it is cited."""
    is_chinese = article.language == "zh"
    name = article.source if source is None else (source.name_zh or source.name if is_chinese else source.name)
    authors = ", ".join(article.authors[:3]) or name
    if len(article.authors) > 3:
        authors += ", 等" if is_chinese else ", et al"
    mark = "R/OL" if article.kind in ("report", "filing") else "EB/OL"
    published = f"({article.published.astimezone(TIME_ZONE):%Y-%m-%d})" if article.published else ""
    place = f": {page}" if page else ""
    text = (
        f"{authors}. {article.title}[{mark}]. {published}[{now.astimezone(TIME_ZONE):%Y-%m-%d}]{place}. {article.url}."
    )
    return " ".join(text.split())


def excerpt_of(hit: Hit) -> str:
    """What is shown of the article besides its title: the passage that matches best.

    Of a short question that is often the title. Then: the sentence that answers, else how the text that may be shown
    begins.
    """
    article = hit.article
    texts = [hit.passage, hit.explanation.sentence if hit.explanation else ""]
    if article.access != "headline":
        texts += [article.summary, article.body[:2000] if article.access == "full" else ""]
    title = article.title.split()
    return next((text for text in texts if text and text.split() != title), "")


def words_of(hit: Hit, query: str) -> set[str]:
    """The words by which *hit* meets the question, as tokens and as the article writes them."""
    words = {met for word in hit.words for met in (word.word, *word.met)}
    if hit.explanation:
        words |= {name for concept in hit.explanation.concepts for name in (concept.concept, *concept.by)}
    if not hit.words:
        words |= set(query.split())
    return {word for word in words if word.strip()}


def marked(text: str, words: Iterable[str], most: int = _PASSAGE) -> list[tuple[str, bool]]:
    """*text* as pieces, each with whether it is one of *words*; cut to *most* characters around the first of them."""
    text = " ".join(text.split())
    wanted = {word.casefold() for word in words}
    # A token is a stem, "memori": what is marked is the word as the text has it.
    wanted |= {form.casefold() for form in forms_in([text], {word for word in wanted if is_latin(word)}).values()}
    pattern = "|".join(
        rf"(?<![A-Za-z0-9]){re.escape(word)}(?![A-Za-z])" if is_latin(word) else re.escape(word)
        for word in sorted(wanted, key=lambda word: (-len(word), word))
    )
    first = re.search(pattern, text, re.IGNORECASE) if pattern else None
    start = max(0, first.start() - _BEFORE) if first and first.end() > most - _BEFORE else 0
    end = start + most
    # Between words where there is a space near; Han text has none.
    start = text.find(" ", start, start + _NEAR) + 1 or start if start else 0
    end = text.rfind(" ", end - _NEAR, end) if end < len(text) and " " in text[end - _NEAR : end] else end
    shown = ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")
    if not pattern:
        return [(shown, False)] if shown else []
    pieces = re.split(f"({pattern})", shown, flags=re.IGNORECASE)
    return [(piece, number % 2 == 1) for number, piece in enumerate(pieces) if piece]


def evidence(hit: Hit) -> list[str]:
    """How *hit* meets each concept, such as "资本开支 → capex"."""
    if hit.explanation is None:
        return []
    lines = []
    for concept in hit.explanation.concepts:
        if concept.met:
            others = [name for name in concept.by if name.casefold() != concept.concept.casefold()]
            lines.append(concept.concept + (f" → {', '.join(others)}" if others else ""))
    return lines
