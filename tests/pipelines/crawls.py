"""Crawls with everything that stores, in a process of their own, and what each asked the sites for."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pymongo.database import Database
from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.ledger import OUTCOMES
from tests.commands import run

SIA = "https://www.semiconductors.org"
API = f"{SIA}/wp-json/wp/v2/posts?categories=3&per_page=10&_fields=id,date_gmt,slug,link,title,categories,content"
TEXT = "Sales of chips of kind {0} rose in every region of the world, the association of {0} said in its report. "


class RequestsToFile:
    """An extension that writes down every answer to a request, where the setting XINWEN_TEST_REQUESTS says."""

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
class Asked:
    """One answer."""

    kind: str
    url: str
    status: int
    time: float
    agent: str


@dataclass
class Crawl:
    """What a crawl left behind."""

    status: int
    errors: str
    asked: list[Asked] = field(default_factory=list)
    record: dict[str, Any] = field(default_factory=dict)

    def urls(self, kind: str) -> list[str]:
        return [one.url for one in self.asked if one.kind == kind]

    @property
    def kinds(self) -> Counter[str]:
        return Counter(one.kind for one in self.asked)


def recording(path: Path) -> list[str]:
    """Arguments of ``scrapy crawl`` that make it write down what it asks for."""
    path.unlink(missing_ok=True)
    extension = 'EXTENSIONS={"tests.pipelines.crawls.RequestsToFile": 1}'
    return ["-s", extension, "-s", f"XINWEN_TEST_REQUESTS={path}"]


def crawl(folder: Path, key: str, uri: str, file: Path, *arguments: str, **variables: Any) -> Crawl:
    """One crawl of *key* over the sample web in *folder* into the database of *uri*, whose record must add up."""
    given = {"mongodb_uri": uri, "xinwen_sample_web": folder, "pythonwarnings": "error"} | variables
    done = run("scrapy", "crawl", key, *arguments, *recording(file), **given)
    lines = file.read_text().splitlines() if file.exists() else []
    found = Crawl(done.returncode, done.stderr, [Asked(*json.loads(line)) for line in lines])
    with (database := samples_of(uri)).client:
        record = database.runs.find_one({"source": key}, sort=[("ended", -1)])
    assert record, done.stderr
    found.record = record
    assert_adds_up(record)
    return found


def samples_of(uri: str) -> Database[dict[str, Any]]:
    """The database that a crawl of a sample web uses in place of the one of *uri*."""
    from store.connection import SAMPLES, connect

    database = connect(uri)
    return database.client.get_database(database.name + SAMPLES)


def assert_adds_up(record: dict[str, Any]) -> None:
    """Every link found has an outcome."""
    assert record["found"] == record["taken"] + sum(record["dropped"].values()), record
    assert record["taken"] == sum(record[name] for name in OUTCOMES), record


def post(slug: str, **facts: Any) -> dict[str, Any]:
    """An item of SIA's reply whose text is on its page."""
    given = {"link": f"{SIA}/{slug}/", "date_gmt": "2026-03-06T21:00:00", "title": {"rendered": f"Title of {slug}"}}
    return given | facts


def page(slug: str, canonical: str = "", text: str = "") -> str:
    """A page of SIA's."""
    return f"""<html><head><title>Title of {slug}</title><link rel=canonical href="{SIA}/{canonical or slug}/">
        <meta property="article:published_time" content="2026-03-06T21:00:00+00:00"></head>
        <body><main id=main><h1>Title of {slug}</h1><div class=newshr></div>
        <p>{text or TEXT.format(slug) * 4}</p></main></body></html>"""
