"""Small sample webs for tests, and crawls of them in a separate process."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scrapy import signals
from scrapy.crawler import Crawler

from tests.commands import run


class StatsToFile:
    """Scrapy extension that writes the stats of a crawl to the file named by the setting XINWEN_TEST_STATS."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        crawler.signals.connect(self.write, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> StatsToFile:
        return cls(crawler)

    def write(self) -> None:
        text = json.dumps(self.crawler.stats.get_stats(), default=str)
        Path(self.crawler.settings["XINWEN_TEST_STATS"]).write_text(text, "utf-8")


@dataclass
class Run:
    """The result of a crawl: exit status, stderr, items and stats."""

    status: int
    errors: str
    items: list[dict[str, Any]] = field(default_factory=list)
    stats: dict[str, Any] = field(default_factory=dict)

    @property
    def articles(self) -> dict[str, dict[str, Any]]:
        return {item["url"]: item for item in self.items if "reasons" not in item}

    @property
    def unreadable(self) -> dict[str, list[str]]:
        return {item["url"]: item["reasons"] for item in self.items if "reasons" in item}


def add(folder: Path, key: str, url: str, body: str | bytes | None = None, **facts: Any) -> None:
    """Adds a reply to site *key* of the sample web in *folder*."""
    site = folder / key
    site.mkdir(parents=True, exist_ok=True)
    index = site / "site.jsonl"
    lines = index.read_text("utf-8").splitlines() if index.exists() else []
    if body is not None:
        facts["file"] = f"{len(lines)}.body"
        (site / facts["file"]).write_bytes(body.encode() if isinstance(body, str) else body)
    facts.setdefault("type", "text/html; charset=utf-8")
    index.write_text("\n".join([*lines, json.dumps({"url": url, **facts})]) + "\n", "utf-8")


def scrapy(*arguments: str, folder: Path | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs a ``scrapy`` command of the project, without the pipelines that store articles."""
    return run("scrapy", *arguments, "-s", "ADDONS={}", xinwen_sample_web=folder, pythonwarnings="error", **variables)


def crawl(folder: Path, key: str, *arguments: str, results: Path | None = None, **variables: str) -> Run:
    """Crawls source *key* over the sample web in *folder*; items and stats are written to *results*, or to *folder*."""
    results = results or folder
    items, stats = results / f"{key}.items.jsonl", results / f"{key}.stats.json"
    stats.unlink(missing_ok=True)
    extras = ("-O", f"{items}:jsonlines", "-s", 'EXTENSIONS={"tests.crawler.tiny_web.StatsToFile": 1}')
    done = scrapy("crawl", key, *arguments, *extras, "-s", f"XINWEN_TEST_STATS={stats}", folder=folder, **variables)
    run = Run(done.returncode, done.stderr)
    if stats.exists():
        run.stats = json.loads(stats.read_text("utf-8"))
    if items.exists():
        run.items = [json.loads(line) for line in items.read_text("utf-8").splitlines()]
    return run
