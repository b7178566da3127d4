"""The title of an article, without the name of the site that is glued to it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import urlsplit

from lxml.html import HtmlElement

_SEPARATOR = re.compile(r"\s+[|\-–—•·:»«>_/]+\s+|\s*(?:[|｜»]|__?|::|——)\s*")
_CHINESE_SEPARATOR = re.compile(r"\s+[|\-–—•·:»«>_/]+\s+|\s*(?:[|｜»]|__?|::|[-–—]{1,2})\s*")
_COLON = re.compile(r"\s*[::]\s+|\s*：\s*")
_HEADING = re.compile(r"title|headline|heading|hed\b|__hed|标题", re.IGNORECASE)
_LONGEST = 300
_RAW = 1000  # characters of a stated title that are looked at
_SHORTEST = 6  # letters; a heading like "Apple" would cut "Apple - what now?" short
_HAN = re.compile(r"[\u4e00-\u9fff]")
_SITE_TAIL = re.compile(
    r"(?:网|網|在线|频道|頻道|新闻|新聞|资讯|日报|晚报|时报|周刊|杂志|论坛|社区|博客|中心|门户|首页|客户端|官网|财经|科技|股票)$"
)

_ASCII_KEY = {code: chr(code).lower() if chr(code).isalnum() else None for code in range(128)}


def choose_title(root: HtmlElement, stated: list[str], site_names: Iterable[str], url: str) -> str:
    """The title that most of the page agrees on.

    *stated* are the titles from the page's metadata in order of trust. A piece is cut off a title only
    when it is known to name the site, or when what remains stands on the page as a heading of its own:
    a dash alone may belong to the title.
    """
    names = {key_of(name) for name in site_names if name} | _host_names(url)
    headings = _headings(root)
    keys = {key_of(heading) for heading in headings}
    candidates = [cut for text in (*stated, _document_title(root)) if (cut := without_site(text, names, keys))]
    main = {key_of(text): text for h1 in root.iter("h1") if (text := _line(h1)) and key_of(text) not in names}
    if not stated and len(main) == 1 and not keys.intersection(map(key_of, candidates)):
        # Nothing but <title>, which often names the section, and one heading that says otherwise.
        candidates = list(main.values())
    known = {key_of(candidate) for candidate in candidates}
    candidates += [heading for heading in headings if key_of(heading) in known]
    votes = [key_of(candidate) for candidate in candidates]
    # max() keeps the first of equals, so with no majority the order of trust decides.
    return max(candidates, key=lambda candidate: votes.count(key_of(candidate)), default="")[:_LONGEST]


def named_title(root: HtmlElement, named: list[str], site_names: Iterable[str], url: str) -> str:
    """The first of *named*, what the row's selector finds, that is more than the site's name, without that name."""
    names = {key_of(name) for name in site_names if name} | _host_names(url)
    for text in named:
        if not any(name in key_of(text) for name in names):
            return text
        if title := without_site(text, names, {key_of(heading) for heading in _headings(root)} - names):
            return title
    return ""


def title_tail(root: HtmlElement, title: str) -> list[str]:
    """What the document's title says beside *title*: sections and the site, by whatever name."""
    document = _document_title(root)
    if not title or title not in document:
        return []
    return [piece for piece in _CHINESE_SEPARATOR.split(document.replace(title, " | ")) if piece.strip()]


def without_site(title: str, names: set[str], headings: set[str]) -> str:
    """*title* without heads and tails that name the site; empty when nothing else is in it."""
    title = " ".join(title[:_RAW].split())
    for _ in range(4):
        shorter = _shortened(title, names, headings)
        if shorter == title:
            break
        title = shorter
    return "" if key_of(title) in names else title


def _shortened(title: str, names: set[str], headings: set[str]) -> str:
    if key_of(title) in headings:
        return title
    chinese = bool(_HAN.search(title))
    cuts = list((_CHINESE_SEPARATOR if chinese else _SEPARATOR).finditer(title))
    for cut in cuts:
        if key_of(title[: cut.start()]) in headings:
            return title[: cut.start()].strip()
    for cut in reversed(cuts):
        if key_of(title[cut.end() :]) in headings:
            return title[cut.end() :].strip()
    if cuts:
        head, tail = title[: cuts[-1].start()].strip(), title[cuts[-1].end() :].strip()
        if head and (key_of(tail) in names or (chinese and _names_chinese_site(cuts[-1][0], head, tail))):
            return head
    for cut in (*cuts[:1], *_COLON.finditer(title[:80])):
        if key_of(title[: cut.start()]) in names and title[cut.end() :].strip():
            return title[cut.end() :].strip()
    return title


def _names_chinese_site(separator: str, head: str, tail: str) -> bool:
    """``标题_频道_站点``: the underscore is no punctuation of Chinese, and sites have telling endings."""
    return len(tail) <= 20 and len(tail) < len(head) and ("_" in separator or bool(_SITE_TAIL.search(tail)))


def _headings(root: HtmlElement) -> list[str]:
    """Texts that the page shows as headings."""
    found = list(root.iter("h1", "h2", "h3", "h4", "h5"))
    found += [element for element in root.iter("div", "p", "span", "strong", "td", "font") if _marked(element)]
    texts = (_line(element) for element in found)
    return list(dict.fromkeys(text for text in texts if len(text) <= _LONGEST and len(key_of(text)) >= _SHORTEST))


def _document_title(root: HtmlElement) -> str:
    titles = (title for title in root.iter("title") if next(title.iterancestors("svg"), None) is None)
    return next(map(_line, titles), "")[:_RAW]


def _line(element: HtmlElement) -> str:
    """The text of *element*, of which no more is gathered than a title can have."""
    parts: list[str] = []
    length = 0
    for part in element.itertext():
        parts.append(part[:_RAW])
        length += len(part.strip())
        if length > _RAW:
            break
    return " ".join("".join(parts).split())


def _marked(element: HtmlElement) -> bool:
    return bool(_HEADING.search(f"{element.get('class') or ''} {element.get('id') or ''}"))


def _host_names(url: str) -> set[str]:
    """``www.reuters.com`` also calls itself ``Reuters.com`` and ``Reuters``."""
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    labels = host.split(".")
    return {key_of(host), *(key_of(label) for label in labels[:-1] if len(label) > 2)} - {""}


@lru_cache(maxsize=4096)
def key_of(text: str) -> str:
    """What two spellings of one title have in common: letters and digits."""
    if text.isascii():
        return text.translate(_ASCII_KEY)  # the same in a tenth of the time
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).casefold()
