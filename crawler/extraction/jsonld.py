"""What a page says of its article in JSON-LD, however nested or broken the JSON is."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any

from lxml.html import HtmlElement

Node = dict[str, Any]

_ARTICLE = re.compile(r"Article$|BlogPosting$|^Report$|^Interview$|^PressRelease$|^Podcast\w*$|^Analysis")
_PAGE = frozenset({"WebPage", "ItemPage"})
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")
_WRAPPING = re.compile(
    r"^\s*(?:<!--|//\s*<!\[CDATA\[|/\*\s*<!\[CDATA\[\s*\*/|<!\[CDATA\[)|(?:-->|(?://)?\s*\]\]>|;)\s*$"
)
_MENDED: tuple[Callable[[str], str], ...] = (str, lambda text: _TRAILING_COMMA.sub(r"\1", text), unescape)
_DEEPEST = 12  # levels; articles stand at the top or a few levels down


def article_node(root: HtmlElement, url: str) -> Node:
    """The JSON-LD node of the page's own article, with author and publisher resolved; empty if none.

    A page may describe other articles too (lists, "related"), so a node that names this address or is
    an article of the first block wins; a bare ``WebPage`` is better than nothing.
    """
    nodes = [node for script in _scripts(root) for value in _values(script) for node in _walk(value)]
    by_id = {node["@id"]: node for node in nodes if isinstance(node.get("@id"), str) and len(node) > 1}
    articles = [node for node in nodes if any(_ARTICLE.search(kind) for kind in kinds(node))]
    pages = [
        node for node in nodes if _PAGE.intersection(kinds(node)) and ("datePublished" in node or "headline" in node)
    ]
    own = [node for node in articles if _same_page(node, url)]
    chosen = (own or articles or pages or [{}])[0]
    return {key: _resolved(value, by_id) for key, value in chosen.items()}


def kinds(node: Node) -> list[str]:
    """The ``@type`` of a node, of which there may be several."""
    return [kind.rsplit("/", 1)[-1] for kind in strings(node.get("@type"))]


def strings(value: Any) -> list[str]:
    """The plain strings in *value*: itself, its items, or the names of the things it holds."""
    if isinstance(value, str):
        return [value.strip()] if value.strip() else []
    if isinstance(value, list):
        return [text for item in value for text in strings(item)]
    if isinstance(value, dict):
        return strings(value.get("name") or value.get("@value") or value.get("@list"))
    return []


def _scripts(root: HtmlElement) -> list[str]:
    return [script.text or "" for script in root.iter("script") if "ld+json" in (script.get("type") or "").lower()]


def _values(script: str) -> list[Any]:
    text = _WRAPPING.sub("", _WRAPPING.sub("", script)).strip()
    for mended in _MENDED:
        values, rest = [], mended(text)
        decoder = json.JSONDecoder(strict=False)  # raw line breaks inside strings are common
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
    return []


def _walk(value: Any, depth: int = 0) -> Iterator[Node]:
    if depth > _DEEPEST:
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
    own = url.split("#")[0].split("?")[0].rstrip("/")
    main = node.get("mainEntityOfPage")
    named = [node.get("url"), node.get("@id"), main, main.get("@id") if isinstance(main, dict) else None]
    return bool(own) and any(
        isinstance(name, str) and name.split("#")[0].split("?")[0].rstrip("/") == own for name in named
    )


def _resolved(value: Any, by_id: dict[str, Node]) -> Any:
    if isinstance(value, list):
        return [_resolved(item, by_id) for item in value]
    if isinstance(value, dict) and set(value) <= {"@id", "@type", "name"} and not value.get("name"):
        return by_id.get(value.get("@id", ""), value)
    return value
