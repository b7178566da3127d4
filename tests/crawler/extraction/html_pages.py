"""HTML pages for the tests of extraction, and functions to build and read one."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from crawler.extraction import read_document
from crawler.source import Source

CAPTURED = datetime(2026, 3, 10, tzinfo=UTC)
URL = "https://www.example.com/news/fab-opens"
FIRST = "The foundry opened its third plant on Friday, two quarters ahead of the plan that it had shown investors."
SECOND = "Output will reach forty thousand wafers a month, the chief executive said, once the last tools are installed."
THIRD = "Suppliers of gases and resists have moved close by, and the town expects two thousand new jobs by next year."
PROSE = "".join(f"<p>{text}</p>" for text in (FIRST, SECOND, THIRD))
CHINESE = (
    "该公司周五宣布，第三座晶圆厂比原计划提前两个季度投产。",
    "首席执行官表示，在最后一批设备安装完毕之后，月产能将达到四万片。",
)
ROW = Source(
    number=1,
    key="example",
    name="Example",
    category="媒体",
    address="https://www.example.com/",
    note="for tests",
    language="en",
    timezone="America/New_York",
    discovery=(),
    keep="abstract",
    enabled=False,
    why="for tests",
)


def page(body: str = f"<h1>New fab opens early</h1>{PROSE}", head: str = "<title>New fab opens early</title>") -> bytes:
    return f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>".encode()


def read(data: bytes, url: str = URL, **more):
    return read_document(data, url, **{"captured": CAPTURED} | more)


def ld(**fields) -> str:
    return f'<script type="application/ld+json">{json.dumps(fields)}</script>'
