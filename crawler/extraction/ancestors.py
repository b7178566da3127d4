"""Elements and what they are inside of, each step once: pages may be thousands of levels deep."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

from lxml.html import HtmlElement

Parents = dict[HtmlElement, HtmlElement | None]
"""The parent of each element; those of outer elements come first."""


def parents_of(elements: Iterable[HtmlElement]) -> Parents:
    """*elements* and all that they are inside of."""
    parents: Parents = {}
    for element in elements:
        path: list[tuple[HtmlElement, HtmlElement | None]] = []
        node: HtmlElement | None = element
        while node is not None and node not in parents:
            above = node.getparent()
            path.append((node, above))
            node = above
        parents.update(reversed(path))
    return parents


def inside(parents: Parents, elements: Collection[HtmlElement]) -> set[HtmlElement]:
    """Those of *parents* that are one of *elements*, or inside one."""
    found: set[HtmlElement] = set()
    for node, above in parents.items():
        if node in elements or (above is not None and above in found):
            found.add(node)
    return found


def totals(parents: Parents, own: Counter[HtmlElement]) -> Counter[HtmlElement]:
    """For each of *parents* the sum of its *own* number and those of the elements inside it."""
    total: Counter[HtmlElement] = Counter(own)
    for node, above in reversed(parents.items()):
        if above is not None and (number := total[node]):
            total[above] += number
    return total


def levels(parents: Parents) -> dict[HtmlElement, int]:
    """How many elements each of *parents* is inside of."""
    level: dict[HtmlElement, int] = {}
    for node, above in parents.items():
        level[node] = level[above] + 1 if above is not None else 0
    return level
