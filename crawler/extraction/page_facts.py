"""What one kind of metadata on a page (JSON-LD, microdata, OpenGraph, other meta elements) states about its article."""

from __future__ import annotations

from dataclasses import dataclass
from html import unescape


@dataclass(frozen=True, slots=True)
class PageFacts:
    """Texts as the page states them, best first; empty where it states nothing. ``metadata`` cleans and merges them."""

    titles: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    authors: tuple[tuple[str, ...], ...] = ()
    """Alternative bylines: the first that names a person is used."""
    summary: str = ""
    body: str = ""
    """The whole text, where the page's data have it and its markup may not."""
    free: bool | None = None
    """Whether everybody may read the whole text; None where the page does not say."""
    paid_selectors: tuple[str, ...] = ()
    """CSS selectors of the parts that only those read who pay."""
    sites: tuple[str, ...] = ()
    """Names of the site or its publisher."""
    tags: tuple[str, ...] = ()


def clean_texts(texts: list[str]) -> list[str]:
    """Each of *texts* on one line, with entities decoded twice (sites escape them twice), without repetitions."""
    return list(dict.fromkeys(clean for text in texts if (clean := " ".join(unescape(unescape(text)).split()))))


def first_text(texts: list[str]) -> str:
    """The first of *texts* that is not blank, cleaned; "" when all are."""
    return next(iter(clean_texts(texts)), "")
