"""Crawls of sample webs in processes of their own, with the project's pipelines, and the requests of each."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pymongo.database import Database
from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.spider.link_ledger import OUTCOMES
from tests.commands import run

SIA = "https://www.semiconductors.org"
API = f"{SIA}/wp-json/wp/v2/posts?categories=3&per_page=10&_fields=id,date_gmt,slug,link,title,categories,content"
TEXT = "Sales of chips of kind {0} rose in every region of the world, the association of {0} said in its report. "

SOURCE = """\
[{0}]
name = "{0}"
category = "媒体"
address = "https://{0}.example/"
note = "Invented"
language = "en"
timezone = "UTC"
keep = "full"
enabled = true
why = "Invented."
include = '/news/[\\w-]+/'

[[{0}.discovery]]
method = "listing"
url = "https://{0}.example/news"
item = "li.story"
link = "a::attr(href)"
title = "a"
"""
"""A source of a file of one's own, by its key."""


def zone_at_noon() -> str:
    """The name of a time zone in which it is between noon and one o'clock: no day ends while a test runs."""
    return f"Etc/GMT{datetime.now(UTC).hour - 12:+d}"


class RequestsToFile:
    """Scrapy extension: writes every request and the status of its response to the file XINWEN_TEST_REQUESTS."""

    def __init__(self, crawler: Crawler) -> None:
        self.path = Path(crawler.settings["XINWEN_TEST_REQUESTS"])
        crawler.signals.connect(self.write, signals.response_downloaded)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RequestsToFile:
        return cls(crawler)

    def write(self, response: Response, request: Request) -> None:
        kind = request.meta.get("xinwen", "")
        agent = request.headers["User-Agent"].decode()
        with self.path.open("a") as lines:
            lines.write(json.dumps([kind, request.url, response.status, time.time(), agent]) + "\n")


@dataclass
class RecordedRequest:
    """A request and its response: kind (robots, entry, page), address, status, time (Unix) and user agent."""

    kind: str
    url: str
    status: int
    time: float
    agent: str


@dataclass
class Crawl:
    """Exit status, log, requests and run record of a crawl."""

    status: int
    errors: str
    requests: list[RecordedRequest] = field(default_factory=list)
    record: dict[str, Any] = field(default_factory=dict)

    def urls(self, kind: str) -> list[str]:
        """The addresses of the requests of a kind, in order."""
        return [request.url for request in self.requests if request.kind == kind]

    @property
    def kinds(self) -> Counter[str]:
        """How many requests of each kind there were."""
        return Counter(request.kind for request in self.requests)


def recording(path: Path) -> list[str]:
    """Arguments of ``scrapy crawl`` that make it record its requests in *path*."""
    path.unlink(missing_ok=True)
    extension = 'EXTENSIONS={"tests.pipelines.crawls.RequestsToFile": 1}'
    return ["-s", extension, "-s", f"XINWEN_TEST_REQUESTS={path}"]


def crawl(folder: Path, key: str, uri: str, file: Path, *arguments: str, **variables: Any) -> Crawl:
    """Crawl *key* over the sample web in *folder* into the database of *uri*; its record must be consistent."""
    given = {"mongodb_uri": uri, "xinwen_sample_web": folder, "pythonwarnings": "error"} | variables
    done = run("scrapy", "crawl", key, *arguments, *recording(file), **given)
    lines = file.read_text().splitlines() if file.exists() else []
    found = Crawl(done.returncode, done.stderr, [RecordedRequest(*json.loads(line)) for line in lines])
    with (database := samples_of(uri)).client:
        record = database.runs.find_one({"source": key}, sort=[("ended", -1)])
    assert record, done.stderr
    found.record = record
    assert_adds_up(record)
    return found


def samples_of(uri: str) -> Database[dict[str, Any]]:
    """The database that a crawl of a sample web uses in place of that of *uri*."""
    from store.connection import SAMPLES, connect

    database = connect(uri)
    return database.client.get_database(database.name + SAMPLES)


def assert_adds_up(record: dict[str, Any]) -> None:
    """Every link that was found was dropped or has an outcome."""
    assert record["found"] == record["taken"] + sum(record["dropped"].values()), record
    assert record["taken"] == sum(record[name] for name in OUTCOMES), record


def post(slug: str, **facts: Any) -> dict[str, Any]:
    """An item of SIA's JSON API whose text is on its page."""
    given = {"link": f"{SIA}/{slug}/", "date_gmt": "2026-03-06T21:00:00", "title": {"rendered": f"Title of {slug}"}}
    return given | facts


def page(slug: str, canonical: str = "", text: str = "") -> str:
    """An article page of SIA."""
    return f"""<html><head><title>Title of {slug}</title><link rel=canonical href="{SIA}/{canonical or slug}/">
        <meta property="article:published_time" content="2026-03-06T21:00:00+00:00"></head>
        <body><main id=main><h1>Title of {slug}</h1><div class=newshr></div>
        <p>{text or TEXT.format(slug) * 4}</p></main></body></html>"""
