"""Bytes of a page to text: the encoding that the bytes bear out, not merely the declared one."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from itertools import islice

from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, read_bom, resolve_encoding

_CHINESE = ("gb18030", "big5hkscs")
_LATIN = ("cp1252", "iso8859-1", "iso8859-15", "latin-1")
_NON_ASCII = re.compile(r"[^\x00-\x7f]")
_HALF = re.compile("[\ud800-\udfff]")
_RUN = re.compile(r"[^\x00-\x7f]{3,}")
_SURE = 20  # characters beyond ASCII; so many valid UTF-8 sequences in a row are no accident
_PLAUSIBLE = 0.5  # a larger share of wrong or rare characters calls for statistical detection
_SAMPLE = 20_000


def decode(data: bytes, declared: str = "") -> str:
    """The text of *data*. *declared* is the charset, or the whole Content-Type, of the HTTP header.

    A byte order mark decides. Otherwise the declared encodings and those that Chinese sites use are
    weighed by how much of the text comes out wrong, so that neither a false declaration nor a few
    broken bytes spoil the page.
    """
    named, mark = read_bom(data)
    if named and mark:
        return data[len(mark) :].decode(named, "replace")
    try:
        text: str | None = data.decode("utf-8")
    except UnicodeDecodeError:
        text = None
    if text is not None and (text.isascii() or next(islice(_NON_ASCII.finditer(text), _SURE - 1, None), None)):
        return text
    candidates = _candidates(data, declared)
    if text is not None and candidates[0] == "utf-8":
        return text
    scores = [(_wrong_share(data.decode(name, "replace"), name), place) for place, name in enumerate(candidates)]
    share, place = min(scores)
    if share > _PLAUSIBLE:
        return data.decode(_detected(data) or candidates[place], "replace")
    return data.decode(candidates[place], "replace")


def whole(text: str) -> str:
    """*text* without halves of characters, which JSON can name and neither an address nor the database can hold."""
    return text if text.isascii() else _HALF.sub("\ufffd", text)


def _candidates(data: bytes, declared: str) -> list[str]:
    """Encodings to weigh; of two that fit equally well the earlier one wins."""
    header = http_content_type_encoding(declared) or declared
    named = [resolve_encoding(name) for name in (header, html_body_declared_encoding(data)) if name]
    multibyte = [name for name in named if name and not name.startswith("utf-16")]
    return list(dict.fromkeys([*multibyte, "utf-8", *_CHINESE, "cp1252"]))


def _wrong_share(text: str, encoding: str) -> float:
    """How much of what is beyond ASCII can hardly be meant: 0 for all well, 1 for nothing right."""
    beyond = _NON_ASCII.findall(text)
    if not beyond:
        return 0.0
    if encoding in _LATIN:
        # Accented letters stand among plain ones; bytes of Chinese or UTF-8 come in runs.
        return sum(map(len, _RUN.findall(text))) / len(beyond)
    counts = Counter(beyond[:_SAMPLE])
    if encoding in _CHINESE:
        # Both accept nearly any bytes: a wrong reading shows by its rare characters.
        wrong = sum(count for character, count in counts.items() if not _common(character))
    else:
        wrong = counts["\ufffd"]
    return wrong / sum(counts.values())


@lru_cache(maxsize=20_000)
def _common(character: str) -> bool:
    """Is *character* one of everyday Chinese, simplified or traditional, or its punctuation?"""
    if "\u2010" <= character <= "\u2027" or "\u3000" <= character <= "\u3020" or "\uff01" <= character <= "\uff5e":
        return True
    for encoding, first, last in (("gb2312", 0xB0, 0xD7), ("big5", 0xA4, 0xC6)):
        try:
            lead = character.encode(encoding)[0]
        except UnicodeEncodeError:
            continue
        if first <= lead <= last:
            return True
    return character == "\xb7"


def _detected(data: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(data[:_SAMPLE]).best()
    return best.encoding if best else ""
