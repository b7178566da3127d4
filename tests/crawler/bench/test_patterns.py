"""No regular expression of the crawler takes long for a text that a site makes up."""

from __future__ import annotations

import re

from crawler.bench.patterns import UsedPattern, hostile_texts, patterns

LENGTH = 10_000
HANGS = 0.2
"""Seconds of CPU time. A pattern that is linear takes a few milliseconds, one that is quadratic several times this."""


def test_patterns_are_linear() -> None:
    every = patterns()
    assert len(every) > 150
    assert {used.place: slow for used in every if (slow := used.slowest(LENGTH))[0] > HANGS} == {}


def test_a_quadratic_pattern_is_found() -> None:
    slow = UsedPattern("here", re.compile(r"\s+x"), ("search",))
    seconds, text = max(
        (slow.seconds(text), text[:3]) for text in hostile_texts(slow.pattern, LENGTH) if text[0] == " "
    )
    assert seconds > 10 * UsedPattern("here", re.compile(r"\sx"), ("search",)).seconds(" " * LENGTH)
    assert text.isspace()
