"""An answer as the lines that a command prints: made by the command, or by a service for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from rich.markup import escape

from similarity.answers.answer import Answer, answer
from similarity.answers.fields import hit_fields, to_json
from similarity.answers.question import Question
from similarity.index import Hit, SimilarityIndex
from similarity.option_values import HYBRID, TIME_ZONE
from similarity.ranking.hybrid.two_stage import CROSS_LINGUAL
from similarity.ranking.results.collapse import other_sources
from similarity.ranking.results.explain import explanation_lines


def printed_answer(index: SimilarityIndex, question: Question, as_json: bool) -> list[str]:
    """The answer to *question* as lines with the markup of rich, or as one JSON text. Raises QueryError."""
    found = answer(index, question)
    off = index.off if question.model == HYBRID else ()
    return [_json(found, off)] if as_json else [*_lines(found, off)]


def _json(found: Answer, off: tuple[str, ...]) -> str:
    own = {} if found.same_story is None else {"same_story": [asdict(article) for article in found.same_story]}
    head = {"articles": found.articles, "off": off, "unknown": found.unknown}
    return to_json(head | own | {"hits": [hit_fields(hit) for hit in found.hits]}, indent=2).decode()


def _lines(found: Answer, off: tuple[str, ...]) -> Iterator[str]:
    if found.same_story:
        number = len(found.same_story)
        sources = ", ".join(dict.fromkeys(article.source for article in found.same_story))
        yield f"[dim]同一新闻另有 {number} 篇 · {number} more of its story (--every): {escape(sources)}[/dim]"
    if not found.articles:
        yield "没有索引 · nothing is indexed yet: xinwen crawl KEY, or xinwen ingest PATH"
    elif found.unknown:
        names = escape(", ".join(found.unknown))
        rest = "；其余内容 · on the matter:" if found.hits else ""
        yield f"没有关于 {names} 的文章 · nothing on {names}{rest}"
    elif not found.hits:
        yield f"没有找到 · nothing found among {found.articles:,} articles"
    for place, hit in enumerate(found.hits, 1):
        yield from _hit_lines(place, hit, found.question.explain)
    for part in off:
        yield f"[dim]{escape(part)}[/dim]"


def _hit_lines(place: int, hit: Hit, explain: bool) -> Iterator[str]:
    article = hit.article
    date = f"{article.published.astimezone(TIME_ZONE):%Y-%m-%d}" if article.published else "----------"
    page = f"  第{hit.page}页 p. {hit.page}" if hit.page else ""
    route = "  [跨语言 across]" if hit.route == CROSS_LINGUAL else ""
    yield (
        f"{place:>2}. {hit.score:7.4f}  {date}  {article.source:<14} [bold]{escape(article.title)}[/bold]"
        f"{page}{escape(route)}"
    )
    yield f"    [dim]{article.id}  {escape(article.url)}[/dim]"
    if hit.phrase_checked is False:
        yield "    [dim]原文未存，短语无从核对 · the text is not kept: the phrase is not checked[/dim]"
    if hit.more:
        yield f"    [dim]{_other_articles(hit)}[/dim]"
    if explain:
        for line in explanation_lines(hit):
            yield f"    {escape(line)}"


def _other_articles(hit: Hit) -> str:
    """The other articles of the hit's story in one line: their sources, or how many of the same source there are."""
    sources = other_sources(hit)
    if not sources:
        return f"同源另有 {len(hit.more)} 篇 · and {len(hit.more)} more of the same source"
    noun = "source" if len(sources) == 1 else "sources"
    return f"另有 {len(sources)} 个来源 · and {len(sources)} more {noun}: {escape(', '.join(sources))}"
