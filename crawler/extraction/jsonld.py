"""Facts of an article from JSON-LD (json-ld.org, schema.org types), however nested or broken the JSON is."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any

from lxml.html import HtmlElement

from crawler.extraction.page_facts import PageFacts, first_text

Node = dict[str, Any]

_ARTICLE = re.compile(r"Article$|BlogPosting$|^Report$|^Interview$|^PressRelease$|^Podcast\w*$|^Analysis")
_PAGE = frozenset({"WebPage", "ItemPage"})
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")
_WRAPPING = re.compile(
    r"^\s*(?:<!--|//\s*<!\[CDATA\[|/\*\s*<!\[CDATA\[\s*\*/|<!\[CDATA\[)|(?:-->|(?://\s{0,9})?\]\]>|;)\s*$"
)
_COMMENT = re.compile(r"^[ \t]*//[^\n]*$|/\*(?s:.*?)(?:\*/|\Z)", re.MULTILINE)
_REPAIRS: tuple[Callable[[str], str], ...] = (
    str,
    lambda text: _TRAILING_COMMA.sub(r"\1", text),
    unescape,
    lambda text: _TRAILING_COMMA.sub(r"\1", _COMMENT.sub("", text)),
)
_STATED = re.compile(r'"(@type|headline|datePublished|description|url)"\s*:\s*"(.{1,1000}?)"(?=\s*[,}\]])', re.DOTALL)
_STATED_AUTHOR = re.compile(r'"author"\s*:\s*[\[{\s]*[^\]}]{0,200}?"name"\s*:\s*"(.{1,100}?)"(?=\s*[,}\]])', re.DOTALL)
_MAX_DIGITS = 15  # of a number; no date or count has more, and Python refuses thousands of them
_MAX_DEPTH = 12  # levels; articles are at the top or a few levels down


def jsonld_facts(root: HtmlElement, url: str) -> PageFacts:
    """What the JSON-LD of the page at *url* states about the page's own article."""
    node = _article_node(root, url)
    return PageFacts(
        titles=_strings(node.get("headline") or node.get("heading") or (node.get("title") if _is_baidu(node) else "")),
        dates=_strings(_written(node.get("datePublished") or node.get("pubDate"))),
        authors=(_strings(node.get("author")),),
        summary=first_text([*_strings(node.get("description"))]),
        sites=_strings(node.get("publisher")),
        body=first_text([*_strings(node.get("articleBody"))]) if isinstance(node.get("articleBody"), str) else "",
        free=_is_free(node),
        paid_selectors=tuple(
            css for part in _parts(node) if _is_free(part) is False for css in _strings(part.get("cssSelector"))
        ),
        tags=(*_strings(node.get("articleSection")), *_strings(node.get("keywords"))),
    )


def _is_free(node: Node) -> bool | None:
    """What ``isAccessibleForFree`` says, which sites write as a value, a text or an address; None for nothing."""
    stated = str(node.get("isAccessibleForFree", "")).rsplit("/", 1)[-1].lower()
    return {"true": True, "false": False}.get(stated)


def _parts(node: Node) -> list[Node]:
    parts = node.get("hasPart")
    return [part for part in (parts if isinstance(parts, list) else [parts]) if isinstance(part, dict)]


def _article_node(root: HtmlElement, url: str) -> Node:
    """The JSON-LD node of the page's own article, with references to author and publisher resolved; else empty.

    A page may describe other articles too (lists, "related"). The first article node that names *url* is chosen,
    else the first article node, else the first ``WebPage`` with a date or a headline, else the node for Baidu.
    """
    nodes = [node for script in _scripts(root) for value in _values(script) for node in _walk(value)]
    by_id = {node["@id"]: node for node in nodes if isinstance(node.get("@id"), str) and len(node) > 1}
    articles = [node for node in nodes if any(_ARTICLE.search(kind) for kind in _types(node))]
    pages = [
        node for node in nodes if _PAGE.intersection(_types(node)) and ("datePublished" in node or "headline" in node)
    ]
    own = [node for node in articles if _same_page(node, url)]
    for_baidu = [node for node in nodes if _is_baidu(node)]
    chosen = (own or articles or pages or for_baidu or [{}])[0]
    return {key: _resolved(value, by_id) for key, value in chosen.items()}


def _is_baidu(node: Node) -> bool:
    """Whether *node* is what Baidu wants to know of a page, which has no type."""
    return "ziyuan.baidu.com" in str(node.get("@context"))


def _types(node: Node) -> list[str]:
    """The ``@type`` of a node, which may have several, without the address of the vocabulary."""
    return [kind.rsplit("/", 1)[-1] for kind in _strings(node.get("@type"))]


def _strings(value: Any) -> tuple[str, ...]:
    """The plain strings in *value*: itself, its items, or the names of the things it holds."""
    if isinstance(value, str):
        return (value.strip(),) if value.strip() else ()
    if isinstance(value, list):
        return tuple(text for item in value for text in _strings(item))
    if isinstance(value, dict):
        return _strings(value.get("name") or value.get("@value") or value.get("@list"))
    return ()


def _written(value: Any) -> Any:
    """A Unix timestamp as text; anything else as it is."""
    return str(int(value)) if isinstance(value, int | float) and 0 < value < 10**_MAX_DIGITS else value


def _number(digits: str) -> int:
    return int(digits[:_MAX_DIGITS])


def _scripts(root: HtmlElement) -> list[str]:
    return [script.text or "" for script in root.iter("script") if "ld+json" in (script.get("type") or "").lower()]


def _values(script: str) -> list[Any]:
    """The JSON values in *script*, which may hold several; those before the first error where none parses whole."""
    text = _WRAPPING.sub("", _WRAPPING.sub("", script)).strip()
    for repair in _REPAIRS:
        values, rest = [], repair(text)
        decoder = json.JSONDecoder(strict=False, parse_int=_number)  # raw line breaks inside strings are common
        try:
            while rest:
                value, end = decoder.raw_decode(rest)
                values.append(value)
                rest = rest[end:].lstrip(" \t\r\n,;")
        except (json.JSONDecodeError, RecursionError):
            if values:
                return values
            continue
        return values
    return _stated(text)


def _stated(text: str) -> list[Any]:
    """A node of what can be read in *text*, which is no JSON, as when quotes in a text are not escaped."""
    node: Node = {}
    for name, value in _STATED.findall(text):
        node.setdefault(name, value.replace('\\"', '"'))
    if author := _STATED_AUTHOR.search(text):
        node["author"] = author[1]
    return [node] if node else []


def _walk(value: Any, depth: int = 0) -> Iterator[Node]:
    """Every object in *value*, except those that describe other pages."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, list):
        for item in value:
            yield from _walk(item, depth + 1)
    elif isinstance(value, dict):
        yield value
        for key, inner in value.items():
            if key not in ("itemListElement", "hasPart", "isPartOf", "mentions", "citation", "relatedLink"):
                yield from _walk(inner, depth + 1)


def _same_page(node: Node, url: str) -> bool:
    """Does *node* name *url* as its own address? Query and fragment do not count."""
    own = url.split("#")[0].split("?")[0].rstrip("/")
    main = node.get("mainEntityOfPage")
    named = [node.get("url"), node.get("@id"), main, main.get("@id") if isinstance(main, dict) else None]
    return bool(own) and any(
        isinstance(name, str) and name.split("#")[0].split("?")[0].rstrip("/") == own for name in named
    )


def _resolved(value: Any, by_id: dict[str, Node]) -> Any:
    """*value* with each bare reference (``{"@id": …}``) replaced by the node it refers to."""
    if isinstance(value, list):
        return [_resolved(item, by_id) for item in value]
    if isinstance(value, dict) and set(value) <= {"@id", "@type", "name"} and not value.get("name"):
        return by_id.get(value.get("@id", ""), value)
    return value
