"""What a page becomes that no article can be made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True)
class Refused:
    """A page that was fetched and not understood, with the reasons; kept so that a better reader may try again."""

    source: str
    url: str
    reasons: list[str] = field(default_factory=list)
    fetched: datetime | None = None
