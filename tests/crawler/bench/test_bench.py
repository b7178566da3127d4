"""The bench of the crawl: its figures hold together; how fast the machine is today is not a test's business."""

from __future__ import annotations

import re

from tests.commands import run


def test_the_bench_measures_what_it_says() -> None:
    done = run("crawler", "bench", "--pages", 200, "--rounds", 1, "--no-save", seconds=300)
    assert (done.returncode, done.stderr) == (0, "")
    cost = {way: float(value) for way, value in re.findall(r"^(\w+) +([\d.]+) ms CPU a page", done.stdout, re.M)}
    shares = [float(share) for share in re.findall(r"([\d.]+) of bare Scrapy's speed", done.stdout)]
    assert set(cost) == {"bare", "selectors", "generic", "meaning"}
    holds = dict(re.findall(r"^(\w+) +(\d+) holds of the reactor over 10 ms", done.stdout, re.M))
    assert set(holds) == set(cost)
    assert 0 < cost["bare"] < cost["selectors"] < min(cost["generic"], cost["meaning"])
    for share, way in zip(shares, ("selectors", "generic"), strict=True):
        assert abs(share - cost["bare"] / cost[way]) < 0.01
