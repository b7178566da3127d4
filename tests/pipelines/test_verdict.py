from __future__ import annotations

import pytest

from pipelines.record_run import _COUNTS, verdict


@pytest.mark.parametrize(
    ("reason", "counts", "storage_failed", "expected"),
    [
        ("finished", {"found": 10, "taken": 10, "new": 10}, False, "ok"),
        ("finished", {"found": 10, "taken": 10, "changed": 1, "unchanged": 9}, False, "ok"),
        ("finished", {"found": 10, "taken": 10, "unchanged": 10}, False, "nothing_new"),
        ("finished", {"found": 10, "taken": 0}, False, "nothing_new"),
        ("finished", {}, False, "empty"),
        ("finished", {"unchanged_entries": 1}, False, "nothing_new"),
        ("finished", {"blocked": 1}, False, "blocked"),
        ("finished", {"blocked": 1, "found": 5, "taken": 5, "new": 2}, False, "ok"),
        ("finished", {"found": 3, "taken": 3, "quarantined": 3}, False, "failed"),
        ("finished", {"found": 3, "taken": 3, "quarantined": 2, "new": 1}, False, "degraded"),
        ("finished", {"found": 3, "taken": 3, "duplicates": 3}, False, "nothing_new"),
        ("finished", {"found": 3, "taken": 3, "new": 2, "lost": 1}, False, "failed"),
        ("finished", {"found": 3, "taken": 3, "new": 3}, True, "failed"),
        ("shutdown", {"found": 3, "taken": 3, "new": 3}, False, "failed"),
        ("closespider_timeout", {"found": 3, "taken": 3, "new": 3}, False, "failed"),
    ],
)
def test_verdict(reason: str, counts: dict[str, int], storage_failed: bool, expected: str) -> None:
    assert verdict(reason, dict.fromkeys(_COUNTS, 0) | counts, storage_failed) == expected
