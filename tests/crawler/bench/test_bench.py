"""The benchmark of the crawl: its figures are consistent. Their size depends on the machine and is not tested."""

from __future__ import annotations

import re

import pytest

from tests.commands import run

pytestmark = pytest.mark.slow


def test_the_figures_are_consistent() -> None:
    done = run("crawler", "bench", "--pages", 200, "--rounds", 1, "--no-save", seconds=300)
    assert (done.returncode, done.stderr) == (0, "")
    cost = {kind: float(value) for kind, value in re.findall(r"^(\w+) +([\d.]+) ms CPU a page", done.stdout, re.M)}
    shares = [float(share) for share in re.findall(r"([\d.]+) of bare Scrapy's speed", done.stdout)]
    assert set(cost) == {"bare", "selectors", "generic", "meaning"}
    holds = dict(re.findall(r"^(\w+) +(\d+) holds of the reactor over 10 ms", done.stdout, re.M))
    assert set(holds) == set(cost)
    assert 0 < cost["bare"] < cost["selectors"] < min(cost["generic"], cost["meaning"])
    for share, kind in zip(shares, ("selectors", "generic"), strict=True):
        assert abs(share - cost["bare"] / cost[kind]) < 0.01
