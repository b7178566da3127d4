"""``search`` and ``similar``: the articles most similar to a text, or to a stored article."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from similarity.answers.question import read
from similarity.cli import local_service
from similarity.cli.options import (
    MODELS_HELP,
    ArticleId,
    AsJson,
    Since,
    Until,
    console,
    errors_in_one_line,
    parse_day,
)
from similarity.errors import QueryError
from similarity.option_values import DEFAULT_MODEL, KINDS, SCORE

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
    with errors_in_one_line():
        if not text.strip():
            raise QueryError("the query is empty", "q")
        print_answer(
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
            },
            as_json,
        )


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
    with errors_in_one_line():
        print_answer(
            {
                "like": article_id,
                "k": k,
                "model": model,
                "across": across,
                "min_score": min_score,
                "target_precision": target_precision,
                "explain": explain,
                "fold": fold,
            },
            as_json,
        )


def print_answer(options: Mapping[str, Any], as_json: bool) -> None:
    """Print the answer to the question with *options* (as ``read`` takes them): that of a local service where one runs.

    With ``explain`` a line on stderr says who answered. Raises QueryError, StoreError and what opening an index does.
    """
    question = read(options)
    service = local_service.find()
    answered = local_service.ask(service, question.values(), as_json) if service else None
    if service is None or answered is None:
        from similarity.cli.direct import answered_here  # loads numpy, numba and the rest

        lines, who = answered_here(question, as_json), "本命令 · answered by this command"
    else:
        lines, who = answered, f"本机服务 · answered by the service at {local_service.address(service)}"
    if question.explain:
        typer.echo(who, err=True)
    for line in lines:
        typer.echo(line) if as_json else console.print(line)
