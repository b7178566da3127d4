"""``python -m service.bench``: what a search page weighs, and when a browser shows it, against an empty static page."""

from __future__ import annotations

import gzip
import json
import shutil
import statistics
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Annotated, Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import typer

from store.places import install

EMPTY = b"<!doctype html><html lang=zh><link rel=icon href=data:,><title>empty</title><p>.</p>"
_PAINT = """() => new Promise((done) => new PerformanceObserver((list) => {
  for (const paint of list.getEntriesByName("first-contentful-paint")) done(paint.startTime);
}).observe({type: "paint", buffered: true}))"""


def bench(
    site: Annotated[str, typer.Argument(help="运行中的服务 · address of a running server")] = "http://127.0.0.1:8000",
    query: Annotated[str, typer.Option(help="问题 · the question")] = "HBM4 供应",
    rounds: Annotated[int, typer.Option(min=1, help="每页次数 · loads of each page, in turn")] = 15,
) -> None:
    """网页的大小与首次显示时间 · The size of a search page and the time until it is shown; needs playwright."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise SystemExit(f"error: the bench needs the package playwright: {install('browser')}") from None

    address = f"{site.rstrip('/')}/search"
    parts = {
        "html": f"{address}?{urlencode({'q': query})}",
        "css": f"{site}/static/page.css",
        "js": f"{site}/static/page.js",
    }
    sizes = {name: _compressed(url) for name, url in parts.items()}
    with sync_playwright() as playwright, _empty_page() as empty:
        arguments = ["--no-sandbox", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=arguments)
        times: dict[str, list[float]] = {"empty": [], "search": []}
        for _ in range(rounds):
            for name, url in (("empty", empty), ("search", parts["html"])):
                times[name].append(_first_paint(browser, url))
        browser.close()
    medians = {name: round(statistics.median(values), 1) for name, values in times.items()}
    found = {
        "compressed_bytes": sizes | {"together": sum(sizes.values())},
        "first_contentful_paint_ms": medians | {"difference": round(medians["search"] - medians["empty"], 1)},
        "rounds": rounds,
    }
    typer.echo(json.dumps(found, indent=1))


def _compressed(url: str) -> int:
    with urlopen(Request(url, headers={"Accept-Encoding": "gzip"})) as reply:
        body: bytes = reply.read()
        return len(body) if reply.headers["Content-Encoding"] == "gzip" else len(gzip.compress(body, 5))


def _first_paint(browser: Any, url: str) -> float:
    """Milliseconds until a new context, which has nothing cached, shows something of *url*."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(url, wait_until="load")
    value = float(page.evaluate(_PAINT))
    context.close()
    return value


class _Empty(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(EMPTY)))
        self.end_headers()
        self.wfile.write(EMPTY)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def _empty_page() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Empty) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()


if __name__ == "__main__":
    typer.run(bench)
