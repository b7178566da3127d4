"""What an article says first: the words, terms, names and periods of its title and first sentences.

News says there who did what; two articles on one event share it, two notices of one template differ in it.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from text.analysis.analyzer import Analyzer
from text.analysis.glossary import is_name
from text.analysis.latin import stem
from text.analysis.normalize import normalize_characters
from text.analysis.stopwords import STOP_WORDS
from text.language import HAN
from text.stories.numbers import days, periods

_LENGTH = 200  # columns, of title and text: a headline with its first sentence
_HAN_COLUMNS = 2.5  # the width of a Han character in Latin letters
_HEAD_HAN, _HEAD_WORDS = 4, 2  # characters or words: the length of a company's name

# 财联社3月9日电, 中新网北京7月27日电, DUBAI, March 13 (Reuters) -
_DATELINE = re.compile(
    r"[^\d\n]{0,12}?(?:\d+ ?年)? ?\d+ ?月 ?\d+ ?日(?:[电讯消息]+|(?=[,，：:|丨｜]))[,，：:|丨｜]?"
    r"|[A-Za-z ,]{0,30}\d{0,2} ?\((?:Reuters|AP|AFP|Bloomberg)\) ?[-–—]+"
)
_UNIT = re.compile(rf"(?P<han>[{HAN}]+)|[a-z][a-z\d]*(?:[&.\-][a-z\d]+)*|\d+(?:[.,]\d+)*[a-z\d]*")
_HAN, _LATIN = re.compile(f"[{HAN}]"), re.compile("[A-Za-z]")
# 9850X3D, HBM4, 18A; the number of a name (Ryzen AI 400, Series 3). No amounts (2bn), no periods (2Q26, July 7).
_MODEL = re.compile(
    r"(?<![a-z\d.])(?!\d+(?:[bmt]n|[bmtk])\b|[1-4]?q[1-4]\b|[1-4]q\d\d\b|[12]h\d\d\b)"
    r"(?=[a-z\d-]*\d)(?=[\d-]*[a-z])[a-z\d]+(?:-[a-z\d]+)*(?![a-z\d%])"
)
_NUMBERED = re.compile(
    r"\b(?!(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec))[A-Z][A-Za-z]+ "
    r"((?!20\d\d)\d{1,4})\b(?![.,]?\d|%| ?[亿万])"
)
# Who reports is no subject: 韩媒：…, 快讯｜…
_PREFIX = re.compile(r"[\W_]*(?:关于|(?:据?报道|消息|快讯|独家|最新|[外韩日美英台港德]媒|机构|研报)[:|｜丨])?")


@dataclass(frozen=True, slots=True)
class Lead:
    """What an article says first; everything but ``periods`` as CRC-32.

    ``words``: Latin words as stems, and bigrams of Han characters, outside the terms of the glossary. ``latin``: the
    Latin ones of ``words``. ``head``: the words that the title begins with, where the subject mostly is. ``named``:
    the words of the terms. ``models``: Latin words with digits, in or outside terms: products and processes.
    ``terms``: the terms, by their usual Chinese name, the same in both languages. ``companies``: those that are names
    (``is_name``) of companies, organisations and people. ``periods``: months, quarters and halves, see ``periods``,
    and the days that the first line names. ``chinese``: whether most of it is Chinese.
    """

    words: frozenset[int]
    latin: frozenset[int]
    head: frozenset[int]
    named: frozenset[int]
    models: frozenset[int]
    terms: frozenset[int]
    companies: frozenset[int]
    periods: frozenset[str]
    chinese: bool

    def to_lists(self) -> dict[str, list[int] | list[str] | bool]:
        """The fields as values of JSON."""
        return {
            "words": sorted(self.words - self.latin),
            "latin": sorted(self.latin),
            "head": sorted(self.head),
            "named": sorted(self.named),
            "models": sorted(self.models),
            "terms": sorted(self.terms - self.companies),
            "companies": sorted(self.companies),
            "periods": sorted(self.periods),
            "chinese": self.chinese,
        }

    @classmethod
    def from_lists(cls, fields: Mapping[str, Any]) -> Self:
        """The lead that ``to_lists`` wrote."""
        latin, companies = frozenset(fields["latin"]), frozenset(fields["companies"])
        return cls(
            latin.union(fields["words"]),
            latin,
            frozenset(fields["head"]),
            frozenset(fields["named"]),
            frozenset(fields["models"]),
            companies.union(fields["terms"]),
            companies,
            frozenset(fields["periods"]),
            fields["chinese"],
        )


def read_lead(title: str, body: str, analyzer: Analyzer) -> Lead:
    """The lead of an article."""
    text = _beginning(title, body)
    matches = analyzer.terms_of_trade(text)
    outside, inside, end = [], [], 0
    for match in matches:
        outside.append(text[end : match.start])
        inside.append(text[match.start : match.end])
        end = match.end
    normal = normalize_characters(text)
    words = _words(normalize_characters(" ".join([*outside, text[end:]])))
    head = _words(_PREFIX.sub("", normal, count=1), head=True)
    latin = {word for word in words if not re.match(f"[{HAN}]", word)}
    return Lead(
        _keys(words),
        _keys(latin),
        _keys(head),
        _keys(_words(normalize_characters(" ".join(inside)))),
        _keys([*_MODEL.findall(normal), *_NUMBERED.findall(text)]),
        _keys(match.term.chinese[0] for match in matches),
        _keys(match.term.chinese[0] for match in matches if is_name(match.term)),
        frozenset(periods(normal) | days(normal.split("\n")[0])),
        3 * len(_HAN.findall(text)) > len(_LATIN.findall(text)),
    )


def _beginning(title: str, body: str) -> str:
    """Title and text without datelines, to ``_LENGTH`` columns."""
    whole = "\n".join(_without_dateline(text) for text in (title, body[: 2 * _LENGTH]) if text)
    width = 0.0
    for place, sign in enumerate(whole):
        width += _HAN_COLUMNS if sign > "\u2e7f" else 1
        if width > _LENGTH:
            return whole[:place]
    return whole


def _without_dateline(text: str) -> str:
    dateline = _DATELINE.match(text)
    return text[dateline.end() :] if dateline else text


def _words(text: str, *, head: bool = False) -> set[str]:
    words: list[str] = []
    for match in _UNIT.finditer(text):
        if run := match["han"]:
            run = run[:_HEAD_HAN] if head else run
            words += [run[start : start + 2] for start in range(len(run) - 1)]
            if head:
                break
        elif match[0] not in STOP_WORDS and len(match[0]) > 1:
            words.append(stem(match[0]))
            if head and len(words) == _HEAD_WORDS:
                break
    return set(words)


def _keys(words: Iterable[str]) -> frozenset[int]:
    return frozenset(zlib.crc32(word.encode()) for word in words)
