"""The pages of the gate: each shape in three variations, two languages, the same on every machine."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from random import Random

from tests.extraction.draft import Case, Draft
from tests.extraction.shapes import chinese, community, company, news

VARIATIONS = ("en", "zh", "en")

GROUPS: dict[str, tuple[Callable[[Draft], str], ...]] = {
    **news.SHAPES,
    **chinese.SHAPES,
    **company.SHAPES,
    **community.SHAPES,
}


@cache
def cases() -> tuple[Case, ...]:
    """All pages with what is right of each."""
    return tuple(
        _case(group, shape, variation)
        for group, shapes in GROUPS.items()
        for shape in shapes
        for variation in range(len(VARIATIONS))
    )


def digest() -> str:
    """Of the pages and of what is right: floors are measured on these."""
    whole = hashlib.sha256()
    for case in cases():
        whole.update(case.data + f"{case.title}|{case.published}|{case.body}".encode())
    return whole.hexdigest()


def _case(group: str, shape: Callable[[Draft], str], variation: int) -> Case:
    name = f"{shape.__name__}-{variation}"
    draft = Draft(Random(name), VARIATIONS[variation])
    data = shape(draft).encode()
    moment = draft.moment
    path = (
        f"{moment:%Y/%m/%d}/{moment:%H%M}.html" if "address" in name else f"news/{draft.rng.randint(10**6, 10**7)}.html"
    )
    offset = moment.utcoffset()
    assert offset is not None
    return Case(
        name,
        group,
        data,
        f"https://{draft.host}/{path}",
        draft.title,
        draft.published,
        offset,
        "\n".join(draft.expected),
    )
