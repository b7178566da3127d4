"""Dates of publication in the data of scripts, as pages have them that put their text together in the browser."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice

from lxml.html import HtmlElement

_DATE = re.compile(
    r"""\b(?:date_?published|(?:first_?)?publish(?:ed)?_?(?:date|time|at|on)|publication_?date|pub_?(?:date|time)|(?:ori_?)?create_?time)"""
    r"""\\?['"]?\s{0,9}[:=]\s{0,9}"""
    r"""(?:\\?['"](?P<text>[^'"\\<>{}]{6,40})\\?['"]|(?P<number>\d{10}(?:\d{3})?)(?=\s{0,9}(?:[,;}]|$)))""",
    re.IGNORECASE | re.MULTILINE,
)
_MAX_LENGTH = 2_000_000  # characters of a script that are searched
_MAX_DATES = 300
_AROUND = 2000  # characters before and after a date in which the title is searched
_DAY = re.compile(r"\d{4}-\d\d-\d\d|.*")


def script_dates(root: HtmlElement, title: str) -> Iterator[str]:
    """The dates that scripts state, in order, when all of them are of one day.

    Several days belong to a list; of them those beside *title* are the article's, if they are of one day.
    """
    texts = [(script.text or "")[:_MAX_LENGTH] for script in root.iter("script")]
    found = [(text, match) for text in texts for match in islice(_DATE.finditer(text), _MAX_DATES)]
    for chosen in (found, list(_beside_title(found, title))):
        dates = [match["text"] or match["number"] for _, match in chosen]
        if len({day[0] for date in dates if not date.isdigit() and (day := _DAY.match(date))}) <= 1:
            yield from sorted(dates, key=str.isdigit)  # a written moment before a number
            return


def _beside_title(found: list[tuple[str, re.Match[str]]], title: str) -> Iterator[tuple[str, re.Match[str]]]:
    """Those of *found* that are in one object with *title*."""
    written = {title, json.dumps(title)[1:-1]} if title else set()
    for text, match in found:
        before, after = text[max(0, match.start() - _AROUND) : match.start()], text[match.end() : match.end() + _AROUND]
        between = [before.rpartition(words)[2] for words in written if words in before]
        between += [after.partition(words)[0] for words in written if words in after]
        if any(_is_in_one_object(part) for part in between):
            yield text, match


def _is_in_one_object(text: str) -> bool:
    """Whether *text* neither leaves the object that it begins in nor ends in another one."""
    depth = 0
    for brace in re.findall(r"[{}]", text):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return False
    return depth == 0
