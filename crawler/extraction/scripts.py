"""Dates of publication in the data of scripts, as pages have them that put their text together in the browser."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml.html import HtmlElement

_DATE = re.compile(
    r"""(?:datePublished|publishedDate|publishDate|publish_?[tT]ime|pubDate|createTime|oriCreateTime)['"]?\s*[:=]\s*"""
    r"""['"]?(?P<date>\d{4}-\d\d-\d\d[^'",;}<]{0,20}|\d{10}(?:\d{3})?)['"]?\s*[,;}\n]"""
)
_MAX_LENGTH = 2_000_000  # characters of a script that are searched


def script_dates(root: HtmlElement) -> Iterator[str]:
    """The dates that scripts state, in order, when all of them are of one day; several days belong to a list."""
    texts = (script.text or "" for script in root.iter("script"))
    dates = [match["date"] for text in texts for match in _DATE.finditer(text[:_MAX_LENGTH])]
    if len({date[:10] for date in dates if "-" in date}) <= 1:
        yield from sorted(dates, key=lambda date: "-" not in date)  # a written moment before a number
