"""Reads an article from a row of a JSONL file: one JSON object, whose fields ``pipelines.ingest.fields`` describes."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from crawler.extraction.dates import parse_date
from crawler.source import Source
from crawler.sources import SOURCES
from store.article import Access, Article

UNKNOWN = "file"
"""The source key of articles whose address belongs to no source."""

_MAX_TITLE = 200
"""Characters of a title that is taken from a text."""

_BRACKETED = re.compile(r"\s*【([^】]+)】")
_SENTENCE = re.compile(r".+?(?:[。！？!?]+|(?<![A-Z])\.(?=\s)|$)")


def source_of(url: str) -> Source | None:
    """The source whose hosts include that of *url*."""
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    for source in SOURCES.values():
        for allowed in source.allowed:
            own = allowed.removeprefix("www.")
            if host == own or host.endswith("." + own):
                return source
    return None


def article_of_row(row: dict[str, Any], now: datetime) -> Article:
    """The article in *row*; *now* dates a row without ``fetched``. Raises ValueError with the reason it is refused.

    How much of an article there is decides its access: with a text "full", with a summary "abstract", and with neither
    "headline". A text or summary that only repeats the title is none.
    """
    if not isinstance(row, dict):
        raise ValueError("not a JSON object")
    if not isinstance(row.get("url"), str) or not row["url"].strip():
        raise ValueError("url is missing")
    known = source_of(row["url"])
    link = known.link_of_address(row["url"]) if known and known.link_of_address else None
    given_title = _text(row, "title")
    body, summary = _text(row, "body") or _text(row, "text"), _text(row, "summary")
    title = _title(given_title or (link.title if link else ""), body, summary)
    body, summary = ("" if _letters(text) in ("", _letters(title)) else text for text in (body, summary))
    kind: Any = row.get("kind") or "news"  # ``reasons_against`` refuses other words
    access: Access = "full" if body or kind == "data" else "abstract" if summary else "headline"
    fetched = _time(row, "fetched", now) or now
    return Article(
        source=_text(row, "source") or (known.key if known else UNKNOWN),
        url=known.address_of(row["url"]) if known and known.address_of else row["url"],
        title=title,
        fetched=fetched,
        body=body,
        summary=summary,
        language=_text(row, "language"),
        published=_time(row, "published", fetched) or (link.published if link else None),
        authors=_texts(row, "authors"),
        tags=_texts(row, "tags") or list(link.tags if link and not given_title else ()),
        kind=kind,
        access=access,
    )


def _title(given: str, body: str, summary: str) -> str:
    """The title *given*, else that of the text: what stands in 【】 before it, or its first sentence.

    News flashes come without a title, or with one in 【】. A title of signs only ("—", "...") is none.
    """
    if _letters(given):
        return given
    text = next((text.strip() for text in (body, summary) if _letters(text)), "")
    if not text:
        what = f"title {given.strip()!r} is of signs only" if given.strip() else "title is missing"
        raise ValueError(f"{what}, and there is no text")
    bracketed = _BRACKETED.match(text)
    if bracketed and _letters(bracketed[1]):
        return bracketed[1].strip()
    line = next(line.strip() for line in text.splitlines() if _letters(line))
    if len(line) > _MAX_TITLE:
        sentence = _SENTENCE.match(line)
        line = sentence[0] if sentence and _letters(sentence[0]) else line
    return line if len(line) <= _MAX_TITLE else f"{line[: _MAX_TITLE - 1].rstrip()}…"


def _letters(text: str) -> str:
    """The letters and digits of *text* without regard to case and width: equal for texts that say the same."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text))).casefold()


def _text(row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f"{name} is not a text")
    return value if value.strip() else ""


def _texts(row: dict[str, Any], name: str) -> list[str]:
    value = row.get(name) or []
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
        raise ValueError(f"{name} is not a list of texts")
    return value


def _time(row: dict[str, Any], name: str, captured: datetime) -> datetime | None:
    value = row.get(name)
    if value in (None, ""):
        return None
    moment = parse_date(str(value), timezone="Asia/Shanghai", captured=captured)
    if moment is None:
        raise ValueError(f"{name} {value!r} is not a date")
    return moment
