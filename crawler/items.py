"""What the spider yields in addition to articles."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True)
class UnreadablePage:
    """A page that was fetched, but of which no article could be made.

    It is stored with the ``reasons``, so that a later version of the extraction can read it again.
    """

    source: str
    """Key of the source."""
    url: str
    reasons: list[str] = field(default_factory=list)
    fetched: datetime | None = None
