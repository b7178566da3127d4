"""Make text uniform: compatibility characters, white space, invisible characters."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

from store.article import PAGE_BREAK, Article

# NFKC also turns Chinese punctuation (，：（！) into Western signs, which no Chinese reader wants to see.
_NOT_PUNCTUATION = re.compile(r"[^\u2026\u3000-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]+")
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff\x00-\x08\x0e-\x1f\x7f]")


class Clean:
    """Cleans title, body and summary, names of authors and tags."""

    def process_item(self, article: Article) -> Article:
        return replace(
            article,
            title=one_line(article.title),
            body=PAGE_BREAK.join(clean_text(page) for page in article.pages),
            summary=one_line(article.summary),
            authors=_distinct(article.authors),
            tags=_distinct(article.tags),
        )


def clean_text(text: str) -> str:
    """*text* in NFKC (Chinese punctuation left alone), single blanks, no empty lines."""
    text = _INVISIBLE.sub("", text.replace("\r\n", "\n"))
    if not text.isascii():
        text = _NOT_PUNCTUATION.sub(lambda run: unicodedata.normalize("NFKC", run[0]), text)
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def one_line(text: str) -> str:
    """*text* cleaned, on one line."""
    return clean_text(text).replace("\n", " ")


def _distinct(names: list[str]) -> list[str]:
    return list(dict.fromkeys(filter(None, map(one_line, names))))
