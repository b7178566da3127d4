"""Take away what may be read but not kept; the tokens are made by now."""

from __future__ import annotations

from dataclasses import replace

from pipelines.tokenize import Tokenized
from store.article import withhold


class Withhold:
    """Leaves of each article what its ``access`` allows."""

    def process_item(self, item: Tokenized) -> Tokenized:
        return replace(item, article=withhold(item.article))
