"""The tokens of an article, page by page, its pairs of Han characters, and what its text is known by."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from text.analyzer import Analyzer
from text.bigrams import bigrams

# Shorter texts are the same by chance: "Second quarter results" is many companies' news.
_LEAST_FOR_DIGEST = 40  # tokens


def cut(title: str, texts: Sequence[str], analyzer: Analyzer) -> tuple[list[list[str]], str]:
    """The tokens of each of *texts* (at least one), those of *title* with the first, and a digest of the texts.

    Equal texts have equal digests whatever their titles; "" for those too short to tell.
    """
    pages = [analyzer.tokens(text) for text in texts]
    words = [token for page in pages for token in page]
    digest = hashlib.sha256(" ".join(words).encode()).hexdigest()[:24] if len(words) >= _LEAST_FOR_DIGEST else ""
    pages[0] = analyzer.tokens(title) + pages[0]
    return pages, digest


def pairs_of(title: str, texts: Sequence[str]) -> list[str]:
    """The pairs of Han characters in *title* and *texts*."""
    return [pair for text in (title, *texts) for pair in bigrams(text)]
