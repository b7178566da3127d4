"""What the readers of all discovery methods share: the entry page they return, and cleaning of addresses and texts."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urldefrag, urljoin, urlsplit

from w3lib.url import safe_url_string

from crawler.discovery.methods import Link
from crawler.extraction.charset import utf8_safe
from text.language import HAN

MAX_URL_LENGTH = 4000  # characters; a longer address is data, or a trap for crawlers

_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<!--.*?(?:-->|\Z)", re.DOTALL)
# Inline elements inside Chinese text, as around the hits of a search: a blank in their place would split a word.
_INLINE = re.compile(rf"(?<=[{HAN}])(?:</?(?:em|mark|b|strong|i|u|font|span)\b[^<>]*>)+(?=[{HAN}])", re.IGNORECASE)
# A percent sign that begins no escape, as in "12%-in-q2"; servers refuse it as it is.
_BARE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
# Invisible characters, which spoil comparison: soft hyphen, zero-width ones, word joiner, byte order mark.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")


class EntryPageError(ValueError):
    """The bytes are no entry page of the method; the message says what they are instead."""


class EmptyReply(EntryPageError):
    """The reply is empty, as from a site under load; a later request may succeed."""


class LoginNeeded(EntryPageError):
    """The reply asks for a login."""


@dataclass
class EntryPage:
    """What was read from one entry page.

    ``links`` are articles. ``further`` are addresses of further entry pages of the same method (children of a sitemap
    index, the next page). ``found`` counts the source's links in all languages. ``dropped`` counts links by the
    reason for which they were dropped.
    """

    links: list[Link] = field(default_factory=list)
    further: list[str] = field(default_factory=list)
    found: int = 0
    dropped: Counter[str] = field(default_factory=Counter)


def absolute_url(base: str, address: str) -> str:
    """*address*, as written in a page at *base*, as an absolute URL without fragment; "" where it is no http address.

    Percent-encoding is kept: decoding and encoding it again breaks addresses such as SMIC's.
    """
    # Only this entity: "&sect=2" in a query is no paragraph sign.
    address = re.sub(r"[\t\r\n]+\s*", "", address.strip()).replace("&amp;", "&")
    try:
        url = urldefrag(urljoin(base, address)).url
        parts = urlsplit(url)
        if not address or len(url) > MAX_URL_LENGTH or parts.scheme not in ("http", "https") or not parts.hostname:
            return ""
        return escaped_url(url)
    except ValueError:  # also raised for lone surrogates
        return ""


def escaped_url(url: str) -> str:
    """*url* percent-encoded for a request; existing percent-encoding is kept."""
    return safe_url_string(_BARE_PERCENT.sub("%25", url))


def plain_text(text: str) -> str:
    """*text* of a feed or reply on one line, without markup, entities and invisible characters."""
    text = _INLINE.sub("", html.unescape(text) if "&lt;" in text else text)
    text = html.unescape(_TAG.sub(" ", text))
    return " ".join(utf8_safe(_INVISIBLE.sub("", text)).split())


def plain_texts(values: Iterable[str]) -> tuple[str, ...]:
    """``plain_text`` of each of *values*, in order, without empty and repeated ones."""
    return tuple(dict.fromkeys(text for value in values if (text := plain_text(value))))
