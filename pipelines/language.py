"""Item pipeline: detects the language of articles whose page does not declare it."""

from __future__ import annotations

from dataclasses import replace

from store.article import Article
from text.language import detect_language


class Language:
    """Fills ``language`` from title and text where it is empty."""

    def process_item(self, article: Article) -> Article:
        if article.language:
            return article
        return replace(article, language=detect_language(f"{article.title}\n{article.body or article.summary}"))
