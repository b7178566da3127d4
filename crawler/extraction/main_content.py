"""Finds the main content of a page: the element that contains most of its prose."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree
from lxml.html import HtmlElement

from crawler.extraction.ancestors import Parents, inside, parents_of, totals
from crawler.extraction.asides import is_aside, is_consent, says_no_article
from crawler.extraction.table_rows import CELLS, ROWS, is_data_row
from crawler.extraction.title_key import title_key
from text.language import HAN


def tag_set(names: str) -> frozenset[str]:
    """A set of element names, given in one string."""
    return frozenset(names.split())


_BLOCKS = tag_set(
    "address article aside blockquote body caption center dd details div dl dt figcaption figure footer form"
    " h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tr ul head item quote row list lb br"
)
_TABLES = tag_set("table tbody")
_PARAGRAPHS = tag_set("p li dd blockquote pre")
_BREAKS = tag_set("br lb hr")
_SILENT = tag_set("script style noscript template svg iframe button select textarea input object title")
# Classes of texts that only screen readers read, or that appear on demand. "visually-hidden-focusable" is no such text.
_HIDDEN = re.compile(
    r"(?:^|[\s_-])(?:sr-only|visually-?hidden|screen-reader(?:-text)?|tooltip(?:-?(?:text|content|inner|box))?)(?:$|\s)",
    re.IGNORECASE,
)
_MAX_HIDDEN = 400  # characters of such a text
_HAN_OR_KANA = re.compile(rf"[{HAN}\u3040-\u30ff]")  # kana too: Japanese is as dense as Chinese
_PUNCTUATION = re.compile(r"[.,;:!?。，；：！？、]")
_MIN_PROSE_WEIGHT = 40  # letters of a paragraph of prose; a Han character weighs as much as three
_MAX_LINKED_SHARE = 0.4  # of a paragraph of prose
_MAIN_SHARE = 0.65  # of its parent's prose that a child needs to be the main content
_MAIN_SHARE_AMONG_ALIKE = 0.9  # the same for a child with siblings of its tag and class
_MIN_BESIDE = 80  # letters of prose beside comments and teasers that are longer than it; less is no article
_MIN_TEASERS = 3  # alike beside one another; fewer may be parts of the article
_MAX_TEASER = 300  # letters of the prose of one
_MIN_TEASER_LINK = 15  # letters of its link; shorter ones ("Share", a name) occur in posts and answers too
_MAX_ASIDE_SHARE = 0.4  # of the page's prose; an element with more is no aside, whatever its class says


@dataclass(slots=True)
class TextBlock:
    """A paragraph, or a row of a table, with the block element that contains it."""

    text: str
    holder: HtmlElement
    linked: int
    """How many characters of ``text`` are inside links."""
    is_row: bool = False
    weight: int = field(init=False)
    """Length in Latin letters."""
    is_prose: bool = field(init=False)
    """Is it long, punctuated, mostly outside links, and neither a row nor the headline?"""

    def __post_init__(self) -> None:
        text = self.text
        self.weight = len(text) if text.isascii() else len(text) + 2 * len(_HAN_OR_KANA.findall(text))
        self.is_prose = (
            self.weight >= _MIN_PROSE_WEIGHT
            and not self.is_row
            and self.holder.tag != "h1"
            and self.linked < _MAX_LINKED_SHARE * len(text)
            and bool(_PUNCTUATION.search(text))
        )


def blocks(root: HtmlElement) -> Iterator[TextBlock]:
    """The paragraphs and lines under *root* in order, whichever block elements contain them; a row is one line."""
    holders, linked, links = [root], 0, 0
    parts: list[str] = []
    row = None
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, node in walk:
        starts, tag = event == "start", node.tag
        if row is not None and node is not row:
            parts.append(" " if tag in _BLOCKS or tag in CELLS else "")
        elif tag in _BLOCKS or node is root:
            if text := " ".join("".join(parts).split()):
                yield TextBlock(text, holders[-1], linked, row is not None)
            parts, linked = [], 0
            if tag not in _BREAKS and node is not root:
                holders.append(node) if starts else holders.pop()
                row = node if starts and tag in ROWS and is_data_row(node) else None
        elif tag in CELLS:
            parts.append(" ")
        links += 0 if tag != "a" else 1 if starts else -1
        if starts and _is_silent(node):
            walk.skip_subtree()
            continue
        piece = node.text if starts else "" if node is root else node.tail
        if piece:
            parts.append(piece)
            linked += len(piece.strip()) if links else 0


def _is_silent(node: HtmlElement) -> bool:
    """Does nobody see the text of *node* on the page?"""
    if node.tag in _SILENT:
        return True
    names = node.get("class")
    return bool(names and _HIDDEN.search(names)) and len(node.text_content()) <= _MAX_HIDDEN


def main_blocks(page: list[TextBlock], root: HtmlElement, title: str = "") -> list[TextBlock]:
    """The main content of *page*: see ``read_content``."""
    return read_content(page, root, title).main


@dataclass(frozen=True, slots=True)
class Content:
    """What was found among the blocks of a page."""

    main: list[TextBlock]
    """The main content, without asides; empty for a page of links."""
    teasers: list[TextBlock]
    """Teasers of other articles."""


def read_content(page: list[TextBlock], root: HtmlElement, title: str = "") -> Content:
    """Finds the main content of *page*, the blocks of *root*, and the teasers.

    From the root, descends to the child with most of the prose as long as there is one. Of a page without prose the
    rows of tables are taken for it. What contains the heading *title* is no aside.
    """
    parents = parents_of(block.holder for block in page)
    parents.setdefault(root, root.getparent())
    weights = _weights(page, parents)
    limit = _MAX_ASIDE_SHARE * weights[root]
    around = _around_title(root, title)
    cards = set(_cards(page, parents, weights)) - around
    asides = {node for node in parents if is_consent(node) or (weights[node] < limit and is_aside(node))}
    beside = inside(parents, (asides | _longer_asides(parents, weights, root) | cards) - around)
    others = [block for block in page if block.holder not in beside]
    return Content(_main(others, parents, root), _those_inside(page, parents, cards))


def _main(page: list[TextBlock], parents: Parents, root: HtmlElement) -> list[TextBlock]:
    """The blocks of the element that holds most of the prose of *page*."""
    weights = _weights(page, parents)
    if not weights[root]:
        weights = _weights(page, parents, rows=True)
    if not weights[root]:
        return []
    of_rows = _weights([block for block in page if block.is_row], parents, rows=True)
    chosen = root
    while (child := _main_child(chosen, weights)) is not None and not _parts_rows(chosen, child, of_rows, weights):
        chosen = child
    return _those_inside(page, parents, {chosen})


def _those_inside(page: list[TextBlock], parents: Parents, elements: set[HtmlElement]) -> list[TextBlock]:
    holders = inside(parents, elements) if elements else set()
    return [block for block in page if block.holder in holders]


def _around_title(root: HtmlElement, title: str) -> set[HtmlElement]:
    """The elements that the first heading with the text *title* is inside of."""
    key = title_key(title)
    headings = (node for node in root.iter("h1", "h2") if key and title_key("".join(node.itertext())) == key)
    return set(next(headings, root).iterancestors())


def _longer_asides(parents: Parents, weights: Counter[HtmlElement], root: HtmlElement) -> set[HtmlElement]:
    """Comments, dialogs and lists of other articles, also where they are longer than the article beside them."""
    found = {node for node in parents if node is not root and says_no_article(node)}
    if not found:
        return found
    found -= parents_of([*root.iter("h1"), *root.xpath("//*[@itemprop='articleBody']")]).keys()  # has its own headline
    within = inside(parents, found)
    outer = sum(weights[node] for node in found if parents[node] not in within)
    return found if weights[root] - outer >= _MIN_BESIDE else set()


def _cards(page: list[TextBlock], parents: Parents, weights: Counter[HtmlElement]) -> Iterator[HtmlElement]:
    """Elements that are teasers: several alike, each with a link and a line of prose, beside no paragraph.

    Beside paragraphs they are sections of the article.
    """
    links = (
        block.holder for block in page if block.weight >= _MIN_TEASER_LINK and block.linked >= 0.5 * len(block.text)
    )
    linked = parents_of(links)
    holders = {block.holder for block in page if block.is_prose}
    alike: dict[tuple[HtmlElement | None, str, str], list[HtmlElement]] = {}
    for node in linked:
        if 0 < weights[node] <= _MAX_TEASER and node not in holders:
            alike.setdefault((parents[node], *_tag_and_class(node)), []).append(node)
    for (above, *_), nodes in alike.items():
        if len(nodes) >= _MIN_TEASERS and above is not None and not any(child in holders for child in above):
            yield from nodes


def _main_child(parent: HtmlElement, weights: Counter[HtmlElement]) -> HtmlElement | None:
    """The child with most of the prose of *parent*; of children with equal tag and class one needs nearly all of it."""
    first, *others = sorted(parent, key=lambda child: -weights[child]) or [None]
    if first is None or weights[first] < _MAIN_SHARE * weights[parent]:
        return None
    # An article may be split by adverts into several boxes of one class.
    alike = bool(others) and weights[others[0]] > 0 and _tag_and_class(others[0]) == _tag_and_class(first)
    return None if alike and weights[first] < _MAIN_SHARE_AMONG_ALIKE * weights[parent] else first


def _parts_rows(
    parent: HtmlElement, child: HtmlElement, of_rows: Counter[HtmlElement], weights: Counter[HtmlElement]
) -> bool:
    """Is *child* one paragraph beside the rows of a table, or the table beside its paragraph?"""
    if child.tag in _TABLES:
        return of_rows[child] >= 0.5 * weights[child]
    return child.tag in _PARAGRAPHS and of_rows[parent] > of_rows[child]


def _tag_and_class(node: HtmlElement) -> tuple[str, str]:
    return str(node.tag), node.get("class") or ""


def _weights(page: list[TextBlock], parents: Parents, *, rows: bool = False) -> Counter[HtmlElement]:
    """The weight of the prose under each element, by element; with *rows* that of the rows of tables too."""
    own: Counter[HtmlElement] = Counter()
    for block in page:
        if block.is_prose or (rows and block.is_row and block.linked < _MAX_LINKED_SHARE * len(block.text)):
            own[block.holder] += block.weight
    return totals(parents, own)
