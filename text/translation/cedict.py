"""Reads CC-CEDICT: each Chinese word with the English words that translate it, cleaned of remarks.

Format of a line (cc-cedict.org/wiki): ``traditional simplified [pinyin] /sense; sense/sense/``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from text.language import HAN

_ENTRY = re.compile(r"^[^#\s]\S* (\S+) \[[^\[]*\] /(.*?)/*\s*$", re.MULTILINE)
_BRACKETS = re.compile(r"\([^()]*\)")
_SHORT_FORM = re.compile(r"\(([A-Z][A-Z0-9&-]{1,7})\)")
_REFERENCE = re.compile(
    r"^(?:\([^()]*\)\s*)*(?:(?:old|erhua|archaic|Japanese)? ?variant of|see(?: also)?|same as|also written"
    rf"|abbr\. (?:for|of)|equivalent (?:to|of)|contraction of|short for)\s+(?:[^\s|\[]+\|)?(?P<word>[{HAN}]+)"
)
_CHINESE = re.compile(rf"[^\s\[]*[{HAN}][^\s\[]*(?:\s*\[[^\]]*\])?|\[[^\]]*\]")
# Senses that describe the word instead of translating it.
_ABOUT_THE_WORD = re.compile(
    r"^(?:CL:|surname\b|lit\.|classifier\b|(?:also|Taiwan|old|Beijing|coll\.) pr\.|pr\."
    r"|used (?:in|to|as|for|before|after|with)\b|indicat(?:es|ing)\b|component of|onomatop|final |modal "
    r"|(?:particle|prefix|suffix|Kangxi|radical|interjection)\b|(?:female|male) given name"
    r"|\(onom|abbr\.|see\b|(?:\w+ )?variant of\b|same as\b|also written|pinyin)",
    re.IGNORECASE,
)
_JAPANESE_NAME = re.compile(r"\(Japanese (?:sur)?name", re.IGNORECASE)
_START = re.compile(r"^(?:fig\.|esp\.|usu\.|to be|to|an?|the|one's|i\.e\.|e\.g\.)\s+", re.IGNORECASE)
_SOMEBODY = re.compile(r"\b(?:sb's|sth's|sb|sth|one's|oneself|etc|swh)(?!\w)\.?|[!?…]|\.\.\.")
# More than half of the senses are a few plain words: these two recognize them without the other expressions.
_FEW_WORDS = re.compile(r"(?:to be |to |an? |the )?((?!(?:be|to|an?|the) |onomatop|pinyin)[a-z]+(?:[ -][a-z]+){0,3})")
_IN_REMARKS = """surname classifier used indicates indicating component final modal particle prefix suffix kangxi
radical interjection female male variant see same also sb sth oneself etc swh"""
_WORDS_OF_REMARKS = frozenset(_IN_REMARKS.split())
_LONGEST, _LONGEST_NAME = 4, 7  # words; longer senses explain the word, and an English text does not say them


def read(text: str) -> Iterator[tuple[str, list[str]]]:
    """The simplified word and the senses of each line of CC-CEDICT in *text*."""
    for line in _ENTRY.finditer(text):
        yield line[1], line[2].replace(";", "/").split("/")


def entries(dictionary: Iterable[tuple[str, list[str]]]) -> Iterator[tuple[str, list[str]]]:
    """Each word of *dictionary* (from ``read``) once, with its English translations, best first.

    A word that is only a variant or short form of another has the translations of that one. Words without translation
    (surnames, particles) are left out.
    """
    # Strings, not lists: the garbage collector would examine a hundred thousand lists again and again.
    found: dict[str, str] = {}
    refers: dict[str, str] = {}
    for word, senses in dictionary:
        own = found.get(word, "")
        for sense in senses:
            if not sense.isascii() and (reference := _REFERENCE.match(sense.strip())):
                refers.setdefault(word, reference["word"])
            for gloss in clean(sense):
                own += f"{gloss}\t"
        found[word] = own
    for word, own in found.items():
        if words := own or found.get(refers.get(word, "")):
            yield word, list(dict.fromkeys(words[:-1].split("\t")))


def clean(sense: str) -> list[str]:
    """The translations in one sense of an entry: ``to praise (sb)`` gives ``praise``; a remark gives none."""
    sense = sense.strip()
    few = _FEW_WORDS.fullmatch(sense)
    if few and _WORDS_OF_REMARKS.isdisjoint(sense.replace("-", " ").split()):
        return [few[1]]
    if _ABOUT_THE_WORD.match(sense):
        return []
    short: list[str] = []
    if "(" in sense or "[" in sense or not sense.isascii():
        if _JAPANESE_NAME.search(sense):
            return []
        short = _SHORT_FORM.findall(sense)
        while (bare := _BRACKETS.sub(" ", sense)) != sense:
            sense = bare
        sense = _CHINESE.sub(" ", sense).strip()
        if _ABOUT_THE_WORD.match(sense):
            return short
    named = sense[:1].isupper()
    if named:  # a name, then what it is: "Beijing, capital of ..."
        sense = re.split(r", | in (?=[A-Z])|: ", sense, maxsplit=1)[0]
    sense = " ".join(_SOMEBODY.sub(" ", sense).split()).strip(" ,:-")
    while (shorter := _START.sub("", sense)) != sense:
        sense = shorter
    plain = 0 < len(sense.split()) <= (_LONGEST_NAME if named else _LONGEST) and any(map(str.isalnum, sense))
    return ([sense] if plain else []) + short
