"""Answers as JSON objects: the same fields with the same names on the command line and over HTTP."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the commands load this module before they load numpy
    from similarity.analytics.trend import Trend
    from similarity.answers.answer import Answer
    from similarity.ranking.results.hits import Hit


def to_json(answer: Mapping[str, Any], indent: int | None = None) -> bytes:
    """*answer* as one JSON object in UTF-8: times in UTC as ISO 8601 with a Z, days as YYYY-MM-DD."""
    text = json.dumps(answer, ensure_ascii=False, indent=indent, default=_as_json)
    # A term given on the command line may hold bytes that are not UTF-8, which Python keeps as lone surrogates.
    return text.encode("utf-8", "replace")


def _as_json(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{value!r} has no form in JSON")


def answer_fields(found: Answer) -> dict[str, Any]:
    """*found* without the bodies of the articles. Times stay aware datetimes."""
    fields: dict[str, Any] = {
        "total": found.total,
        "at_least": found.at_least,
        "stories": found.stories,
        "cursor": found.cursor or None,
        "off": list(found.off),
        "unknown": list(found.unknown),
        "took_ms": found.took_ms,
        "index": {"articles": found.articles, "newest": found.newest},
        "hits": [hit_fields(hit, body=False) for hit in found.hits],
    }
    if found.same_story is not None:
        fields["same_story"] = [asdict(article) for article in found.same_story]
    return fields


def hit_fields(hit: Hit, body: bool = True) -> dict[str, Any]:
    """*hit* with its article, whose text is left out where *body* is False."""
    article = asdict(hit.article)
    if not body:
        del article["body"]
    more = [asdict(other) for other in hit.more]
    fields: dict[str, Any] = {"score": hit.score, "page": hit.page, "article": article, "more": more}
    if hit.phrase_checked is not None:
        fields["phrase_checked"] = hit.phrase_checked
    if hit.route:  # a hit of the default model, which says what its score is made of
        fields |= {
            "route": hit.route,
            "parts": dict(hit.parts),
            "words": [word._asdict() for word in hit.words],
            "passage": hit.passage,
        }
    if hit.explanation:
        concepts = [concept._asdict() for concept in hit.explanation.concepts]
        fields["explanation"] = asdict(hit.explanation) | {"concepts": concepts}
    return fields


def trend_fields(found: Trend) -> dict[str, Any]:
    """*found* with the names and the category of each term."""
    return asdict(found) | {"terms": [{"names": list(term.names), "category": term.category} for term in found.terms]}
