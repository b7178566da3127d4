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

from crawler.authoring.survey import SurveyResult
from crawler.commands.newsource import module
from crawler.discovery.methods import Feed
from tests.commands import PROJECT, environment
from tests.crawler.tiny_web import add

pytestmark = pytest.mark.slow

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
    for name in ("crawler", "deploy", "pipelines", "similarity", "store", "text", "tests", "xinwen"):
        shutil.copytree(PROJECT / name, copy / name, ignore=ignored)
    for name in ("scrapy.cfg", "pyproject.toml", "README.md", "README.zh-CN.md"):
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
    feed = json.loads((checkout / "tests/fixtures/chip_daily/feed/expected.json").read_text("utf-8"))
    assert [link["url"].rsplit("/", 1)[-1] for link in feed["links"]] == list(ITEMS)
    article = json.loads((checkout / f"tests/fixtures/chip_daily/{ITEMS[0]}/expected.json").read_text("utf-8"))
    assert (article["title"], article["published"]) == ("A fab for glass cores", "2026-08-19T07:30:00Z")
    assert article["body"].count("\n") == 3
    assert run(["scrapy", "list"], checkout, web).stdout.splitlines()[-1] == "chip_daily"
    for name in ("README.md", "README.zh-CN.md"):
        assert f"| 21 | `chip_daily` | [Chip Daily]({SITE}/) |" in (checkout / name).read_text("utf-8")
    of_readmes = ("tests/test_documentation.py", "-k", "source_table or every_setting")
    done = run(["python", "-m", "pytest", "-q", "-p", "no:cacheprovider", *of_readmes], checkout, web)
    assert done.returncode == 0, done.stdout


def test_what_is_refused(checkout: Path, web: Path) -> None:
    new, _, capture, tests = commands()
    first = run(new, checkout, web)
    assert f"xinwen capture chip_daily {SITE}/feed.xml" in first.stdout
    assert f"xinwen capture chip_daily {SITE}/news/2026/{ITEMS[0]}" in first.stdout
    # Nothing saved yet: the suite says which page is missing, and the command that saves one.
    done = run(tests, checkout, web)
    assert done.returncode == 1
    assert "no listing in tests/fixtures/chip_daily: `scrapy capture chip_daily URL` saves one" in done.stdout
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
        (["scrapy", "capture", "chip_daily", "www.chipdaily.example/feed.xml"], "begins with https:// or http://"),
        (["scrapy", "newsource", "other", "www.chipdaily.example"], "begins with https:// or http://"),
        ([*capture[:2], "--name", "../x", *capture[2:]], "--name '../x' is no name of a folder"),
    ):
        done = run(command, checkout, web)
        assert done.returncode != 0
        assert len(done.stderr.splitlines()) == 1, done.stderr
        assert reason in done.stderr
    assert run(capture, checkout, web).returncode == 0
    assert "is there already" in run(capture, checkout, web).stderr


def test_the_article_of_a_source_that_is_only_listed(checkout: Path, web: Path) -> None:
    feed = (PROJECT / "tests/fixtures/bloomberg/feed/page.xml").read_bytes()
    add(web, "b", "https://feeds.bloomberg.com/robots.txt", "", type="text/plain")
    add(web, "b", "https://feeds.bloomberg.com/markets/news.rss", feed, type="application/rss+xml")
    done = run(["scrapy", "capture", "bloomberg", "https://feeds.bloomberg.com/markets/news.rss"], checkout, web)
    assert done.returncode == 0, done.stderr
    saved = checkout / "tests/fixtures/bloomberg/news-article"
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
    assert f"xinwen capture mapped {site}/posts/{ITEMS[0]}" in done.stdout


def test_a_site_whose_sitemap_is_an_index(checkout: Path, web: Path) -> None:
    site = "https://indexed.example"
    add(web, "i", f"{site}/robots.txt", f"Sitemap: {site}/index.xml\n", type="text/plain")
    add(web, "i", f"{site}/", "<html><head><title>Indexed Chips | News of the trade</title></head></html>")
    children = "".join(f"<sitemap><loc>{site}/{name}-sitemap.xml</loc></sitemap>" for name in ("page", "post"))
    add(web, "i", f"{site}/index.xml", f"<sitemapindex>{children}</sitemapindex>", type="application/xml")
    for name, paths in (("page", ["/about-the-people-who-write-all-this/"]), ("post", [f"/p/{one}" for one in ITEMS])):
        urls = "".join(f"<url><loc>{site}{path}</loc></url>" for path in paths)
        add(web, "i", f"{site}/{name}-sitemap.xml", f"<urlset>{urls}</urlset>", type="application/xml")
    # The longest address is not always an article.
    add(web, "i", f"{site}/p/{ITEMS[2]}", "<html><title>Gone</title><body>Gone</body></html>")
    add(web, "i", f"{site}/p/{ITEMS[0]}", page("An indexed story"))
    done = run(["scrapy", "newsource", "indexed", f"{site}/"], checkout, web)
    assert done.returncode == 0, done.stderr
    row = (checkout / "crawler/sources/indexed.py").read_text("utf-8")
    assert f'Sitemap("{site}/index.xml", follow=r"/post\\-sitemap")' in row
    assert ('name="Indexed Chips"' in row, 'include=r"/p/"' in row) == (True, True)
    entry, story = (shlex.split(line) for line in done.stdout.splitlines()[-2:])
    assert (entry[-1], story[-1]) == (f"{site}/post-sitemap.xml", f"{site}/p/{ITEMS[0]}")
    for command in (entry, story):
        assert run(command, checkout, web).returncode == 0
    refused = run(["scrapy", "capture", "indexed", f"{site}/index.xml"], checkout, web)
    assert f"leads to further entry pages only: capture one of them, such as {site}/post-sitemap.xml" in refused.stderr


def test_a_chinese_site_in_an_encoding_of_its_own(checkout: Path, web: Path) -> None:
    site = "https://zh.example"
    titles = {"1201": "光刻机提前试产㎡", "1202": "车用芯片产能售罄", "1203": "封装厂招聘技术员"}
    head = '<html><head><meta charset="gb2312"><title>{}</title></head><body>'
    items = "".join(f'<li><a href="/article/{number}.html">{title}</a></li>' for number, title in titles.items())
    home = (
        f'{head.format("芯闻日报-首页")}<a href="/about/1.html">关于我们</a><a href="/about/2.html">联系方式</a>{items}'
    )
    add(web, "z", f"{site}/", home.encode("gb18030"), type="text/html")
    text = "晶圆厂的新光刻机本周开始试产，比计划提前两个月，公司周二表示，首批晶圆的缺陷率低于预期。"
    story = f"<h1>{titles['1201']}</h1><div>时间：2026年11月17日 09:30</div>" + f"<p>{text}</p>" * 5
    story = head.format(f"{titles['1201']}_芯闻日报") + story
    add(web, "z", f"{site}/article/1201.html", story.encode("gb18030"), type="text/html")
    done = run(["scrapy", "newsource", "zh_daily", f"{site}/"], checkout, web)
    assert done.returncode == 0, done.stderr
    row = (checkout / "crawler/sources/zh_daily.py").read_text("utf-8")
    assert 'name="芯闻日报"' in row and 'language="zh"' in row and 'timezone="Asia/Shanghai"' in row
    for command in done.stdout.splitlines()[-2:]:
        saved = run(shlex.split(command), checkout, web)
        assert saved.returncode == 0, saved.stderr
    article = json.loads(saved.stdout)
    assert (article["title"], article["published"]) == (titles["1201"], "2026-11-17T01:30:00Z")


def test_a_feed_that_lies_on_a_host_of_its_own(checkout: Path, web: Path) -> None:
    head = '<link rel="alternate" type="application/rss+xml" href="https://feeds.apart.example/all.xml">'
    add(web, "a", "https://www.apart.example/robots.txt", "", type="text/plain")
    add(web, "a", "https://feeds.apart.example/robots.txt", "", type="text/plain")
    add(web, "a", "https://www.apart.example/", f"<title>Apart</title>{head}")
    item = "<item><title>Story</title><link>https://www.apart.example/s/1</link></item>"
    feed = f"<rss version='2.0'><channel>{item}</channel></rss>"
    add(web, "a", "https://feeds.apart.example/all.xml", feed, type="application/rss+xml")
    add(web, "a", "https://www.apart.example/s/1", page("Story"))
    done = run(["scrapy", "newsource", "apart", "https://www.apart.example/"], checkout, web)
    assert done.returncode == 0, done.stderr
    assert 'hosts=("www.apart.example",),' in (checkout / "crawler/sources/apart.py").read_text("utf-8")
    for command in done.stdout.splitlines()[-2:]:
        assert run(shlex.split(command), checkout, web).returncode == 0


def test_a_host_that_is_in_the_table_is_told(checkout: Path, web: Path) -> None:
    add(web, "s", "https://www.semi.org/robots.txt", "", type="text/plain")
    add(web, "s", "https://www.semi.org/en/blogs", page("x"))
    feed = (
        "<rss version='2.0'><channel><item><title>T</title><link>https://www.semi.org/b/1</link></item></channel></rss>"
    )
    add(web, "s", "https://www.semi.org/feed", feed, type="application/rss+xml")
    done = run(["scrapy", "newsource", "semi_blogs", "https://www.semi.org/en/blogs"], checkout, web)
    assert "www.semi.org is a host of source semi already" in done.stdout


@pytest.mark.parametrize("name", ['Chips """ + x', "Chips\r\nimport os\u2028x", 'A "B" \\', "\x00", "O'Hara's \"C\""])
def test_what_a_site_calls_itself_is_no_program(name: str) -> None:
    found = SurveyResult(methods=[Feed(f"{SITE}/feed.xml")], site_name=name)
    tree = ast.parse(module("chip_daily", SITE, found))
    assert [type(node) for node in tree.body] == [ast.Expr, ast.ImportFrom, ast.ImportFrom, ast.Assign]
    call = tree.body[-1].value
    given = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords if keyword.arg == "name"}
    assert given["name"].split() == name.replace("\x00", "chipdaily.example").split()
