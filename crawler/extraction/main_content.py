"""Finds the main content of a page: the element that contains most of its prose."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree
from lxml.html import HtmlElement

from text.language import HAN


def tag_set(names: str) -> frozenset[str]:
    """A set of element names, given in one string."""
    return frozenset(names.split())


_BLOCKS = tag_set(
    "address article aside blockquote body caption center dd details div dl dt figcaption figure footer form"
    " h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tr ul head item quote row list lb br"
)
_BREAKS = tag_set("br lb hr")
_CELLS = tag_set("td th cell")
_SILENT = tag_set("script style noscript template svg iframe button select textarea input object title")
_HIDDEN = re.compile(
    r"(?:^|[\s_-])(?:sr-only|visually-?hidden|screen-reader(?:-text)?|tooltip)(?:$|[\s_-])", re.IGNORECASE
)
_HAN_OR_KANA = re.compile(rf"[{HAN}\u3040-\u30ff]")  # kana too: Japanese is as dense as Chinese
_PUNCTUATION = re.compile(r"[.,;:!?。，；：！？、]")
_ASIDE = re.compile(
    r"(?:^|[\s_-])(?:comments?|disqus|related|recommend\w*|sidebar|footer|foot|nav|menu|share|social|advert\w*|ads?|promo\w*"
    r"|newsletter|subscri\w*|breadcrumbs?|popup|modal|copyright|login|toolbar|hot(?:news|words?|list)?|rank\w*"
    r"|pinglun|xiangguan|tuijian)(?:$|[\s_-])",
    re.IGNORECASE,
)
_NO_ARTICLE = re.compile(
    r"(?:^|[\s_-])(?:comments?|disqus|pinglun|replies|modal|related|recommend\w*|tuijian|xiangguan"
    r"|more-?(?:stories|news|articles|reading))(?:$|[\s_-])",
    re.IGNORECASE,
)
_CONSENT = re.compile(
    r"onetrust|cookie-?(?:banner|consent|notice|law)|consent-(?:banner|sdk|manager)|gdpr", re.IGNORECASE
)
_ASIDE_TAGS = tag_set("nav footer aside form dialog")
_MIN_PROSE_WEIGHT = 40  # letters of a paragraph of prose; a Han character weighs as much as three
_MAX_LINKED_SHARE = 0.4  # of a paragraph of prose
_MAIN_SHARE = 0.65  # of its parent's prose that a child needs to be the main content
_MAIN_SHARE_AMONG_ALIKE = 0.9  # the same for a child with siblings of its tag and class
_MIN_BESIDE = 80  # letters of prose beside comments and teasers that are longer than it; less is no article
_MAX_ASIDE_SHARE = 0.4  # of the page's prose; an element with more is no aside, whatever its class says


@dataclass(slots=True)
class TextBlock:
    """A paragraph, with the block element that contains it."""

    text: str
    holder: HtmlElement
    linked: int
    """How many characters of ``text`` are inside links."""

    @property
    def weight(self) -> int:
        """Length in Latin letters."""
        return len(self.text) if self.text.isascii() else len(self.text) + 2 * len(_HAN_OR_KANA.findall(self.text))

    @property
    def is_prose(self) -> bool:
        """Is it long, punctuated, and mostly outside links?"""
        if self.weight < _MIN_PROSE_WEIGHT or self.linked >= _MAX_LINKED_SHARE * len(self.text):
            return False
        return bool(_PUNCTUATION.search(self.text))


def blocks(root: HtmlElement) -> Iterator[TextBlock]:
    """The paragraphs and lines under *root* in order, whichever block elements contain them."""
    holders, linked, links = [root], 0, 0
    parts: list[str] = []
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, node in walk:
        starts, silent = event == "start", node.tag in _SILENT or bool(_HIDDEN.search(node.get("class") or ""))
        if node.tag in _BLOCKS or node is root:
            if text := " ".join("".join(parts).split()):
                yield TextBlock(text, holders[-1], linked)
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


def main_blocks(root: HtmlElement) -> list[TextBlock]:
    """The blocks of the main content, without asides; empty for a page of links.

    From the root, descends to the child with most of the prose as long as there is one.
    """
    every = list(blocks(root))
    weights = _weights(every)
    limit = _MAX_ASIDE_SHARE * weights[root]
    asides = {node for node, weight in weights.items() if _is_consent(node) or (weight < limit and _is_aside(node))}
    asides |= _longer_asides(weights, root)
    inside = _inside(every, asides)
    every = [block for block in every if block.holder not in inside]
    weights = _weights(every)
    if not weights[root]:
        return []
    chosen = root
    while (child := _main_child(chosen, weights)) is not None:
        chosen = child
    inside = _inside(every, {chosen})
    return [block for block in every if block.holder in inside]


def _longer_asides(weights: Counter[HtmlElement], root: HtmlElement) -> set[HtmlElement]:
    """Comments, dialogs and teasers of other articles, also where they are longer than the article beside them."""
    found = {node for node in weights if node is not root and _is_no_article(node)}
    outer = [node for node in found if not any(above in found for above in node.iterancestors())]
    return found if weights[root] - sum(weights[node] for node in outer) >= _MIN_BESIDE else set()


def _main_child(parent: HtmlElement, weights: Counter[HtmlElement]) -> HtmlElement | None:
    """The child with most of the prose of *parent*; of children with equal tag and class one needs nearly all of it."""
    first, *others = sorted(parent, key=lambda child: -weights[child]) or [None]
    if first is None or weights[first] < _MAIN_SHARE * weights[parent]:
        return None
    # An article may be split by adverts into several boxes of one class.
    alike = bool(others) and weights[others[0]] > 0 and _tag_and_class(others[0]) == _tag_and_class(first)
    return None if alike and weights[first] < _MAIN_SHARE_AMONG_ALIKE * weights[parent] else first


def _tag_and_class(node: HtmlElement) -> tuple[str, str]:
    return str(node.tag), node.get("class") or ""


def _weights(every: list[TextBlock]) -> Counter[HtmlElement]:
    """The weight of the prose under each element, by element."""
    own: Counter[HtmlElement] = Counter()
    for block in every:
        own[block.holder] += block.weight if block.is_prose else 0
    total: Counter[HtmlElement] = Counter()
    for holder, weight in own.items():
        for node in (holder, *holder.iterancestors()):
            total[node] += weight
    return total


def _inside(every: list[TextBlock], nodes: set[HtmlElement]) -> set[HtmlElement]:
    """The holders of blocks that are one of *nodes*, or inside one."""
    holders = {block.holder for block in every}
    return {holder for holder in holders if holder in nodes or any(above in nodes for above in holder.iterancestors())}


def _is_consent(node: HtmlElement) -> bool:
    """Is *node* a cookie consent dialog? Some are longer than an article."""
    return node.tag not in ("html", "body") and bool(
        _CONSENT.search(f"{node.get('class') or ''} {node.get('id') or ''}")
    )


def _is_no_article(node: HtmlElement) -> bool:
    """Whether *node* says that it is comments, a dialog or a list of other articles, and has no headline of its own."""
    says = (
        node.get("role") in ("dialog", "alertdialog")
        or node.get("aria-modal") == "true"
        or (node.get("itemtype") or "").endswith("schema.org/Comment")
        or _NO_ARTICLE.search(f"{node.get('class') or ''} {node.get('id') or ''}")
    )
    if not says or node.tag in ("html", "body", "main", "article"):
        return False
    return node.find(".//h1") is None and not node.xpath("descendant-or-self::*[@itemprop='articleBody']")


def _is_aside(node: HtmlElement) -> bool:
    """Is *node*, by tag, class or id, navigation, comments, adverts or the like?"""
    return node.tag in _ASIDE_TAGS or bool(_ASIDE.search(f"{node.get('class') or ''} {node.get('id') or ''}"))
