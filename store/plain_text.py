"""Text as an article may have it: without control characters, and a title without markup."""

from __future__ import annotations

import re

_LINE_BREAK = re.compile(r"\r\n?|[\x0b\x1c-\x1e\x85\u2028\u2029]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_ODD = re.compile(r"[\x00-\x08\x0b\x0d-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_TAG = re.compile(r"</?[a-z][a-z0-9:-]*(?:[\s/][^<>]*)?>|<!--.*?-->", re.IGNORECASE | re.DOTALL)
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
# Where the end tag of a title is broken, the elements behind it are part of its text.
_OTHER_ELEMENT = re.compile(
    r"<(?:/|(?:title|head|meta|link|script|style|body|html|base|div|nav|h1|img|svg)\b|[a-z][\w-]*\s+[\w-]+\s*=|!|\?)",
    re.IGNORECASE,
)
_MAY_BE_TAG = re.compile(r"<(?=[A-Za-z/!?])")


def plain_text(text: str) -> str:
    """*text* without control characters but tabs, line feeds and form feeds; other line breaks are line feeds.

    Half of a character, which JSON can contain and no file, becomes a replacement character.
    """
    if not _ODD.search(text):
        return text
    return _SURROGATE.sub("\ufffd", _CONTROL.sub("", _LINE_BREAK.sub("\n", text)))


def plain_line(text: str) -> str:
    """*text* without control characters, on one line."""
    return " ".join(plain_text(text).split()) if not text.isprintable() else text.strip()


def plain_title(title: str) -> str:
    """*title* on one line, without control characters and tags; what follows a tag that is not closed is no title.

    A "<" that could begin a tag and does not, as in "Vgs<Vth", gets a blank behind it.
    """
    title = plain_line(title)
    if "<" not in title:
        return title
    title = _BREAK.sub(" ", title)
    # What a tag encloses may be one; those of text, such as <b>, are taken out before the rest is judged.
    kept = _TAG.sub("", title) if _closes_all(title) else title
    other = _OTHER_ELEMENT.search(kept)
    kept = _TAG.sub(" ", kept[: other.start()] if other and kept[: other.start()].strip() else kept)
    return " ".join(_MAY_BE_TAG.sub("< ", kept).split())


def _closes_all(title: str) -> bool:
    """Are the tags in *title* pairs, as those of a piece of text are?"""
    names = re.findall(r"<(/?)([a-z][a-z0-9]*)", title, re.IGNORECASE)
    opened = sorted(name.lower() for slash, name in names if not slash and name.lower() not in ("wbr", "img"))
    return opened == sorted(name.lower() for slash, name in names if slash)
