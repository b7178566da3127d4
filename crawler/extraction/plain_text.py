"""Reads text files: plain ones, and Markdown with or without front matter."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import PurePosixPath

from markdown_it import MarkdownIt

from crawler.extraction.charset import decode
from crawler.extraction.dates import parse_date
from crawler.extraction.main_content import blocks
from crawler.extraction.page import parse_html, timezone_of
from crawler.extraction.paragraphs import joined_lines
from crawler.extraction.stated_date import stated_date
from crawler.extraction.unreadable import Unreadable
from crawler.source import Source
from store.article import Article
from text.language import detect_language

_MAX_TITLE = 120  # characters; a longer first line is a paragraph
_SENTENCE_END = (".", "。", "！", "!", "；", ";", "，", ",", ":", "：")
_FRONT_MATTER = re.compile(r"---[ \t]*\n(.{0,10000}?)\n(?:---|\.\.\.)[ \t]*(?:\n|$)", re.DOTALL)
_FACT = re.compile(r"^(title|date|author|authors)[ \t]*:[ \t]*(\S.{0,500})$", re.MULTILINE | re.IGNORECASE)
_ROBOTS = re.compile(r"(?:[ \t]*(?:#.{0,999})?\n){0,200}[ \t]*user-agent[ \t]*:", re.IGNORECASE)
_LIST = re.compile(
    r"^(authors?)[ \t]*:[ \t]*\n((?:[ \t]*-[ \t]+\S.{0,200}(?:\n|\Z)){1,50})", re.MULTILINE | re.IGNORECASE
)
_ITEM = re.compile(r"^[ \t]*-[ \t]+(.*)$", re.MULTILINE)
_PARAGRAPHS = re.compile(r"\n[ \t]*\n|\n(?=[ \t]*\u3000)")  # a line that is indented in Chinese begins one


def read_text(data: bytes, url: str, *, captured: datetime, name: str, source: Source | None = None) -> Article:
    """The article in a text file. Raises Unreadable for a file that is no text.

    The title is that of the front matter, else the first heading, else a first line that is short and no sentence,
    else the name of the file. ``published`` is that of the front matter, else a first line that is only a date.
    """
    text = decode(data).replace("\r\n", "\n").replace("\r", "\n")
    if "\x00" in text:
        raise Unreadable("no text, but binary data")
    if _ROBOTS.match(text):
        raise Unreadable("a robots.txt, no article")
    path = PurePosixPath(name)
    facts: dict[str, str] = {}
    if path.suffix.lower() == ".txt":
        body = "\n".join(joined for part in _PARAGRAPHS.split(text) if (joined := joined_lines(part)))
        heading = ""
    else:
        if matter := _FRONT_MATTER.match(text):
            facts = {key.lower(): value.strip(" \"'[]") for key, value in _FACT.findall(matter[1])}
            for key, items in _LIST.findall(matter[1]):
                facts[key.lower()] = ", ".join(item.strip(" \"'") for item in _ITEM.findall(items))
            text = text[matter.end() :]
        heading, body = _markdown(text)
    if not any(map(str.isalnum, body)):
        raise Unreadable("a text file without text")
    first, _, rest = body.partition("\n")
    if not heading and rest and len(first) <= _MAX_TITLE and not first.endswith(_SENTENCE_END):
        heading = first
    body = rest if rest and first == heading else body
    language = detect_language(body)
    zone = timezone_of(language, source)
    stated = parse_date(facts.get("date", ""), timezone=zone, captured=captured)
    return Article(
        source=source.key if source else "file",
        url=url,
        title=facts.get("title") or heading or path.stem,
        fetched=captured,
        body=body,
        language=language,
        published=stated or stated_date(body, zone, captured),
        authors=[
            part for part in re.split(r"\s*[,，、]\s*", facts.get("authors") or facts.get("author") or "") if part
        ],
        kind="report",
    )


def _markdown(text: str) -> tuple[str, str]:
    """The first heading and the paragraphs of a Markdown text, without its marks and tags."""
    root = parse_html(f"<body>{MarkdownIt('commonmark').enable('table').render(text)}</body>")
    heading = next((" ".join(node.text_content().split()) for node in root.iter("h1", "h2")), "")
    return heading, "\n".join(block.text for block in blocks(root))
