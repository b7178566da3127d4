"""The shapes of watches in requests and answers, for OpenAPI."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from alerts.targets import MOST_TARGETS
from alerts.watches import SOURCES


class TargetAnswer(BaseModel):
    """A target without its keys."""

    kind: str
    to: str
    every: str
    quiet: str | None


class WatchAnswer(BaseModel):
    """A watch; ``secrets`` sign what its plain webhooks get, and are shown to whoever may write."""

    name: str
    question: dict[str, str | list[str]]
    min_score: float
    each_article: bool
    changes: bool
    about: str
    paused: bool
    fault: str
    made: datetime
    since: datetime
    targets: list[TargetAnswer]
    secrets: dict[str, str] | None = None


class WatchesAnswer(BaseModel):
    """All watches by name."""

    watches: list[WatchAnswer]


class DeliveryAnswer(BaseModel):
    """What became of a match at one target."""

    target: str
    state: str
    attempts: int
    answer: str
    next: datetime | None


class LogEntryAnswer(BaseModel):
    """Of what a watch has notified."""

    kind: str
    found: datetime
    title: str
    url: str
    article: str
    source: str
    score: float
    deliveries: list[DeliveryAnswer]


class FeedAnswer(BaseModel):
    """The path of the Atom feed of a watch: whoever knows it may read, without a token."""

    address: str


class LoggedWatchAnswer(WatchAnswer):
    """A watch with its latest notifications."""

    notified: int
    waiting: int
    delivered: int
    failed: int
    log: list[LogEntryAnswer]


class ThresholdAnswer(BaseModel):
    """How many stories, of how many articles, have at least ``min_score``."""

    min_score: float
    stories: int
    articles: int


class PreviewAnswer(BaseModel):
    """What would have been sent; ``examples`` are hits as those of ``/search``."""

    since: datetime
    until: datetime
    thresholds: list[ThresholdAnswer]
    examples: list[dict[str, Any]]


class ProbeAnswer(TargetAnswer):
    """What a service said to a test message."""

    is_delivered: bool
    text: str


class ProbesAnswer(BaseModel):
    """The answers of all targets of a watch."""

    targets: list[ProbeAnswer]


QUESTION = {
    "type": "object",
    "description": "选项同 /search；min_score 为门槛 · options of /search; min_score is the threshold, 0.5",
    "additionalProperties": True,
}
TARGET = {
    "type": "object",
    "required": ["to"],
    "additionalProperties": False,
    "properties": {
        "to": {"type": "string", "description": "地址 · address of a robot, https:// or one of apprise"},
        "every": {"type": "string", "description": "at-once, hourly, daily HH:MM, weekly DAY HH:MM"},
        "quiet": {"type": "string", "description": "22:00-07:00"},
    },
}
EXAMPLE = {"name": "cowos", "question": {"q": "先进封装产能", "min_score": 0.4}, "targets": []}
BODY = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["name"],
                "additionalProperties": False,
                "properties": {
                    "name": {"type": "string"},
                    "question": QUESTION,
                    "targets": {"type": "array", "items": TARGET, "maxItems": MOST_TARGETS},
                    "each_article": {"type": "boolean"},
                    "changes": {"type": "boolean"},
                    "about": {"enum": ["articles", SOURCES], "type": "string"},
                },
            },
            "example": EXAMPLE,
        }
    },
}
TRY_BODY = {
    "required": True,
    "content": {"application/json": {"schema": QUESTION, "example": EXAMPLE["question"]}},
}
