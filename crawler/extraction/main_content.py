"""The element that holds a page's main text, found by where its sentences are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree
from lxml.html import HtmlElement


def tag_set(names: str) -> frozenset[str]:
    """Names of tags, given in one string."""
    return frozenset(names.split())


_BLOCKS = tag_set(
    "address article aside blockquote body caption center dd details div dl dt figcaption figure footer form"
    " h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tr ul head item quote row list lb br"
)
_BREAKS = tag_set("br lb hr")
_CELLS = tag_set("td th cell")
_SILENT = tag_set("script style noscript template svg iframe button select textarea input object title")
_UNSEEN = re.compile(
    r"(?:^|[\s_-])(?:sr-only|visually-?hidden|screen-reader(?:-text)?|tooltip)(?:$|[\s_-])", re.IGNORECASE
)
_HAN = re.compile(r"[\u4e00-\u9fff\u3040-\u30ff]")
_SENTENCE = re.compile(r"[.,;:!?。，；：！？、]")
_ASIDE = re.compile(
    r"(?:^|[\s_-])(?:comments?|disqus|related|recommend\w*|sidebar|footer|foot|nav|menu|share|social|advert\w*|ads?|promo\w*"
    r"|newsletter|subscri\w*|breadcrumbs?|popup|modal|copyright|login|toolbar|hot(?:news|words?|list)?|rank\w*"
    r"|pinglun|xiangguan|tuijian)(?:$|[\s_-])",
    re.IGNORECASE,
)
_CONSENT = re.compile(
    r"onetrust|cookie-?(?:banner|consent|notice|law)|consent-(?:banner|sdk|manager)|gdpr", re.IGNORECASE
)
_ASIDE_TAGS = tag_set("nav footer aside form dialog")
_FULL = 40  # letters of a paragraph that counts; a Han character says as much as three
_NEARLY_ALL = 0.9
_MOST = 0.65
_TOO_MUCH = 0.4  # share of the page's text that cannot be an aside, whatever the markup calls it


@dataclass(slots=True)
class Block:
    """A paragraph with the block element that holds it."""

    text: str
    holder: HtmlElement
    linked: int
    """Characters of it that are inside links."""

    @property
    def weight(self) -> int:
        return len(self.text) if self.text.isascii() else len(self.text) + 2 * len(_HAN.findall(self.text))

    @property
    def is_prose(self) -> bool:
        return self.weight >= _FULL and self.linked < 0.4 * len(self.text) and bool(_SENTENCE.search(self.text))


def blocks(root: HtmlElement) -> Iterator[Block]:
    """Paragraphs and lines under *root* in order, whatever elements make them."""
    holders, linked, links = [root], 0, 0
    parts: list[str] = []
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, node in walk:
        starts, silent = event == "start", node.tag in _SILENT or bool(_UNSEEN.search(node.get("class") or ""))
        if node.tag in _BLOCKS or node is root:
            if text := " ".join("".join(parts).split()):
                yield Block(text, holders[-1], linked)
            parts, linked = [], 0
            if node.tag not in _BREAKS and node is not root:
                holders.append(node) if starts else holders.pop()
        elif node.tag in _CELLS:
            parts.append(" ")
        links += 0 if node.tag != "a" else 1 if starts else -1
        if silent and starts:
            walk.skip_subtree()
        piece = ("" if silent else node.text) if starts else "" if node is root else node.tail
        parts.append(piece or "")
        linked += len((piece or "").strip()) if links else 0


def main_blocks(root: HtmlElement) -> list[Block]:
    """The blocks of the element that holds most of the page's prose, without asides; empty for a page of links."""
    every = list(blocks(root))
    weights = _weights(every)
    largest = _TOO_MUCH * weights[root]
    asides = {node for node, weight in weights.items() if _is_consent(node) or (weight < largest and _is_aside(node))}
    inside = _inside(every, asides)
    every = [block for block in every if block.holder not in inside]
    weights = _weights(every)
    if not weights[root]:
        return []
    chosen = root
    while (child := _heir(chosen, weights)) is not None:
        chosen = child
    inside = _inside(every, {chosen})
    return [block for block in every if block.holder in inside]


def _heir(parent: HtmlElement, weights: Counter[HtmlElement]) -> HtmlElement | None:
    """The child that holds nearly all prose of *parent*, or most of it beside others of another make."""
    first, *others = sorted(parent, key=lambda child: -weights[child]) or [None]
    if first is None or weights[first] < _MOST * weights[parent]:
        return None
    # An article cut by adverts into several like boxes is still one article.
    alike = bool(others) and weights[others[0]] > 0 and _make(others[0]) == _make(first)
    return None if alike and weights[first] < _NEARLY_ALL * weights[parent] else first


def _make(node: HtmlElement) -> tuple[str, str]:
    return str(node.tag), node.get("class") or ""


def _weights(every: list[Block]) -> Counter[HtmlElement]:
    """How much prose there is under each element."""
    own: Counter[HtmlElement] = Counter()
    for block in every:
        own[block.holder] += block.weight if block.is_prose else 0
    total: Counter[HtmlElement] = Counter()
    for holder, weight in own.items():
        for node in (holder, *holder.iterancestors()):
            total[node] += weight
    return total


def _inside(every: list[Block], nodes: set[HtmlElement]) -> set[HtmlElement]:
    """Holders of blocks that are one of *nodes* or below one."""
    holders = {block.holder for block in every}
    return {holder for holder in holders if holder in nodes or any(above in nodes for above in holder.iterancestors())}


def _is_consent(node: HtmlElement) -> bool:
    """Questions about cookies, which run longer than many an article."""
    return node.tag not in ("html", "body") and bool(
        _CONSENT.search(f"{node.get('class') or ''} {node.get('id') or ''}")
    )


def _is_aside(node: HtmlElement) -> bool:
    return node.tag in _ASIDE_TAGS or bool(_ASIDE.search(f"{node.get('class') or ''} {node.get('id') or ''}"))
