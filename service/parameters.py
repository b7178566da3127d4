"""The options of a question as OpenAPI describes them; ``similarity.answers.question`` reads and checks them."""

from __future__ import annotations

from typing import Any

from fastapi.openapi.models import Example

from service.problems import MEDIA_TYPE
from similarity.answers.export import PAGED
from similarity.answers.question import OPTIONS, SEVERAL
from similarity.answers.tables import FIELDS
from similarity.option_values import KINDS, MODEL_NAMES, ORDERS
from store.article import article_id

_TEXT: dict[str, Any] = {"type": "string"}
_DAY = {"type": "string", "format": "date"}
_FLAG = {"type": "boolean"}

_OPTIONS: dict[str, tuple[dict[str, Any], str, Any]] = {
    "q": (_TEXT, "词、句子或文章，可用运算符 · words, a sentence or a text, with operators", "HBM4 供应"),
    "passage": (_TEXT, "一段文字，不解释运算符 · a passage, in which nothing is an operator", None),
    "like": (_TEXT, "文章编号：找与它相似的 · id of an article: what is similar to it", None),
    "source": (_TEXT, "来源的键 · key of a source that has articles", None),
    "category": (_TEXT, "来源的类别 · category of the source", "半导体科技"),
    "kind": ({"enum": list(KINDS), **_TEXT}, "文章种类 · kind of article", None),
    "language": ({"pattern": "^[a-z]{2,3}$", **_TEXT}, "语言 · language, such as zh or en", None),
    "company": (_TEXT, "写到这家公司的，任一名称 · names this company, by any name", None),
    "since": (_DAY, "这一天起，上海时间；也可为带时区的时刻 · on this day or later, in Shanghai time", "2026-01-01"),
    "until": (_DAY, "到这一天为止 · on this day or earlier", None),
    "must": (_TEXT, "必须有的词或“短语” · a word, name or quoted phrase that must be there", None),
    "not": (_TEXT, "不能有的词或“短语” · a word, name or quoted phrase that must be missing", None),
    "min_score": ({"type": "number"}, "最低分数 · the lowest score", None),
    "target_precision": (
        {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
        "以测试集上的查准率定最低分数 · the lowest score that reached this precision on the test sets",
        None,
    ),
    "across": (_FLAG, "也找另一种语言的 · the other language too", None),
    "model": ({"enum": list(MODEL_NAMES), **_TEXT}, "模型 · the model", None),
    "fold": (_FLAG, "同一新闻只列一条 · one hit a story", None),
    "sort": ({"enum": list(ORDERS), **_TEXT}, "排序 · the order", None),
    "recent": ({"pattern": r"^[1-9]\d{0,3}[hdw]$", **_TEXT}, "半衰期，新的靠前 · half-life: newer ones first", None),
    "k": ({"type": "integer", "minimum": 1, "maximum": 1000}, "条数 · how many hits a page", 5),
    "cursor": (_TEXT, "上一页给出的下一页 · the next page, as the answer before gave it", None),
    "explain": (_FLAG, "说明为什么找到 · why each was found", None),
}
assert set(_OPTIONS) == set(OPTIONS)


_SAMPLE = "https://www.semiconductors.org/global-chip-sales-in-may-gains-in-every-region/"
EXAMPLE: dict[str, Example] = {"sample": {"summary": "an article of the sample web", "value": article_id(_SAMPLE)}}
"""The id of an article, and of the story that it is alone."""


def parameter(name: str, schema: dict[str, Any], description: str, example: Any = None, **more: Any) -> dict[str, Any]:
    """An OpenAPI parameter of the query."""
    shown = {} if example is None else {"example": example}
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema} | shown | more


def _of_question(*without: str) -> list[dict[str, Any]]:
    found = []
    for name, (schema, description, example) in _OPTIONS.items():
        if name not in without:
            several = {"type": "array", "items": schema, "minItems": 1} if name in SEVERAL else schema
            value = [example] if name in SEVERAL and example else example
            found.append(parameter(name, several, description, value))
    return found


QUESTION = _of_question("like")
QUESTION.insert(2, parameter("like", _TEXT, _OPTIONS["like"][1]))
EXPORT = [
    *(one for one in QUESTION if one["name"] not in PAGED),
    parameter("fields", _TEXT, f"字段，以逗号分隔 · fields, parted by commas: {', '.join(FIELDS)}", "id,title,url"),
]
SIMILAR = [
    {key: value for key, value in one.items() if key != "example"} for one in _of_question("q", "passage", "like")
]
_OF_LATEST = (*SEVERAL, "since", "until", "fold", "k", "cursor")
LATEST = [one for one in QUESTION if one["name"] in _OF_LATEST]
K_TERMS = [parameter("k", {"type": "integer", "minimum": 1, "maximum": 100}, "词数 · how many terms", 5)]

BODY = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    name: {
                        "description": description,
                        **({"type": "array", "items": schema} if name in SEVERAL else schema),
                    }
                    for name, (schema, description, _) in _OPTIONS.items()
                },
            },
            "example": {
                "passage": "台积电上调 2026 年资本开支，先进封装产能仍然紧张。",
                "kind": ["news", "report"],
                "k": 5,
            },
        }
    },
}

_PROBLEM = {"$ref": "#/components/schemas/Problem"}

PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"description": description, "content": {MEDIA_TYPE: {"schema": _PROBLEM}}}
    for status, description in {
        304: "unchanged", 400: "cannot be read", 401: "a token is needed", 403: "not allowed", 404: "not found",
        413: "too long", 415: "no JSON", 421: "another Host", 422: "a wrong option", 429: "too many requests",
        500: "a fault of ours", 501: "a package is not installed", 503: "not now",
    }.items()
}  # fmt: skip
del PROBLEMS[304]["content"]
