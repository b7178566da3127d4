"""Reads the body of an article from its page: the paragraphs, without navigation, adverts and lists of links."""

from __future__ import annotations

import logging
import re
from configparser import ConfigParser
from copy import deepcopy
from functools import cache
from itertools import takewhile

from lxml.html import HtmlElement

from crawler.extraction.boilerplate import without_boilerplate
from crawler.extraction.main_content import TextBlock, blocks, main_blocks
from crawler.extraction.selectors import elements_at
from crawler.extraction.title import title_key
from crawler.source import Selectors
from text.language import HAN

_HAN = re.compile(f"[{HAN}]")
_HEADINGS = frozenset(("h2", "h3", "h4"))

if not (_library := logging.getLogger("trafilatura")).level:  # else a level was asked for
    # Below that it logs every element that it drops.
    _library.setLevel(logging.WARNING)

_MAX_MISSED = 0.4  # share of the main content's prose; where trafilatura misses more, it read something else
_LUMP = 1.5  # times the longest paragraph; a longer text of trafilatura is several paragraphs in one
_MIN_LETTERS = 6  # shorter texts ("News") may occur anywhere on a page
_BEGINNING = 30  # letters by which a paragraph is recognized
_MAX_PARAGRAPHS = 3000  # up to which beginnings are searched inside paragraphs
_MIN_LEAD = 80  # characters of a lead above the main content; menus and bylines are shorter


def read_body(root: HtmlElement, title: str, selectors: Selectors) -> str:
    """The paragraphs, separated by line breaks; "" for a page without an article.

    They are those of ``selectors.body``, else those found without selectors.
    """
    chosen = elements_at(root, selectors.body)
    outer = [element for element in chosen if not any(above in chosen for above in element.iterancestors())]
    paragraphs = [block.text for element in outer for block in blocks(element)]
    paragraphs = without_boilerplate(paragraphs or _generic(root) or _without_scripts(root), title)
    if selectors.skip:
        skip = re.compile(selectors.skip)
        paragraphs = [text for text in paragraphs if not skip.search(text)]
    if selectors.stop:
        stop = re.compile(selectors.stop)
        paragraphs = list(takewhile(lambda text: not stop.search(text), paragraphs))
    return "\n".join(paragraphs)


def _generic(root: HtmlElement) -> list[str]:
    """The paragraphs by trafilatura, or those of the main content where trafilatura fails.

    Trafilatura reads more kinds of pages. Where it fails it misses the article or includes the menus; the comparison
    with the main content shows both.
    """
    main = main_blocks(root)
    if not main:
        return []
    generic = _trafilatura(root)
    of_main, of_generic = _Paragraphs([block.text for block in main]), _Paragraphs(generic)
    inside = [index for index, text in enumerate(generic) if len(title_key(text)) >= _MIN_LETTERS and text in of_main]
    prose = [block for block in main if block.is_prose]
    missed = sum(block.weight for block in prose if block.text not in of_generic)
    # Of a page with little text trafilatura may make a single line, headings included.
    lumped = max(map(len, generic), default=0) > _LUMP * max(len(block.text) for block in main)
    if not inside or lumped or missed > _MAX_MISSED * sum(block.weight for block in prose):
        return [block.text for block in main if block.is_prose or block.linked < 0.5 * len(block.text)]
    lead = [text for text in generic[: inside[0]] if len(text) >= _MIN_LEAD]
    return lead + _with_headings(generic[inside[0] : inside[-1] + 1], main)


def _without_scripts(root: HtmlElement) -> list[str]:
    """The paragraphs that the page has for browsers without scripts only."""
    texts = []
    for element in map(deepcopy, root.iter("noscript")):
        element.tag = "div"  # as what it would be there
        texts += [block.text for block in main_blocks(element) if block.is_prose]
    return texts


def _with_headings(texts: list[str], main: list[TextBlock]) -> list[str]:
    """*texts* with the headings between them, some of which trafilatura takes for boilerplate."""
    positions = {_beginning(block.text): index for index, block in reversed(list(enumerate(main)))}
    complete: list[str] = []
    last = None
    for text in texts:
        position = positions.get(_beginning(text))
        if position is not None and last is not None:
            between = main[last + 1 : position]
            complete += [block.text for block in between if block.holder.tag in _HEADINGS and not block.linked]
        last = position if position is not None else last
        complete.append(text)
    return complete


class _Paragraphs:
    """The paragraphs of one extraction, for ``paragraph in paragraphs`` with one of the other extraction."""

    def __init__(self, texts: list[str]) -> None:
        self._beginnings = set(map(_beginning, texts))
        # The two extractions do not split paragraphs alike. In very long texts the search inside takes too long.
        self._whole = "".join(map(title_key, texts)) if len(texts) < _MAX_PARAGRAPHS else ""

    def __contains__(self, text: object) -> bool:
        beginning = _beginning(str(text))
        return beginning in self._beginnings or beginning in self._whole


def _beginning(text: str) -> str:
    """The key of a paragraph: its beginning, as one extraction may leave out a footnote in its middle."""
    return title_key(text)[:_BEGINNING]


def _trafilatura(root: HtmlElement) -> list[str]:
    from trafilatura import bare_extraction
    from trafilatura.settings import Document, Extractor

    chinese = len(_HAN.findall(root.text_content()[:20_000])) > 500
    document = bare_extraction(root, options=Extractor(config=_settings(chinese), fast=True, comments=False))
    return [block.text for block in blocks(document.body)] if isinstance(document, Document) else []


@cache
def _settings(chinese: bool) -> ConfigParser:
    """Trafilatura's settings. Chinese needs 80 characters for what takes 250 in English: with the default minimum
    trafilatura would take a short Chinese article for a failure and add the menus of the page."""
    from trafilatura.settings import use_config

    config = use_config()
    if chinese:
        config.set("DEFAULT", "MIN_EXTRACTED_SIZE", "80")
    return config
