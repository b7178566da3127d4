"""Reads the body of an article from its page: the paragraphs, without navigation, adverts and lists of links."""

from __future__ import annotations

import logging
import re
from collections import Counter
from configparser import ConfigParser
from copy import deepcopy
from functools import cache
from itertools import islice, takewhile

from lxml import etree
from lxml.html import HtmlElement

from crawler.extraction.boilerplate import without_boilerplate
from crawler.extraction.main_content import TextBlock, blocks, main_blocks, read_content
from crawler.extraction.selectors import elements_at
from crawler.extraction.title_key import title_key
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
_MIN_WITHOUT_MAIN = 250  # letters that trafilatura reads where no prose is found; less are a few lines of a menu
_MIN_TOGETHER = 3  # paragraphs in one element that are no teasers, which have an element each
_FEW_ELEMENTS, _MANY_ELEMENTS = 1500, 8_000
_MAX_STEPS = 4_000_000  # from the root to each element and back, in sum; long pages have a tenth of that
_MIN_ITEM = 15  # letters of an item of a list; shorter ones ("Facebook") may be buttons
_PICTURES = frozenset(("figure", "figcaption"))
_BESIDE_CLASS = re.compile(
    r"caption|credit|ima?ge?|photo|picture|pic\b|video|pull-?quote|sign-?off|byline|author|bio\b", re.IGNORECASE
)
_MIN_LEAD = 80  # characters of a lead above the main content; menus and bylines are shorter


def read_body(root: HtmlElement, title: str, selectors: Selectors) -> str:
    """The paragraphs, separated by line breaks; "" for a page without an article.

    They are those of ``selectors.body``, else those found without selectors.
    """
    chosen = elements_at(root, selectors.body)
    outer = [element for element in chosen if not any(above in chosen for above in element.iterancestors())]
    paragraphs = [block.text for element in outer for block in blocks(element)]
    paragraphs = without_boilerplate(paragraphs or _generic(root, title) or _without_scripts(root), title)
    if selectors.skip:
        skip = re.compile(selectors.skip)
        paragraphs = [text for text in paragraphs if not skip.search(text)]
    if selectors.stop:
        stop = re.compile(selectors.stop)
        paragraphs = list(takewhile(lambda text: not stop.search(text), paragraphs))
    return "\n".join(paragraphs)


def _generic(root: HtmlElement, title: str) -> list[str]:
    """The paragraphs by trafilatura, or those of the main content where trafilatura fails.

    Trafilatura reads more kinds of pages. Where it fails it misses the article or includes the menus; the comparison
    with the main content shows both.
    """
    page = list(blocks(root))
    content = read_content(page, root, title)
    main = content.main
    of_main = _Paragraphs([block.text for block in main])
    teasers = _Paragraphs([block.text for block in content.teasers])
    found = [] if _is_too_large(root) else _trafilatura(root)
    read = [block for block in found if block.text in of_main or block.text not in teasers]
    if not main:
        return _without_main(read, page)
    inside = [index for index, block in enumerate(read) if _is_telling(block) and block.text in of_main]
    # Of a page with little text trafilatura may make a single line, headings included.
    longest = max(len(block.text) for block in page)
    lumped = any(len(block.text) > _LUMP * longest or _has_title_inside(block, title) for block in read)
    if not inside and read and not lumped and _is_nearer(read, main, page, title):
        return [block.text for block in read]
    if not inside or lumped or _misses(read, main):
        above = _lead_above(read, main, page, title) if lumped else []
        return above + [block.text for block in main if block.is_prose or block.linked < 0.5 * len(block.text)]
    lead = [block.text for block in read[: inside[0]] if len(block.text) >= _MIN_LEAD]
    texts = lead + _completed(read[inside[0] : inside[-1] + 1], main)
    links = {block.text for block in page if block.linked >= 0.9 * len(block.text)}
    while texts and texts[-1] in links:  # headlines of other articles
        texts.pop()
    return texts


def _is_too_large(root: HtmlElement) -> bool:
    """Whether trafilatura, which reads what is inside of an element again at each level, would take seconds."""
    elements = root.xpath("count(//*)")
    if not _FEW_ELEMENTS < elements < _MANY_ELEMENTS:
        return bool(elements >= _MANY_ELEMENTS)
    level = steps = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        level += 1 if event == "start" else -1
        steps += level
    return steps > _MAX_STEPS


def _has_title_inside(block: TextBlock, title: str) -> bool:
    """Does *block* begin with the title and go on, as a heading and the text below it in one line would?"""
    key = title_key(title)
    return len(key) >= _MIN_LETTERS and block.text.startswith(f"{title} ") and len(block.text) > 2 * len(title)


def _without_main(read: list[TextBlock], page: list[TextBlock]) -> list[str]:
    """What trafilatura has *read* of a page that has no prose outside asides; nothing of a page of links."""
    links = _Paragraphs([block.text for block in page if block.linked >= 0.5 * len(block.text)])
    own = [block for block in read if block.text not in links]
    enough = sum(block.weight for block in own) >= _MIN_WITHOUT_MAIN and any(block.is_prose for block in own)
    return [block.text for block in own] if enough else []


def _is_nearer(read: list[TextBlock], main: list[TextBlock], page: list[TextBlock], title: str) -> bool:
    """Of two readings that share nothing, does *read* begin nearer below the title than *main*?

    Without a title on the page the longer one is the article: the other may be a banner, or a list of teasers.
    """
    key = title_key(title)
    heads = [index for index, block in enumerate(page) if key and title_key(block.text) == key]
    heads = heads or [index for index, block in enumerate(page) if block.holder.tag == "h1"]
    known = _Paragraphs([block.text for block in read])
    of_main = {id(block) for block in main}
    first = [index for index, block in enumerate(page) if block.is_prose and block.text in known]
    second = [index for index, block in enumerate(page) if block.is_prose and id(block) in of_main]
    if not first or not second or not heads:
        return bool(first) and _weight(read) > _weight(main)
    one, other = ((index[0] - heads[0]) % len(page) for index in (first, second))  # what stands above comes last
    return one < other


def _lead_above(read: list[TextBlock], main: list[TextBlock], page: list[TextBlock], title: str) -> list[str]:
    """The paragraphs between the title and *main* that were *read*, as the rest of a text may open by a button."""
    key = title_key(title)
    until = next(index for index, block in enumerate(page) if block is main[0])
    heads = [index for index, block in enumerate(page[:until]) if key and title_key(block.text) == key]
    known = _Paragraphs([block.text for block in read])
    between = page[heads[-1] + 1 : until] if heads else []
    return [block.text for block in between if block.is_prose and not block.linked and block.text in known]


def _weight(texts: list[TextBlock]) -> int:
    return sum(block.weight for block in texts if block.is_prose)


def _misses(read: list[TextBlock], main: list[TextBlock]) -> bool:
    """Does *read* lack too much of the prose of *main*?

    Only prose counts that stands as an article's does: in elements like those of the prose that was read, or several
    paragraphs in one element. Teasers of other articles beside a short one are not missed.
    """
    known = _Paragraphs([block.text for block in read])
    prose = [block for block in main if block.is_prose]
    found = {id(block) for block in prose if block.text in known}
    if not found:
        return True
    kinds = {_kind(block) for block in prose if id(block) in found}
    together = Counter(block.holder.getparent() for block in prose)
    own = [block for block in prose if _kind(block) in kinds or together[block.holder.getparent()] >= _MIN_TOGETHER]
    return sum(block.weight for block in own if id(block) not in found) > _MAX_MISSED * _weight(own)


def _kind(block: TextBlock) -> tuple[object, ...]:
    """Tags and classes of the element that holds *block* and of the one around it."""
    above = block.holder.getparent()
    around = (above.tag, above.get("class")) if above is not None else ()
    return (block.holder.tag, block.holder.get("class"), *around)


def _is_telling(block: TextBlock) -> bool:
    return len(title_key(block.text)) >= _MIN_LETTERS


def _without_scripts(root: HtmlElement) -> list[str]:
    """The paragraphs that the page has for browsers without scripts only."""
    texts = []
    for element in map(deepcopy, root.iter("noscript")):
        element.tag = "div"  # as what it would be there
        texts += [block.text for block in main_blocks(list(blocks(element)), element) if block.is_prose]
    return texts


def _completed(read: list[TextBlock], main: list[TextBlock]) -> list[str]:
    """The texts of *read* with the blocks of *main* between them that trafilatura leaves out of some pages.

    These are headings, rows, items of lists and paragraphs without links. Rows are those of *main*, cells and all;
    those that follow the last text directly belong to it.
    """
    rows = any(block.is_row for block in main)
    texts = [block.text for block in read if not (rows and block.is_row)]
    known, lines = _Paragraphs(texts), set(texts)
    positions = {_beginning(block.text): index for index, block in reversed(list(enumerate(main)))}
    complete: list[str] = []
    last = None
    for text in texts:
        position = positions.get(_beginning(text))
        if position is not None and (last is None or position > last):
            if last is not None:
                ends = main[last], main[position]
                between = main[last + 1 : position]
                complete += [block.text for block in between if _is_between(block, ends, known, lines)]
            last = position
        complete.append(text)
    return complete + _rows_after(main[len(main) if last is None else last + 1 :])


def _is_between(block: TextBlock, ends: tuple[TextBlock, TextBlock], known: _Paragraphs, lines: set[str]) -> bool:
    """Does *block*, which stands between *ends*, belong to the article? *known* and *lines* have what was read."""
    if block.is_row:
        return block.linked < 0.5 * len(block.text)
    if block.linked or block.text in lines:
        return False
    if block.holder.tag in _HEADINGS:
        return True
    item = block.holder.tag == "li" and block.weight >= _MIN_ITEM
    text = (item or (block.is_prose and not _is_beside(block))) and block.text not in known
    return text and all(_around(block) & _around(end) for end in ends)


def _around(block: TextBlock) -> set[HtmlElement]:
    """The two elements around the one that holds *block*: boxes and credits stand in others than the text does."""
    return set(islice(block.holder.iterancestors(), 2))


def _is_beside(block: TextBlock) -> bool:
    """Is *block* a caption, a credit or the like, by its tags and classes or those around and inside it?"""
    near = [*islice(block.holder.iter(), 3), *islice(block.holder.iterancestors(), 2)]
    return any(node.tag in _PICTURES or _BESIDE_CLASS.search(node.get("class") or "") for node in near)


def _rows_after(blocks_after: list[TextBlock]) -> list[str]:
    """The rows at the beginning of *blocks_after*, with the short lines above and between them."""
    until = 0
    for index, block in enumerate(blocks_after):
        if block.is_row and block.linked < 0.5 * len(block.text):
            until = index + 1
        elif block.is_prose or block.linked:
            break
    return [block.text for block in blocks_after[:until]]


class _Paragraphs:
    """The paragraphs of one extraction, for ``paragraph in paragraphs`` with one of the other extraction."""

    def __init__(self, texts: list[str]) -> None:
        self._beginnings = set(map(_beginning, texts))
        # The two extractions do not split paragraphs alike. In very long texts the search inside takes too long.
        self._whole = "".join(map(title_key, texts)) if len(texts) < _MAX_PARAGRAPHS else ""

    def __contains__(self, text: object) -> bool:
        beginning = _beginning(str(text))
        return bool(beginning) and (beginning in self._beginnings or beginning in self._whole)


def _beginning(text: str) -> str:
    """The key of a paragraph: its beginning, as one extraction may leave out a footnote in its middle."""
    return title_key(text)[:_BEGINNING]


def _trafilatura(root: HtmlElement) -> list[TextBlock]:
    from trafilatura import bare_extraction
    from trafilatura.settings import Document, Extractor

    chinese = len(_HAN.findall(root.text_content()[:20_000])) > 500
    document = bare_extraction(root, options=Extractor(config=_settings(chinese), fast=True, comments=False))
    found = list(blocks(document.body)) if isinstance(document, Document) else []
    for block in found:  # of a row it may have left a single cell
        block.is_row = block.is_row or (
            not block.is_prose and next(block.holder.iterancestors("table"), None) is not None
        )
    return found


@cache
def _settings(chinese: bool) -> ConfigParser:
    """Trafilatura's settings. Chinese needs 80 characters for what takes 250 in English: with the default minimum
    trafilatura would take a short Chinese article for a failure and add the menus of the page."""
    from trafilatura.settings import use_config

    config = use_config()
    if chinese:
        config.set("DEFAULT", "MIN_EXTRACTED_SIZE", "80")
    return config
