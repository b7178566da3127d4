"""``search`` and ``similar``: the articles most similar to a text, or to a stored article."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape

from similarity.answers.answer import Answer, answer
from similarity.answers.fields import hit_fields
from similarity.answers.question import read
from similarity.cli.options import (
    EXPECTED_ERRORS,
    MODELS_HELP,
    ArticleId,
    AsJson,
    Since,
    Until,
    console,
    parse_day,
    print_json,
)
from similarity.errors import QueryError
from similarity.index import TIME_ZONE, Hit, SimilarityIndex
from similarity.query.syntax import KINDS
from similarity.ranking.hybrid import CROSS_LINGUAL
from similarity.ranking.models import DEFAULT_MODEL, HYBRID
from similarity.ranking.options import SCORE
from similarity.ranking.results.collapse import other_sources
from similarity.ranking.results.explain import explanation_lines
from store.errors import shown_in_one_line

Limit = Annotated[int, typer.Option("-k", min=1, help="文章数 · how many articles")]
ModelName = Annotated[str, typer.Option("--model", help=MODELS_HELP)]
Across = Annotated[
    bool, typer.Option("--across/--no-across", help="也找另一种语言的文章 · find articles in the other language too")
]
MinScore = Annotated[
    float | None, typer.Option("--min-score", help="分数低于此的不显示 · leave out articles with a lower score")
]
TargetPrecision = Annotated[
    float | None,
    typer.Option(
        "--target-precision",
        help="只显示在测试集上达到此查准率的分数以上的 · leave out scores too low for this precision, such as 0.9",
    ),
]
Explain = Annotated[bool, typer.Option("--explain", help="为什么找到它 · why each article was found")]
Fold = Annotated[
    bool, typer.Option("--fold/--every", help="同一新闻只列一条 · one entry per story, or every article by itself")
]
Sources = Annotated[
    list[str] | None,
    typer.Option("--source", help="只要这个来源，可多次 · only this source (a key of the source table), or several"),
]
Categories = Annotated[
    list[str] | None,
    typer.Option(
        "--category", help="只要这类来源，可多次，如 行业协会 · only sources of this category of the source table"
    ),
]
Kinds = Annotated[
    list[str] | None, typer.Option("--kind", help=f"只要这种文章，可多次 · only this kind: {', '.join(KINDS)}")
]
Languages = Annotated[
    list[str] | None, typer.Option("--language", help="只要这种语言，可多次 · only this language: zh or en")
]
Companies = Annotated[
    list[str] | None,
    typer.Option(
        "--company", help="只要写到这家公司的，用任一名称，可多次 · only articles that name this company, by any name"
    ),
]
Must = Annotated[
    list[str] | None,
    typer.Option("--must", help="必须有的词、名称或“短语”，可多次 · a word, name or quoted phrase that must be there"),
]
Not = Annotated[
    list[str] | None,
    typer.Option("--not", help="不能有的词、名称或“短语”，可多次 · a word, name or quoted phrase that must be missing"),
]
Sort = Annotated[
    str,
    typer.Option(
        "--sort",
        help="score 按分数；published 或 date 按日期，限分数过最高分一半的 · score; published or date: newest first, "
        "of those with more than half the best score",
    ),
]
Recent = Annotated[
    str | None,
    typer.Option(
        "--recent",
        metavar="HALF-LIFE",
        help="新的靠前：每过一个半衰期，排序所用分数高于一半的部分减半，显示的分数不变；如 30d、2w、12h · "
        "newer ones first: for the order, a score counts (1 + 0.5^(age/HALF-LIFE)) / 2 of itself; 30d, 2w, 12h. "
        "Scores shown and --min-score stay as they are",
    ),
]


def search(
    text: Annotated[
        str,
        typer.Argument(
            help='词、句子或整篇文章，可用 "短语"、-不要的词、甲 OR 乙、字段 · '
            'words, a sentence or a whole article, Chinese or English; also "a phrase", -without, this OR that, fields'
        ),
    ],
    k: Limit = 10,
    model: ModelName = DEFAULT_MODEL,
    source: Sources = None,
    category: Categories = None,
    kind: Kinds = None,
    language: Languages = None,
    company: Companies = None,
    since: Since = None,
    until: Until = None,
    must: Must = None,
    not_: Not = None,
    sort: Sort = SCORE,
    recent: Recent = None,
    across: Across = True,
    min_score: MinScore = None,
    target_precision: TargetPrecision = None,
    explain: Explain = False,
    fold: Fold = True,
    as_json: AsJson = False,
) -> None:
    """搜索 · The stored articles most similar to TEXT.

    A phrase in quotation marks must be there as it is. Exclusions stand after the words: 台积电 -三星 -"price war".
    OR is written in capitals. Fields: source:sia kind:report language:zh company:台积电 since:2026-01-01
    until:2026-06-30.
    """
    with shown_in_one_line(*EXPECTED_ERRORS):
        if not text.strip():
            raise QueryError("the query is empty", "q")
        question = read(
            {
                "q": text,
                "k": k,
                "model": model,
                "source": source,
                "category": category,
                "kind": kind,
                "language": language,
                "company": company,
                "since": parse_day("--since", since),
                "until": parse_day("--until", until),
                "must": must,
                "not": not_,
                "sort": sort,
                "recent": recent,
                "across": across,
                "min_score": min_score,
                "target_precision": target_precision,
                "explain": explain,
                "fold": fold,
            }
        )
        with SimilarityIndex.open(live=False) as index:
            show_answer(index, answer(index, question), as_json)


def similar(
    article_id: ArticleId,
    k: Limit = 10,
    model: ModelName = DEFAULT_MODEL,
    across: Across = True,
    min_score: MinScore = None,
    target_precision: TargetPrecision = None,
    explain: Explain = False,
    fold: Fold = True,
    as_json: AsJson = False,
) -> None:
    """相似文章 · The stored articles most similar to the stored article ID, except those of its own story."""
    with shown_in_one_line(*EXPECTED_ERRORS):
        question = read(
            {
                "like": article_id,
                "k": k,
                "model": model,
                "across": across,
                "min_score": min_score,
                "target_precision": target_precision,
                "explain": explain,
                "fold": fold,
            }
        )
        with SimilarityIndex.open(live=False) as index:
            found = answer(index, question)
            if found.same_story and not as_json:
                number = len(found.same_story)
                sources = ", ".join(dict.fromkeys(article.source for article in found.same_story))
                console.print(
                    f"[dim]同一新闻另有 {number} 篇 · {number} more of its story (--every): {escape(sources)}[/dim]"
                )
            show_answer(index, found, as_json)


def show_answer(index: SimilarityIndex, found: Answer, as_json: bool) -> None:
    """Prints the answer *found*, and the names of its question that no article has."""
    off = index.off if found.question.model == HYBRID else ()
    if as_json:
        own = {} if found.same_story is None else {"same_story": [asdict(article) for article in found.same_story]}
        head = {"articles": found.articles, "off": off, "unknown": found.unknown}
        print_json(head | own | {"hits": [hit_fields(hit) for hit in found.hits]})
        return
    if not found.articles:
        console.print("没有索引 · nothing is indexed yet: scrapy crawl KEY, or python -m pipelines ingest PATH")
    elif found.unknown:
        names = escape(", ".join(found.unknown))
        rest = "；其余内容 · on the matter:" if found.hits else ""
        console.print(f"没有关于 {names} 的文章 · nothing on {names}{rest}")
    elif not found.hits:
        console.print(f"没有找到 · nothing found among {found.articles:,} articles")
    for place, hit in enumerate(found.hits, 1):
        _show_hit(place, hit, found.question.explain)
    for part in off:
        console.print(f"[dim]{escape(part)}[/dim]")


def _show_hit(place: int, hit: Hit, explain: bool) -> None:
    article = hit.article
    date = f"{article.published.astimezone(TIME_ZONE):%Y-%m-%d}" if article.published else "----------"
    page = f"  第{hit.page}页 p. {hit.page}" if hit.page else ""
    route = "  [跨语言 across]" if hit.route == CROSS_LINGUAL else ""
    console.print(
        f"{place:>2}. {hit.score:7.4f}  {date}  {article.source:<14} [bold]{escape(article.title)}[/bold]"
        f"{page}{escape(route)}"
    )
    console.print(f"    [dim]{article.id}  {escape(article.url)}[/dim]")
    if hit.phrase_checked is False:
        console.print("    [dim]原文未存，短语无从核对 · the text is not kept: the phrase is not checked[/dim]")
    if hit.more:
        console.print(f"    [dim]{_other_articles(hit)}[/dim]")
    if explain:
        for line in explanation_lines(hit):
            console.print(f"    {escape(line)}")


def _other_articles(hit: Hit) -> str:
    """The other articles of the hit's story in one line: their sources, or how many of the same source there are."""
    sources = other_sources(hit)
    if not sources:
        return f"同源另有 {len(hit.more)} 篇 · and {len(hit.more)} more of the same source"
    noun = "source" if len(sources) == 1 else "sources"
    return f"另有 {len(sources)} 个来源 · and {len(sources)} more {noun}: {escape(', '.join(sources))}"
