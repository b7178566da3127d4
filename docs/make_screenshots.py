"""Makes the pictures of the READMEs from the sample web: ``python docs/make_screenshots.py``, in a few minutes at most.

Needs the packages of ``requirements-dev.txt``, Chromium and a Chinese font (on Debian ``chromium fonts-wqy-microhei``).
"""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from PIL import Image
from playwright.sync_api import sync_playwright

PROJECT = Path(__file__).resolve().parents[1]
FOLDER = PROJECT / "docs" / "images"

VIEWS = {
    "search": "/search?q=先进封装产能",
    "today": "/",
    "trend": "/trend?q=HBM&q=先进封装&by=month",
}
SIZE = {"width": 1200, "height": 780}
MAX_BYTES = 150_000
_COLOURS = 96


def python(*arguments: str) -> list[str]:
    """A command of this project by the Python that runs this."""
    return [sys.executable, "-m", *arguments]


def main() -> None:
    """Store the samples where they are not, start a server, and write one picture a view in each language."""
    os.chdir(PROJECT)
    os.environ.setdefault("XINWEN_SAMPLE_WEB", "samples")
    stats = subprocess.run(python("similarity", "stats", "--json"), check=True, capture_output=True, text=True)
    if not json.loads(stats.stdout)["articles"]:
        subprocess.run(python("pipelines", "samples"), check=True)
    FOLDER.mkdir(exist_ok=True)
    with subprocess.Popen(python("similarity", "serve", "--port", "0"), stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout
            site = server.stdout.readline().split()[-1]
            wait_for(site)
            shoot(site)
        finally:
            server.terminate()


def wait_for(site: str) -> None:
    """Return when *site* answers. Raises URLError when it does not within two minutes."""
    end = time.monotonic() + 120
    while True:
        try:
            with urlopen(f"{site}healthz"):
                return
        except URLError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def shoot(site: str) -> None:
    """Write the pictures of the pages of *site*."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for lang in ("zh", "en"):
            page = browser.new_context(viewport=SIZE, base_url=site, color_scheme="light").new_page()
            for name, address in VIEWS.items():
                page.goto(f"{address}{'&' if '?' in address else '?'}lang={lang}")
                if name == "search":
                    page.locator(".hit:has(.across) .why summary").first.click()
                    page.mouse.move(0, 0)
                file = FOLDER / f"{name}-{lang}.png"
                picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
                picture.quantize(_COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)
                sys.stdout.write(f"{file.relative_to(PROJECT)}  {file.stat().st_size:,} bytes\n")
                if file.stat().st_size > MAX_BYTES:
                    raise SystemExit(f"{file.name} has more than {MAX_BYTES:,} bytes")
        browser.close()


if __name__ == "__main__":
    main()
