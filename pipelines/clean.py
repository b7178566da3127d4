"""Item pipeline: normalizes text: composed characters (Unicode NFC), white space, invisible characters.

What is stored is what was written: Xeon™, 10¹⁵ and full-width letters stay. They are folded for tokens alone
(``text.analysis.normalize``).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

from store.article import PAGE_BREAK, Article

_INVISIBLE = re.compile(
    r"[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]"
)


class Clean:
    """Cleans title, body, summary, authors and tags."""

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
    """*text* in NFC, with single spaces and without empty lines."""
    text = unicodedata.normalize("NFC", _INVISIBLE.sub("", text.replace("\r\n", "\n")))
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def one_line(text: str) -> str:
    """*text* cleaned, on one line."""
    return clean_text(text).replace("\n", " ")


def _distinct(names: list[str]) -> list[str]:
    return list(dict.fromkeys(filter(None, map(one_line, names))))
