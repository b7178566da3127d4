"""Average linkage: which articles are one story, from how likely each two of them are.

A pair says little: news of one company looks alike, and what hangs together by pairs grows from one wrong pair to the
next. So two groups join only while the mean over all pairs between them is at least ``_JOINED`` (unweighted pair group
method with arithmetic mean, UPGMA; Sokal and Michener 1958). Pairs that are not given count as 0. The result depends on
the pairs alone and not on their order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from heapq import heapify, heappop, heappush

_JOINED = 0.5

Pair = tuple[str, str]
"""Two ids, the smaller one first."""


def join(ids: Iterable[str], agreements: Mapping[Pair, float]) -> list[list[str]]:
    """The stories of *ids*: ids in ascending order, stories in the order of their first ids.

    *agreements*: how likely two of *ids* tell one story, 0 to 1. Groups have the place of their first id, and of equal
    means the groups with the smallest places join first.
    """
    members = [[key] for key in sorted(ids)]
    place_of = {keys[0]: place for place, keys in enumerate(members)}
    sums: list[dict[int, float]] = [{} for _ in members]
    for (left, right), agreement in sorted(agreements.items()):
        one, other = place_of[left], place_of[right]
        sums[one][other] = sums[other][one] = agreement

    queue = [(-total, one, other, 1, 1) for one, row in enumerate(sums) for other, total in row.items() if one < other]
    heapify(queue)
    while queue:
        mean, one, other, size, other_size = heappop(queue)
        if -mean < _JOINED:
            break
        if (size, other_size) != (len(members[one]), len(members[other])):
            continue  # one of them has joined another group since
        members[one] += members[other]
        members[other] = []
        for third, total in sums[other].items():
            if third != one:
                sums[one][third] = sums[third][one] = sums[one].get(third, 0.0) + total
            del sums[third][other]
        sums[other] = {}
        for third, total in sums[one].items():
            first, last = min(one, third), max(one, third)
            sizes = len(members[first]), len(members[last])
            heappush(queue, (-total / (sizes[0] * sizes[1]), first, last, *sizes))
    return [sorted(keys) for keys in members if keys]


def components(ids: Iterable[str], pairs: Iterable[Pair]) -> list[list[str]]:
    """The connected components of *ids* by *pairs*: ids in ascending order, components in the order of their first."""
    neighbours = defaultdict(list)
    for left, right in pairs:
        neighbours[left].append(right)
        neighbours[right].append(left)
    found: list[list[str]] = []
    seen: set[str] = set()
    for key in sorted(ids):
        if key in seen:
            continue
        seen.add(key)
        component = [key]
        for member in component:
            new = [other for other in neighbours[member] if other not in seen]
            seen.update(new)
            component += dict.fromkeys(new)
        found.append(sorted(component))
    return found
