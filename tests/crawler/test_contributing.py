"""The commands of CONTRIBUTING.md, run as they stand there, in a copy of the checkout, over a small sample site."""

from __future__ import annotations

import ast
import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from crawler.commands.newsource import module
from crawler.survey import Found
from crawler.way import Feed
from tests.commands import PROJECT, environment
from tests.crawler.tiny_web import add

SITE = "https://www.chipdaily.example"
ITEMS = ("a-fab-for-glass-cores", "wafers-run-short", "who-trains-the-engineers")


def commands() -> list[list[str]]:
    block = re.search(r"```sh\n(.*?)```", (PROJECT / "CONTRIBUTING.md").read_text("utf-8"), re.DOTALL)
    assert block
    return [shlex.split(line) for line in block[1].splitlines()]


def page(title: str, head: str = "") -> str:
    data = json.dumps({"@type": "NewsArticle", "headline": title, "datePublished": "2026-08-19T07:30:00+00:00"})
    text = "".join(
        f"<p>{title} is what the industry talks about today, part {number} of the story says.</p>"
        for number in range(4)
    )
    return (
        f'<html lang="en"><head><title>{title} | Chip Daily</title><meta property="og:site_name" content="Chip Daily">'
        f'<meta name="description" content="In short: {title}."><script type="application/ld+json">{data}</script>{head}'
        f"</head><body><nav><a href='/'>Home</a></nav><article><h1>{title}</h1>{text}</article></body></html>"
    )


@pytest.fixture
def web(tmp_path: Path) -> Path:
    folder = tmp_path / "web"
    add(folder, "site", f"{SITE}/robots.txt", "User-agent: *\nDisallow: /search\n", type="text/plain")
    alternate = '<link rel="alternate" type="application/rss+xml" href="/feed.xml">'
    add(folder, "site", f"{SITE}/", page("Chip Daily", alternate))
    items = "".join(
        f"<item><title>{name.replace('-', ' ').capitalize()}</title><link>{SITE}/news/2026/{name}</link>"
        f"<pubDate>Wed, 19 Aug 2026 0{number}:30:00 GMT</pubDate></item>"
        for number, name in enumerate(ITEMS, 5)
    )
    feed = f'<rss version="2.0"><channel><title>Chip Daily</title><language>en</language>{items}</channel></rss>'
    add(folder, "site", f"{SITE}/feed.xml", feed, type="application/rss+xml")
    for name in ITEMS:
        add(folder, "site", f"{SITE}/news/2026/{name}", page(name.replace("-", " ").capitalize()))
    add(
        folder,
        "site",
        f"{SITE}/news/2026/empty",
        "<html><head><title>Empty | Chip Daily</title></head><body></body></html>",
    )
    undated = page("Undated").replace("datePublished", "x")
    add(folder, "site", f"{SITE}/news/2026/undated", undated.replace("/2026/", "/"))
    return folder


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    copy = tmp_path / "checkout"
    ignored = shutil.ignore_patterns("__pycache__", "crawls")
    for name in ("crawler", "pipelines", "store", "text", "tests"):
        shutil.copytree(PROJECT / name, copy / name, ignore=ignored)
    for name in ("scrapy.cfg", "pyproject.toml"):
        shutil.copy(PROJECT / name, copy)
    return copy


def run(command: list[str], checkout: Path, web: Path) -> subprocess.CompletedProcess[str]:
    program = command[1:] if command[0] == "python" else ["-m", *command]
    return subprocess.run(
        [sys.executable, *program],
        cwd=checkout,
        env=environment(xinwen_sample_web=web, pythondontwritebytecode=1),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_new_source_from_nothing(checkout: Path, web: Path) -> None:
    assert len(commands()) == 4
    for command in commands():
        done = run(command, checkout, web)
        assert done.returncode == 0, done.stdout + done.stderr
    row = (checkout / "crawler/sources/chip_daily.py").read_text("utf-8")
    for line in (
        "number=21,",
        'name="Chip Daily",',
        f'Feed("{SITE}/feed.xml"),',
        'include=r"/news/",',
        "enabled=False,",
    ):
        assert line in row
    for tool in (("format", "--check"), ("check",)):
        checked = run(["python", "-m", "ruff", *tool, "crawler/sources/chip_daily.py"], checkout, web)
        assert checked.returncode == 0, checked.stdout
    feed = json.loads((checkout / "tests/pages/chip_daily/feed/expected.json").read_text("utf-8"))
    assert [link["url"].rsplit("/", 1)[-1] for link in feed["links"]] == list(ITEMS)
    article = json.loads((checkout / f"tests/pages/chip_daily/{ITEMS[0]}/expected.json").read_text("utf-8"))
    assert (article["title"], article["published"]) == ("A fab for glass cores", "2026-08-19T07:30:00Z")
    assert article["body"].count("\n") == 3
    assert run(["scrapy", "list"], checkout, web).stdout.splitlines()[-1] == "chip_daily"


def test_what_is_refused(checkout: Path, web: Path) -> None:
    new, _, capture, tests = commands()
    first = run(new, checkout, web)
    assert f"scrapy capture chip_daily {SITE}/feed.xml" in first.stdout
    assert f"scrapy capture chip_daily {SITE}/news/2026/{ITEMS[0]}" in first.stdout
    # Nothing saved yet: the suite says which page is missing, and the command that saves one.
    done = run(tests, checkout, web)
    assert done.returncode == 1
    assert "no listing in tests/pages/chip_daily: `scrapy capture chip_daily URL` saves one" in done.stdout
    for command, reason in (
        (new, "there is a source chip_daily already"),
        (["scrapy", "newsource", "Chip-Daily", SITE], "is not lower case letters"),
        (["scrapy", "newsource", "other", "https://nowhere.example/"], "CannotResolveHostError"),
        (["scrapy", "capture", "chip_daily", f"{SITE}/news/2026/empty"], "no content"),
        (["scrapy", "capture", "chip_daily", f"{SITE}/news/2026/undated"], "no published; selectors"),
        (["scrapy", "capture", "chip_daily", f"{SITE}/news/2026/none"], "HTTP 404"),
        (["scrapy", "capture", "chip_daily", f"{SITE}/search?q=1"], "barred by robots.txt"),
        (["scrapy", "capture", "chip_daily", "https://elsewhere.example/"], "none of the source's hosts"),
        (["scrapy", "capture", "chip_dialy", SITE], "did you mean chip_daily"),
        ([*capture[:2], "--name", "../x", *capture[2:]], "--name '../x' is no name of a folder"),
    ):
        done = run(command, checkout, web)
        assert done.returncode != 0
        assert len(done.stderr.splitlines()) == 1, done.stderr
        assert reason in done.stderr
    assert run(capture, checkout, web).returncode == 0
    assert "is there already" in run(capture, checkout, web).stderr


def test_the_article_of_a_source_that_is_only_listed(checkout: Path, web: Path) -> None:
    feed = (PROJECT / "tests/pages/bloomberg/feed/page.xml").read_bytes()
    add(web, "b", "https://feeds.bloomberg.com/robots.txt", "", type="text/plain")
    add(web, "b", "https://feeds.bloomberg.com/markets/news.rss", feed, type="application/rss+xml")
    done = run(["scrapy", "capture", "bloomberg", "https://feeds.bloomberg.com/markets/news.rss"], checkout, web)
    assert done.returncode == 0, done.stderr
    saved = checkout / "tests/pages/bloomberg/news-article"
    assert json.loads((saved / "expected.json").read_text("utf-8"))["title"] == "Chipmaker Weighs a Fab in Spain"
    assert json.loads((saved / "meta.json").read_text("utf-8"))["article"].endswith("chipmaker-weighs-a-fab-in-spain")


def test_a_site_with_no_more_than_a_page_of_links(checkout: Path, web: Path) -> None:
    site = "https://plain.example"
    links = "".join(f"<li><a href='/stories/{name}.html'>The story of {name}</a></li>" for name in ITEMS)
    home = f"<html><body><a href='/about/us'>All about the people here</a><ul>{links}</ul></body></html>"
    add(web, "plain", f"{site}/", home)
    add(web, "plain", f"{site}/stories/{ITEMS[0]}.html", page("A plain story"))
    done = run(["scrapy", "newsource", "plain", f"{site}/"], checkout, web)
    assert done.returncode == 0, done.stderr
    assert f"Listing {site}/: 3 links" in done.stdout
    checked = run(["python", "-m", "ruff", "format", "--check", "crawler/sources/plain.py"], checkout, web)
    assert checked.returncode == 0, checked.stdout
    done = run(["scrapy", "capture", "plain", f"{site}/"], checkout, web)
    assert done.returncode == 0, done.stderr
    titles = [link["title"] for link in json.loads(done.stdout)["links"]]
    assert titles == [f"The story of {name}" for name in ITEMS]


def test_a_site_that_only_has_a_sitemap(checkout: Path, web: Path) -> None:
    site = "https://mapped.example"
    add(web, "m", f"{site}/robots.txt", f"User-agent: *\nDisallow:\nSitemap: {site}/map.xml\n", type="text/plain")
    add(web, "m", f"{site}/", page("Home"))
    urls = "".join(f"<url><loc>{site}{path}</loc></url>" for path in ("/", "/about", f"/posts/{ITEMS[0]}"))
    add(web, "m", f"{site}/map.xml", f"<urlset>{urls}</urlset>", type="application/xml")
    add(web, "m", f"{site}/posts/{ITEMS[0]}", page("A mapped story"))
    done = run(["scrapy", "newsource", "mapped", f"{site}/"], checkout, web)
    assert done.returncode == 0, done.stderr
    assert f'Sitemap("{site}/map.xml")' in (checkout / "crawler/sources/mapped.py").read_text("utf-8")
    assert f"scrapy capture mapped {site}/posts/{ITEMS[0]}" in done.stdout


@pytest.mark.parametrize("name", ['Chips """ + x', "Chips\r\nimport os\u2028x", 'A "B" \\', "\x00", "O'Hara's \"C\""])
def test_what_a_site_calls_itself_is_no_program(name: str) -> None:
    found = Found(ways=[Feed(f"{SITE}/feed.xml")], site_name=name)
    tree = ast.parse(module("chip_daily", SITE, found))
    assert [type(node) for node in tree.body] == [ast.Expr, ast.ImportFrom, ast.ImportFrom, ast.Assign]
    call = tree.body[-1].value
    given = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords if keyword.arg == "name"}
    assert given["name"].split() == name.replace("\x00", "chipdaily.example").split()
