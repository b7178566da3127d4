"""The query syntax: phrases, exclusions, alternatives and fields in a question; everything else is plain words.

    "advanced packaging" 台积电        the very phrase; also “…”, 「…」 and ＂…＂
    台积电 -三星 -"price war"          without a word, a company under all its names, or a phrase
    台积电 OR 三星 OR "SK hynix"       any of them; OR in capitals
    source:sia kind:report since:2026-01-01      fields, see ``FIELDS``

What only looks like an operator is plain text: a hyphen inside a word (RISC-V) or between spaces, a negative number
(-5%), a quotation mark without its partner, an inch mark (12"), a field that is not in ``FIELDS`` (http://…, 14:30), a
field without a value ("source: Reuters"), Chinese quotation marks in the middle of a sentence (称“泡沫”言过其实).
A text of several lines, or so long that it is embedded like an article, is a pasted one and has no operators at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from similarity.errors import QueryError
from similarity.option_values import check_kind, check_language, day_of, shown
from text.embedding.passages import length
from text.language import ALL_HAN

MAX_QUERY_LENGTH = 240
"""A longer text, as ``text.embedding.passages.length`` measures it, is an article: embedded by passages, no syntax."""

_MAX_CHARACTERS = 2_000
"""The same for text of signs alone, which has no length. So the time of ``parse`` is that of measuring the length."""

FIELDS = ("source", "kind", "language", "company", "since", "until")

_CLOSING = {'"': '"', "＂": "＂", "“": "”", "「": "」"}
_STRAIGHT = '"＂'
_QUOTES = "".join({*_CLOSING, *_CLOSING.values()})
_MINUS = "-－"
_FIELD = re.compile(rf"({'|'.join(FIELDS)})[:：](?=[^\s:：/])")
_MAY_HAVE_OPERATORS = re.compile(
    rf"[{_QUOTES}]|(?<!\S)[{_MINUS}]|(?<!\S)OR(?!\S)|(?<!\S)(?:{'|'.join(FIELDS)})[:：]"
).search
_CHUNK = re.compile(r"\S+")
_HAN = re.compile(f"[{ALL_HAN}]")
_NEGATIVE_NUMBER = re.compile(r"[\d.,，．]+[%％‰]?$")
_CODE = re.compile(r"\d{4,6}$")


@dataclass(frozen=True, slots=True)
class Syntax:
    """A question, parsed.

    ``text``: the plain words, with those of phrases and alternatives and without operators; it is what is analysed and
    embedded. ``phrases``: texts that an article must contain as they are. ``excluded`` words (or names) and
    ``excluded_phrases``: what it must not contain. ``any_of``: groups of alternatives. Of ``source``, ``kind``,
    ``language`` and ``company`` an article must have one of the values, if there are any; ``since`` and ``until`` are
    days, both included.
    """

    text: str
    phrases: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    excluded_phrases: tuple[str, ...] = ()
    any_of: tuple[tuple[str, ...], ...] = ()
    source: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    company: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None


class _Item(NamedTuple):
    """A word, phrase or field of a question: where it ends, its text, and what it is."""

    end: int
    text: str
    quoted: bool = False
    excluded: bool = False
    field: str = ""


def parse(text: str) -> Syntax:
    """*text* parsed, in time linear in its length. Raises QueryError, in one line.

    That is for a wrong value of a field, for a question that asks for what it excludes, and for one that has operators
    and nothing to search for. Whether a source exists is not known here.
    """
    if not _MAY_HAVE_OPERATORS(text) or is_pasted(text):  # most questions are plain: a tenth of a millisecond less
        return Syntax(text)
    syntax = _collected(list(_items(text)))
    if syntax == Syntax(syntax.text):
        return Syntax(text)  # plain words, with their spaces as they are
    return _checked(syntax)


def is_pasted(text: str) -> bool:
    """Whether *text* is no question but a pasted text: of several lines, or longer than ``MAX_QUERY_LENGTH``."""
    return "\n" in text.strip() or len(text) > _MAX_CHARACTERS or length(text) > MAX_QUERY_LENGTH


def parse_item(text: str) -> tuple[str, bool]:
    """A word or phrase that is given by itself, and whether it is a phrase, written in quotation marks."""
    text = text.strip()
    quoted = len(text) > 2 and _CLOSING.get(text[0]) == text[-1]
    return (text[1:-1].strip(), True) if quoted else (text, False)


def _items(text: str) -> Iterator[_Item]:
    place = 0
    while found := _CHUNK.search(text, place):
        item = _item(text, found.start())
        yield item
        place = item.end


def _item(text: str, place: int) -> _Item:
    """The item that begins at *place*, which is no space."""
    at_start = place == 0 or text[place - 1].isspace()
    if at_start and text[place] in _MINUS:
        inner = _operand(text, place + 1)
        if inner and (inner.quoted or _is_word(inner.text)):
            return inner._replace(excluded=True)
    if at_start and (match := _FIELD.match(text, place)):
        value = _phrase(text, match.end()) or _chunk(text, match.end())
        return value._replace(field=match[1], quoted=False)
    return _phrase(text, place) or _chunk(text, place)


def _operand(text: str, place: int) -> _Item | None:
    """What a minus at ``place - 1`` excludes; None where a space or another minus follows."""
    if place >= len(text) or text[place].isspace() or text[place] in _MINUS:
        return None
    match = _FIELD.match(text, place)
    if match:
        message = f"-{match[1]}: cannot be excluded; only words, names and phrases can"
        raise QueryError(message, "q", f"-{match[1]}: 不能排除，只能排除词、名称和短语")
    return _phrase(text, place) or _chunk(text, place)


def _is_word(text: str) -> bool:
    """Whether what follows a minus is a word to exclude and no number: -5% and -3.2 are negative numbers."""
    return any(map(str.isalpha, text)) or bool(_CODE.match(text))


def _phrase(text: str, place: int) -> _Item | None:
    """The phrase whose opening quotation mark is at *place*, None for no phrase."""
    closing = _CLOSING.get(text[place])
    if closing is None:
        return None
    end = text.find(closing, place + 1)
    if end < 0 or not any(map(str.isalnum, text[place + 1 : end])):
        return None
    before, after = text[place - 1 : place], text[end + 1 : end + 2]
    if text[place] in _STRAIGHT:
        if _is_latin(before) or _is_latin(after):
            return None  # inch and second marks: 8" and 12" wafers
    elif not _is_free(before) and not _is_free(after):
        return None
    return _Item(end + 1, " ".join(text[place + 1 : end].split()), quoted=True)


def _is_free(neighbour: str) -> bool:
    """Whether a Chinese quotation mark with this character beside it (or none, "") is at the edge of a word."""
    return not neighbour or neighbour.isspace() or neighbour in _MINUS or neighbour in _QUOTES or neighbour in ":："


def _is_latin(character: str) -> bool:
    return character.isalnum() and not _HAN.match(character)


def _chunk(text: str, place: int) -> _Item:
    """The word from *place* to the next space, or to a phrase that follows without one (台积电"先进封装")."""
    match = _CHUNK.match(text, place)
    end = match.end() if match else place
    for at in range(place + 1, end):
        if text[at] in _CLOSING and _phrase(text, at):
            end = at
            break
    return _Item(end, text[place:end])


@dataclass
class _Parts:
    words: list[str] = field(default_factory=list)
    phrases: list[str] = field(default_factory=list)
    excluded: list[str] = field(default_factory=list)
    excluded_phrases: list[str] = field(default_factory=list)
    any_of: list[tuple[str, ...]] = field(default_factory=list)
    fields: dict[str, list[str]] = field(default_factory=dict)


def _collected(items: list[_Item]) -> Syntax:
    parts = _Parts()
    place = 0
    while place < len(items):
        item = items[place]
        if item.field:
            parts.fields.setdefault(item.field, []).append(item.text)
            place += 1 if not _is_or(items, place + 1) or items[place + 2].field != item.field else 2
        elif item.excluded:
            (parts.excluded_phrases if item.quoted else parts.excluded).append(item.text)
            place += 1
        else:
            group = [item]
            while _is_or(items, place + 1) and _is_operand(items[place]) and _is_operand(items[place + 2]):
                place += 2
                group.append(items[place])
            parts.words += [one.text for one in group]
            if len(group) > 1:
                parts.any_of.append(tuple(dict.fromkeys(one.text for one in group)))
            elif item.quoted:
                parts.phrases.append(item.text)
            place += 1
    fields = parts.fields
    return Syntax(
        " ".join(parts.words),
        _unique(parts.phrases),
        _unique(parts.excluded),
        _unique(parts.excluded_phrases),
        tuple(parts.any_of),
        _unique([value.lower() for value in fields.get("source", ())]),
        _unique([check_kind("kind:", value.lower()) for value in fields.get("kind", ())]),
        _unique([check_language("language:", value.lower()) for value in fields.get("language", ())]),
        _unique(fields.get("company", [])),
        _day("since", fields.get("since", [])),
        _day("until", fields.get("until", [])),
    )


def _is_or(items: list[_Item], place: int) -> bool:
    """Whether there is an OR at *place* with an item after it."""
    return place + 1 < len(items) and items[place].text == "OR" and not items[place].quoted


def _is_operand(item: _Item) -> bool:
    return not item.field and not item.excluded and (item.quoted or item.text != "OR")


def _day(name: str, values: list[str]) -> date | None:
    days = {day_of(f"{name}:", value) for value in values}
    if len(days) > 1:
        given = sorted(map(str, days))
        message = f"{name}: is given twice, as {' and '.join(given)}; give one day"
        raise QueryError(message, "q", f"{name}: 给了两次（{'、'.join(given)}），只能给一天")
    return days.pop() if days else None


def _unique(values: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def _checked(syntax: Syntax) -> Syntax:
    """*syntax*, unless it excludes what it asks for or has nothing to search for."""
    wanted = {_folded(phrase): phrase for phrase in (*syntax.phrases, *syntax.text.split())}
    for name in (*syntax.excluded, *syntax.excluded_phrases):
        if _folded(name) in wanted:
            message = f"{shown(name)} is asked for and excluded; leave out one of the two"
            raise QueryError(message, "q", f"{shown(name)} 既要有又要没有，请去掉一个")
    if not syntax.text:
        message = "the query has only fields and exclusions; it needs words to search for"
        raise QueryError(message, "q", "查询里只有条件和排除，还需要可检索的词")
    return syntax


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
