"""Watches as JSON objects, the same on the command line and over HTTP."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from alerts.previews import Preview
from alerts.targets import Target
from alerts.watches import Watch
from similarity.answers.fields import hit_fields


def watch_fields(watch: Watch) -> dict[str, Any]:
    """*watch* without the keys and secrets of its targets."""
    return {
        "name": watch.name,
        "question": watch.question.values(),
        "min_score": watch.min_score,
        "each_article": watch.each_article,
        "changes": watch.changes,
        "about": watch.about or "articles",
        "paused": watch.paused,
        "fault": watch.fault,
        "made": watch.made,
        "since": watch.since,
        "targets": [target_fields(target) for target in watch.targets],
    }


def target_fields(target: Target) -> dict[str, Any]:
    """*target* without its keys."""
    rhythm = target.rhythm
    return {"kind": target.kind, "to": target.shown, "every": str(rhythm), "quiet": rhythm.quiet_text or None}


def preview_fields(found: Preview) -> dict[str, Any]:
    """*found* without the bodies of the articles."""
    thresholds = [asdict(one) for one in found.thresholds]
    examples = [hit_fields(hit, body=False) for hit in found.examples]
    return {"since": found.since, "until": found.until, "thresholds": thresholds, "examples": examples}
