"""Chooses the title of an article and removes the site's name from it."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from crawler.extraction.heading import page_heading
from crawler.extraction.title_key import title_key
from text.language import HAN

_SEPARATOR = re.compile(r"\s{1,9}[|\-–—•·:»«>_/]{1,9}\s{1,9}|\s{0,9}(?:[|｜»]|__?|::|——)\s{0,9}")
_CHINESE_SEPARATOR = re.compile(r"\s{1,9}[|\-–—•·:»«>_/]{1,9}\s{1,9}|\s{0,9}(?:[|｜»]|__?|::|[-–—]{1,2})\s{0,9}")
_COLON = re.compile(r"\s{0,9}[::]\s{1,9}|\s{0,9}：\s{0,9}")
_HEADING_CLASS = re.compile(r"title|headline|heading|hed\b|__hed|标题", re.IGNORECASE)
_MAX_LENGTH = 300
_MAX_RAW_LENGTH = 1000  # characters of a stated title that are read
_MIN_HEADING = 6  # letters; a heading "Apple" would shorten "Apple - what now?"
_HAN = re.compile(f"[{HAN}]")
_SITE_TAIL = re.compile(
    r"(?:网|網|在线|频道|頻道|新闻|新聞|资讯|日报|晚报|时报|周刊|杂志|论坛|社区|博客|中心|门户|首页|客户端|官网|财经|科技|股票|有限公司|协会|学会)$"
)
# What templates and programs write where a title should be, in letters and digits; and the files and forms of EDGAR.
_GENERIC = re.compile(
    r"(?:新闻|文章|资讯|内容|公告|动态|信息|产品|详细|页面)*(?:详情|详细|正文|内容|中心|动态|公告|资讯|新闻|列表|首页|页|页面|标题|展示|查看|浏览)+(?:页|页面)?"
    r"|(?:公司|企业|行业|集团|本站|媒体|最新|学会|协会|通知|产业|市场|综合|国内|国际)*(?:新闻|动态|公告|资讯|要闻|报道|快讯|通知|消息)"
    r"|无标题(?:文档|页)?|未命名(?:文档)?|新建网页\d*|欢迎(?:您|光临|访问).*"
    r"|(?:new|html|web|untitled|my)*(?:document|page|untitled)\d*|(?:home|main|default|index|welcome|start)(?:page)?|page\d+"
    r"|(?:the|our|all|latest|company|recent|full|press|media)*(?:news|articles?|stor(?:y|ies)|posts?|releases?|blog|press|media)"
    r"(?:room|center|centre|details?|page|view|article|item|releases?|story|post)*|details?(?:page|view)?|view|title|content"
    r"|ex(?:hibit)?\d+\w{0,3}|(?:form)?(?:6k|8k|10k|10q|20f|40f)a?|\w*(?:html?|aspx?|php|docx?)",
    re.IGNORECASE,
)
_SITE_WORDS = re.compile(r"(?:the)?(.*?)(?:news|media|online|daily|weekly|magazine|com|net|org|inc|corp)*")
_MAX_SITE_NAME = 14  # Han characters
_MAX_GENERIC = 60  # letters and digits of one part


def choose_title(root: HtmlElement, stated: list[str], site_names: Iterable[str], url: str) -> str:
    """The title that occurs most often among metadata, ``<title>`` and headings.

    *stated* are the titles in the metadata, in order of trust. A part is removed from a title only when it is known
    to name the site, or when the rest is a heading of the page: a dash alone may belong to the title. Where all of
    them name only the site or the template ("新闻详情", "Document"), the title is the heading above the text.
    """
    names = {title_key(name) for name in site_names if name} | _host_names(url)
    headings = _headings(root)
    keys = {title_key(heading) for heading in headings}
    candidates = [cut for text in (*stated, _document_title(root)) if (cut := without_site(text, names, keys))]
    main = {title_key(text): text for h1 in root.iter("h1") if (text := _line(h1)) and title_key(text) not in names}
    if not stated and len(main) == 1 and not keys.intersection(map(title_key, candidates)):
        # Only <title>, which often names the section, and one heading that differs from it.
        candidates = list(main.values())
    file_name = _file_name(url)
    telling = [text for text in candidates if text.lower() != file_name and not _is_generic(text, names, main)]
    if not telling and (heading := page_heading(root, lambda text: _is_generic(text, names, main))):
        return heading
    candidates = telling or candidates
    known = {title_key(candidate) for candidate in candidates}
    candidates += [heading for heading in headings if title_key(heading) in known]
    votes = [title_key(candidate) for candidate in candidates]
    # max() returns the first of equals: without a majority the order of trust decides.
    return max(candidates, key=lambda candidate: votes.count(title_key(candidate)), default="")[:_MAX_LENGTH]


def _file_name(url: str) -> str:
    """The name of the file at *url* in lower case, without its ending; "" for one that has no digit, as words have."""
    name = urlsplit(url).path.rsplit("/", 1)[-1].rpartition(".")[0].lower()
    return name if any(map(str.isdigit, name)) else ""


def _is_generic(title: str, names: set[str], shown: Container[str]) -> bool:
    """Whether *title* names only a template, a section or the site, and no article.

    *names* and *shown*, the headings of the page, are title keys.
    """
    whole = title_key(title)
    parts = list(dict.fromkeys(key for part in _CHINESE_SEPARATOR.split(title) if (key := title_key(part))))
    if len(parts) == 1 and whole != parts[0]:  # "Valley News - Valley News"
        return True
    return bool(len(whole) <= _MAX_GENERIC and _GENERIC.fullmatch(whole)) or all(
        len(part) <= _MAX_GENERIC and (_GENERIC.fullmatch(part) or _names_site(part, names, shown)) for part in parts
    )


def _names_site(key: str, names: set[str], shown: Container[str]) -> bool:
    """Whether *key*, the title key of a part of a title, is the name of a site, as far as its ending says so."""
    bare = _SITE_WORDS.fullmatch(key)
    chinese = bool(_HAN.search(key)) and len(key) <= _MAX_SITE_NAME and bool(_SITE_TAIL.search(key))
    return key in names or (chinese and key not in shown) or bool(bare and bare[1] in names)


def named_title(root: HtmlElement, named: list[str], site_names: Iterable[str], url: str) -> str:
    """The first of *named*, the texts of the title selector, that is not only the site's name; without that name."""
    names = {title_key(name) for name in site_names if name} | _host_names(url)
    for text in named:
        if not any(name in title_key(text) for name in names):
            return text
        if title := without_site(text, names, {title_key(heading) for heading in _headings(root)} - names):
            return title
    return ""


def title_tail(root: HtmlElement, title: str) -> list[str]:
    """The parts of ``<title>`` other than *title*: names of sections and of the site."""
    document = _document_title(root)
    if not title or title not in document:
        return []
    return [part for part in _CHINESE_SEPARATOR.split(document.replace(title, " | ")) if part.strip()]


def without_site(title: str, names: set[str], headings: set[str]) -> str:
    """*title* without parts at its ends that name the site; "" when it has no other part.

    *names* and *headings* are title keys.
    """
    title = " ".join(title[:_MAX_RAW_LENGTH].split())
    for _ in range(4):
        shorter = _shortened(title, names, headings)
        if shorter == title:
            break
        title = shorter
    return "" if title_key(title) in names else title


def _shortened(title: str, names: set[str], headings: set[str]) -> str:
    """*title* without one part that names the site; unchanged when there is none."""
    if title_key(title) in headings:
        return title
    chinese = bool(_HAN.search(title))
    cuts = list((_CHINESE_SEPARATOR if chinese else _SEPARATOR).finditer(title))
    for cut in cuts:
        if title_key(title[: cut.start()]) in headings:
            return title[: cut.start()].strip()
    for cut in reversed(cuts):
        if title_key(title[cut.end() :]) in headings:
            return title[cut.end() :].strip()
    if cuts:
        head, tail = title[: cuts[-1].start()].strip(), title[cuts[-1].end() :].strip()
        if head and (title_key(tail) in names or (chinese and _names_chinese_site(cuts[-1][0], head, tail))):
            return head
    for cut in (*cuts[:1], *_COLON.finditer(title[:80])):
        if title_key(title[: cut.start()]) in names and title[cut.end() :].strip():
            return title[cut.end() :].strip()
    return title


def _names_chinese_site(separator: str, head: str, tail: str) -> bool:
    """Is *tail* the site in ``标题_频道_站点``? Chinese text has no underscores, and site names have known endings."""
    return len(tail) <= 20 and len(tail) < len(head) and ("_" in separator or bool(_SITE_TAIL.search(tail)))


def _headings(root: HtmlElement) -> list[str]:
    """The texts of elements that are headings by their tag, class or id."""
    elements = list(root.iter("h1", "h2", "h3", "h4", "h5"))
    elements += filter(_has_heading_class, root.iter("div", "p", "span", "strong", "td", "font"))
    texts = dict.fromkeys(map(_line, elements))
    return [text for text in texts if len(text) <= _MAX_LENGTH and len(title_key(text)) >= _MIN_HEADING]


def _document_title(root: HtmlElement) -> str:
    titles = (title for title in root.iter("title") if next(title.iterancestors("svg"), None) is None)
    return next(map(_line, titles), "")[:_MAX_RAW_LENGTH]


def _line(element: HtmlElement) -> str:
    """The text of *element* on one line, read no further than a title can be long."""
    parts: list[str] = []
    length = 0
    for part in element.itertext():
        parts.append(part[:_MAX_RAW_LENGTH])
        length += len(part.strip())
        if length > _MAX_RAW_LENGTH:
            break
    return " ".join("".join(parts).split())


def _has_heading_class(element: HtmlElement) -> bool:
    return bool(_HEADING_CLASS.search(f"{element.get('class') or ''} {element.get('id') or ''}"))


def _host_names(url: str) -> set[str]:
    """Title keys by which a site may name itself: of ``www.reuters.com`` ``Reuters.com`` and ``Reuters``."""
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    labels = host.split(".")
    return {title_key(host), *(title_key(label) for label in labels[:-1] if len(label) > 2)} - {""}
