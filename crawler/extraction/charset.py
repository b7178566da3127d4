"""Decodes the bytes of a page by the encoding that fits them, which is not always the declared one."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from itertools import islice

from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, read_bom, resolve_encoding

_CHINESE = ("gb18030", "big5hkscs")
_LATIN = ("cp1252", "iso8859-1", "iso8859-15", "latin-1")
_NON_ASCII = re.compile(r"[^\x00-\x7f]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_RUN = re.compile(r"[^\x00-\x7f]{3,}")
_SURE = 20  # non-ASCII characters; so many valid UTF-8 sequences are no accident
_MAX_WRONG_SHARE = 0.5  # of wrong or rare characters; above it the encoding is detected statistically
_SAMPLE = 20_000


def decode(data: bytes, declared: str = "") -> str:
    """The text of *data*. *declared* is the charset, or the whole Content-Type, of the HTTP header.

    A byte order mark decides. Otherwise the declared encodings and those of Chinese sites are compared by the share
    of characters that come out wrong, so that neither a false declaration nor a few broken bytes spoil the page.
    """
    encoding, byte_order_mark = read_bom(data)
    if encoding and byte_order_mark:
        return data[len(byte_order_mark) :].decode(encoding, "replace")
    try:
        text: str | None = data.decode("utf-8")
    except UnicodeDecodeError:
        text = None
    if text is not None and (text.isascii() or next(islice(_NON_ASCII.finditer(text), _SURE - 1, None), None)):
        return text
    candidates = _candidates(data, declared)
    if text is not None and candidates[0] == "utf-8":
        return text
    shares = [(_wrong_share(data.decode(name, "replace"), name), rank) for rank, name in enumerate(candidates)]
    share, rank = min(shares)
    if share > _MAX_WRONG_SHARE:
        return data.decode(_detected(data) or candidates[rank], "replace")
    return data.decode(candidates[rank], "replace")


def utf8_safe(text: str) -> str:
    """*text* with lone surrogates replaced: JSON can contain them, but no address and no MongoDB string."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def _candidates(data: bytes, declared: str) -> list[str]:
    """Encodings to compare; of two that fit equally well the earlier one is used."""
    header = http_content_type_encoding(declared) or declared
    declarations = [resolve_encoding(name) for name in (header, html_body_declared_encoding(data)) if name]
    multibyte = [name for name in declarations if name and not name.startswith("utf-16")]
    return list(dict.fromkeys([*multibyte, "utf-8", *_CHINESE, "cp1252"]))


def _wrong_share(text: str, encoding: str) -> float:
    """The share of non-ASCII characters in *text* that are probably wrong: 0 for none, 1 for all."""
    non_ascii = _NON_ASCII.findall(text)
    if not non_ascii:
        return 0.0
    if encoding in _LATIN:
        # Accented letters stand among ASCII ones; bytes of Chinese or UTF-8 read as Latin come in runs.
        return sum(map(len, _RUN.findall(text))) / len(non_ascii)
    counts = Counter(non_ascii[:_SAMPLE])
    if encoding in _CHINESE:
        # Both encodings accept nearly any bytes: a wrong one shows by rare characters.
        wrong = sum(count for character, count in counts.items() if not _common(character))
    else:
        wrong = counts["\ufffd"]
    return wrong / sum(counts.values())


@lru_cache(maxsize=20_000)
def _common(character: str) -> bool:
    """Is *character* a common Chinese one, simplified or traditional, or Chinese punctuation?"""
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
