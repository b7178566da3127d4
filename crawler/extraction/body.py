"""The text of an article: its paragraphs, without the navigation, adverts and lists around it."""

from __future__ import annotations

import re
from configparser import ConfigParser
from functools import cache
from itertools import takewhile

from lxml.html import HtmlElement

from crawler.read.container import Block, blocks, main_blocks
from crawler.read.furniture import without_furniture
from crawler.read.places import elements_at
from crawler.read.title import key_of
from crawler.source import Selectors

_HAN = re.compile(r"[\u4e00-\u9fff]")
_HEADINGS = frozenset(("h2", "h3", "h4"))
_MISSED = 0.4  # share of the container's prose whose lack means that trafilatura read something else
_LUMP = 1.5  # times the longest paragraph of the page
_TELLING = 6  # letters; shorter texts ("News") may stand anywhere
_KNOWN_BY = 30  # letters
_MANY = 3000  # paragraphs
_LEAD = 80  # characters of a standfirst above the container; menus and bylines are shorter


def read_body(root: HtmlElement, title: str, selectors: Selectors) -> str:
    """Paragraphs parted by line breaks; empty when the page has no text of its own."""
    chosen = elements_at(root, selectors.body)
    outer = [element for element in chosen if not any(above in chosen for above in element.iterancestors())]
    found = [block.text for element in outer for block in blocks(element)]
    found = without_furniture(found or _generic(root), title)
    if selectors.skip:
        skip = re.compile(selectors.skip)
        found = [text for text in found if not skip.search(text)]
    if selectors.stop:
        stop = re.compile(selectors.stop)
        found = list(takewhile(lambda text: not stop.search(text), found))
    return "\n".join(found)


def _generic(root: HtmlElement) -> list[str]:
    """Trafilatura's reading, held against where the sentences of the page are.

    Trafilatura knows more kinds of pages, but where it fails it misses the article or takes the menus
    along; the main container shows both.
    """
    main = main_blocks(root)
    if not main:
        return []
    generic = _trafilatura(root)
    of_main, of_generic = _Known([block.text for block in main]), _Known(generic)
    inside = [place for place, text in enumerate(generic) if len(key_of(text)) >= _TELLING and text in of_main]
    prose = [block for block in main if block.is_prose]
    missed = sum(block.weight for block in prose if block.text not in of_generic)
    # Of a page with little text trafilatura may make a single line, headings and all.
    lumped = max(map(len, generic), default=0) > _LUMP * max(len(block.text) for block in main)
    if not inside or lumped or missed > _MISSED * sum(block.weight for block in prose):
        return [block.text for block in main if block.is_prose or block.linked < 0.5 * len(block.text)]
    lead = [text for text in generic[: inside[0]] if len(text) >= _LEAD]
    return lead + _with_headings(generic[inside[0] : inside[-1] + 1], main)


def _with_headings(texts: list[str], main: list[Block]) -> list[str]:
    """*texts* with the headings between them, some of which trafilatura takes for furniture."""
    places = {_beginning(block.text): place for place, block in reversed(list(enumerate(main)))}
    complete: list[str] = []
    last = None
    for text in texts:
        place = places.get(_beginning(text))
        if place is not None and last is not None:
            between = main[last + 1 : place]
            complete += [block.text for block in between if block.holder.tag in _HEADINGS and not block.linked]
        last = place if place is not None else last
        complete.append(text)
    return complete


class _Known:
    """The texts of one reading, to ask whether the other reading has a paragraph, too."""

    def __init__(self, texts: list[str]) -> None:
        self._beginnings = set(map(_beginning, texts))
        # The two readings do not part paragraphs alike; in very long texts looking for that takes too long.
        self._whole = "".join(map(key_of, texts)) if len(texts) < _MANY else ""

    def __contains__(self, text: object) -> bool:
        beginning = _beginning(str(text))
        return beginning in self._beginnings or beginning in self._whole


def _beginning(text: str) -> str:
    """Enough to know a paragraph by; later on one reading may leave out a footnote that the other has."""
    return key_of(text)[:_KNOWN_BY]


def _trafilatura(root: HtmlElement) -> list[str]:
    from trafilatura import bare_extraction
    from trafilatura.settings import Document, Extractor

    chinese = len(_HAN.findall(root.text_content()[:20_000])) > 500
    document = bare_extraction(root, options=Extractor(config=_settings(chinese), fast=True, comments=False))
    return [block.text for block in blocks(document.body)] if isinstance(document, Document) else []


@cache
def _settings(chinese: bool) -> ConfigParser:
    """Chinese says in 80 characters what takes 250 in English: with the common limit a short report
    counts as a failed reading, and the menus of the page are added to it."""
    from trafilatura.settings import use_config

    config = use_config()
    if chinese:
        config.set("DEFAULT", "MIN_EXTRACTED_SIZE", "80")
    return config
