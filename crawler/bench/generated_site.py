"""The site of the benchmark: generated articles of the length and markup of real news pages, served on loopback."""

from __future__ import annotations

import json
import random
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from crawler.resolver import PublicResolver
from store.places import shipped
from text.language import HAN

HOST = "bench.invalid"

SAMPLES = shipped("samples")

_PARAGRAPHS, _SENTENCES = 12, 4
_START = datetime(2026, 1, 1, tzinfo=UTC)


def resolve_here() -> None:
    """Let this process find ``HOST`` on this machine, which the crawler does not ask otherwise."""
    PublicResolver.local[HOST] = "127.0.0.1"


def write_pages(folder: Path, number: int) -> None:
    """Write *number* article pages into *folder*; every fifth is Chinese. The same number gives the same bytes."""
    folder.mkdir(parents=True)
    chance = random.Random(number)
    english, chinese = _sentences()
    for place in range(number):
        sentences = chinese if place % 5 == 4 else english
        page = _page(place, sentences, chance)
        (folder / f"{place}.html").write_text(page, "utf-8")


def sitemap(address: str, number: int) -> str:
    """A sitemap (sitemaps.org) of *number* pages."""
    urls = "".join(f"<url><loc>{address}/{place}.html</loc></url>" for place in range(number))
    return f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Serve the files in *folder*, a sitemap and a robots.txt from a thread of this process; yields the address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_FileHandler, directory=str(folder)))
    address = f"http://{HOST}:{server.server_port}"
    (folder / "sitemap.xml").write_text(sitemap(address, len(list(folder.glob("*.html")))), "utf-8")
    (folder / "robots.txt").write_text("User-agent: *\nDisallow:\n", "utf-8")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield address
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _FileHandler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body are two packets: with Nagle's algorithm the second waits up to 40 ms for the acknowledgement.
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: a line for every page is of no use."""


def _sentences() -> tuple[list[str], list[str]]:
    """English and Chinese sentences from the sample reports."""
    text = "\n".join(file.read_text("utf-8") for file in sorted(SAMPLES.glob("*/reports/*.txt")))
    lines = re.split(r"(?<=[.])\s+|(?<=。)\s*|\n{2,}", text)
    sentences = [" ".join(line.split()) for line in lines if len(line) > 30]
    chinese = [line for line in sentences if re.search(f"[{HAN}]{{8}}", line)]
    return [line for line in sentences if line.isascii() and line.endswith(".")], chinese


def _page(place: int, sentences: list[str], chance: random.Random) -> str:
    title = f"{' '.join(chance.choice(sentences).split()[:8])[:60]} ({place})"
    date = (_START + timedelta(hours=place)).isoformat()
    text = "".join(
        f"<p>{' '.join(chance.choice(sentences) for _ in range(_SENTENCES))}</p>\n" for _ in range(_PARAGRAPHS)
    )
    facts = json.dumps(
        {"@type": "NewsArticle", "headline": title, "datePublished": date, "author": {"name": "A. Writer"}}
    )
    menu = "".join(
        f'<li class="nav__item"><a class="nav__link" href="/section/{n}">Section {n}</a></li>' for n in range(60)
    )
    cards = "".join(
        f'<div class="card"><a href="/{n}.html"><img src="/i/{n}.jpg" alt="">'
        f"<h3>{chance.choice(sentences)[:70]}</h3></a></div>"
        for n in range(40)
    )
    script = "".join(f'window.data[{n}] = {{"id": {n}, "value": "{chance.random()}"}};' for n in range(200))
    return (
        f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>{title} | Bench</title>'
        f'<meta property="og:title" content="{title}"><meta name="description" content="{title} in short.">'
        f'<meta property="article:published_time" content="{date}"><script type="application/ld+json">{facts}</script>'
        f"<script>{script}</script></head><body><header><nav><ul>{menu}</ul></nav></header><main>"
        f'<article><h1 class="headline">{title}</h1><time datetime="{date}">{date[:10]}</time>'
        f'<div class="body">{text}</div></article><aside class="related">{cards}</aside></main>'
        f"<footer><ul>{menu}</ul><p>All rights reserved.</p></footer></body></html>"
    )
