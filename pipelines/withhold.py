"""Item pipeline: removes what may be read but not stored. It runs after tokens and embeddings are computed."""

from __future__ import annotations

from dataclasses import replace

from pipelines.tokenize import Tokenized
from store.article import withhold


class Withhold:
    """Leaves of each article the fields that its ``access`` allows."""

    def process_item(self, item: Tokenized) -> Tokenized:
        return replace(item, article=withhold(item.article))
