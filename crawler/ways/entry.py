"""What the ways in have in common: the entry they give, and addresses and texts made clean."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urldefrag, urljoin, urlsplit

from w3lib.url import safe_url_string

from crawler.read.charset import whole
from crawler.way import Link

LONGEST = 4000  # characters of an address; what is longer is data, or a trap

_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<!--.*?-->", re.DOTALL)
# Marks inside a word: Chinese has no blanks, and one where a search has marked what it found would part the word.
_INSIDE = re.compile(
    r"(?<=[\u4e00-\u9fff])(?:</?(?:em|mark|b|strong|i|u|font|span)\b[^<>]*>)+(?=[\u4e00-\u9fff])", re.IGNORECASE
)
# "12%-in-q2" in an address is a percent sign, which a server would not take as it stands.
_BARE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
# Characters that show nothing and spoil comparison: soft hyphen, zero-width ones, word joiner, byte order mark.
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")


class EntryError(ValueError):
    """The bytes are not what the way expects; the message says what they are instead."""


class EmptyReply(EntryError):
    """Nothing was sent, as a site under load does; it may be worth another try, later."""


class LoginNeeded(EntryError):
    """The reply asks for a login."""


@dataclass
class Entry:
    """What one reply of a way in leads to.

    ``links`` are articles; ``further`` are addresses of the same way that lead to more of them (children of
    an index, the next page); ``found`` counts the row's addresses in all languages; ``dropped`` says why links went.
    """

    links: list[Link] = field(default_factory=list)
    further: list[str] = field(default_factory=list)
    found: int = 0
    dropped: Counter[str] = field(default_factory=Counter)


def absolute(base: str, address: str) -> str:
    """*address* as it stands in a page at *base*, made whole and without fragment; "" where it leads nowhere.

    What is percent-encoded stays as it is: decoding and encoding again breaks addresses such as SMIC's.
    """
    # Not every entity: "&sect=2" in a query is no paragraph sign.
    address = re.sub(r"[\t\r\n]+\s*", "", address.strip()).replace("&amp;", "&")
    try:
        url = urldefrag(urljoin(base, address)).url
        parts = urlsplit(url)
        if not address or len(url) > LONGEST or parts.scheme not in ("http", "https") or not parts.hostname:
            return ""
        return escaped(url)
    except ValueError:  # also for halves of characters
        return ""


def escaped(url: str) -> str:
    """*url* as a request spells it; what is percent-encoded stays as it is."""
    return safe_url_string(_BARE_PERCENT.sub("%25", url))


def plain(text: str) -> str:
    """*text* of a feed or reply as one line: without markup, entities, and characters that show nothing."""
    text = _INSIDE.sub("", html.unescape(text) if "&lt;" in text else text)
    text = html.unescape(_TAG.sub(" ", text))
    return " ".join(whole(_UNSEEN.sub("", text)).split())


def texts(values: Iterable[str]) -> tuple[str, ...]:
    """Each of *values* made plain, in order, without empty and repeated ones."""
    return tuple(dict.fromkeys(text for value in values if (text := plain(value))))
