"""Finds the heading that a page shows above its text, for pages whose title names only the site or the template."""

from __future__ import annotations

import re
from collections.abc import Callable

from lxml.html import HtmlElement

from crawler.extraction.dates import is_date
from crawler.extraction.main_content import TextBlock, blocks, main_blocks
from text.language import HAN

_WITHIN = 12  # short lines before the first paragraph among which the heading is
_MIN_PARAGRAPH = 100  # letters of the first paragraph; a shorter sentence may be the heading
_LENGTH = 6, 200  # letters of a heading; a Han character counts as three
_MAX_LINKED = 0.5  # of a heading; the rest is a menu or a path (首页 > 新闻)
_HEADING_CLASS = re.compile(r"title|headline|heading|\bhed\b|__hed|标题|biaoti|\bbt\b", re.IGNORECASE)
_SIZE = re.compile(r"font-size\s*:\s*(\d{1,3}(?:\.\d{1,3})?)\s*(pt|px)", re.IGNORECASE)
_BOLD = re.compile(r"font-weight\s*:\s*(?:bold|[6-9]00)", re.IGNORECASE)
_CENTRED = re.compile(r"text-align\s*:\s*center", re.IGNORECASE)
_FONT_SIZES = {"1": 8, "2": 10, "3": 12, "4": 14, "5": 18, "6": 24, "7": 36}  # points of <font size>
_TAG_SIZES = {"h1": 24, "h2": 18, "h3": 14, "h4": 13}
_USUAL_SIZE = 12.0
_OTHER_LINE = re.compile(
    r"(?:exhibit|ex-)\s?\d.*|for (?:immediate )?release.*|(?:news|press) release|contacts?\b.*|table of contents"
    r"|united states securities.*|washington, ?d\.?c\.?.*|form \d.*|.*[>›»].*|(?:by|作者|来源|编辑|记者|文)\s?[:：/ ].*"
    r"|.*(?:发布|发表|更新)(?:时间|日期)?\s?[:：].*|.*(?:来源|字体|字号|阅读|浏览|点击)\s?[:：].*|.*(?:当前|您的)位置.*",
    re.IGNORECASE,
)
_NUMBERS = re.compile(r"[\W\d_]+")
_HAN = re.compile(f"[{HAN}]")


def page_heading(root: HtmlElement, is_generic: Callable[[str], bool]) -> str:
    """The line above the first paragraph of prose that stands out most, the first of equal ones; "" for none.

    Of lines of which none stands out it is the nearest to the text. Lines that *is_generic* accepts do not count.
    """
    page = list(blocks(root))
    prose = next(
        (block for block in main_blocks(page, root) if block.weight >= _MIN_PARAGRAPH and block.is_prose), None
    )
    if prose is None:
        return ""
    lines: list[TextBlock] = []
    for block in page:
        if block.holder is prose.holder and block.text == prose.text:
            break
        lines.append(block)
    best, weight = "", -1.0
    for line in reversed(lines[-_WITHIN:]):
        text = " ".join(line.text.split())
        if not _may_be_heading(text, line) or is_generic(text):
            continue
        found = _stands_out(line)
        if found > weight or (found == weight and found > 0):
            best, weight = text, found
    return best


def _may_be_heading(text: str, line: TextBlock) -> bool:
    least, most = _LENGTH
    letters = len(_NUMBERS.sub("", text)) + 2 * len(_HAN.findall(text))
    linked = line.linked > _MAX_LINKED * len(line.text)
    return (
        least <= letters and len(text) <= most and not linked and not _OTHER_LINE.fullmatch(text) and not is_date(text)
    )


def _stands_out(line: TextBlock) -> float:
    """How many points *line* is above usual text: by its size, weight, place or the name of its class; 0 for usual."""
    elements = [line.holder, *line.holder.iterdescendants()][:8]
    if not all(len(element) <= 3 for element in elements):  # no line, but a part of a larger element
        elements = [line.holder] if len(line.holder) == 0 else []
    size, marks = _USUAL_SIZE, 0.0
    for element in elements:
        tag, style = str(element.tag), element.get("style") or ""
        size = max(size, _TAG_SIZES.get(tag, 0.0), _FONT_SIZES.get(element.get("size") or "", 0.0), _points(style))
        if tag in ("b", "strong") or _BOLD.search(style):
            marks += 1
        if tag == "center" or element.get("align") == "center" or _CENTRED.search(style):
            marks += 0.5
        if _HEADING_CLASS.search(f"{element.get('class') or ''} {element.get('id') or ''}"):
            marks += 4
    return size - _USUAL_SIZE + marks


def _points(style: str) -> float:
    """The size of the font in *style*, in points; 0 where it states none."""
    size = _SIZE.search(style)
    return float(size[1]) * (0.75 if size[2].lower() == "px" else 1) if size else 0.0
