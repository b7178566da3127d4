"""Commands with a file of the user's own sources: the examples of the documentation as they stand there, and more."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import get_args

import pytest

from crawler.discovery.methods import Link
from crawler.local_sources import METHODS, _hints
from crawler.source import Category, Selectors, Source, Thresholds
from crawler.sources import EXTRA, PACKAGED
from tests.commands import PROJECT, assert_one_line_error, run
from tests.crawler.spider.test_spider_crawls import comparable
from tests.crawler.tiny_web import add, crawl, scrapy

SITE = "https://www.chipdaily.example"
PAGES = {"en": "docs/sources.md", "zh": "docs/sources.zh-CN.md"}
TEXT = "The fab orders wafers of glass, and the makers of tools for them have work for two years. " * 6


def example(language: str) -> str:
    """The file that the documentation shows."""
    (block,) = re.findall(r"```toml\n(.*?)```", (PROJECT / PAGES[language]).read_text("utf-8"), re.DOTALL)
    return block


@pytest.fixture
def web(tmp_path: Path) -> Path:
    folder = tmp_path / "web"
    add(folder, "site", f"{SITE}/robots.txt", "User-agent: *\nDisallow: /search\n", type="text/plain")
    add(folder, "site", f"{SITE}/feed.xml", "gone", status=404)
    items = "".join(
        f'<li class="story"><a href="/news/2026/{name}">{title}</a> <time datetime="2026-08-1{day}T09:30">August</time></li>'
        for day, (name, title) in enumerate({"glass": "A fab for glass wafers", "golf": "Who won at golf"}.items())
    )
    add(folder, "site", f"{SITE}/news", f"<html><body><ul>{items}</ul></body></html>")
    story = f'<h1 class="headline">A fab for glass wafers</h1><aside>Ads</aside><div class="story"><p>{TEXT}</p></div>'
    add(folder, "site", f"{SITE}/news/2026/glass", f'<html lang="en"><body>{story}</body></html>')
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("language", PAGES)
def test_the_example_of_the_documentation(language: str, tmp_path: Path, web: Path) -> None:
    own = tmp_path / "sources.toml"
    own.write_text(example(language), "utf-8")
    listed = scrapy("list", xinwen_sources=own)
    assert listed.stdout.split() == [*PACKAGED, "chip_daily"], listed.stderr
    lines = {line.split()[1]: line for line in scrapy("list", "--table", xinwen_sources=own).stdout.splitlines()[1:]}
    assert re.search(r"no 否 +changed 有改动", lines["kpmg"])
    assert re.search(r" full .* 6h .*yes 是 +changed 有改动", lines["semi"])
    assert re.search(
        r"^21 +chip_daily +芯片日报 +媒体 +abstract +feed, listing +1h +— +yes 是 +own 自有", lines["chip_daily"]
    )
    assert re.search(r"forbid 禁止 +yes 是 +table 总表", lines["pwc"])
    found = crawl(web, "chip_daily", "-a", "limit=5", results=tmp_path, xinwen_sources=own)
    assert found.status == 0, found.errors
    (article,) = found.articles.values()
    assert (article["title"], article["published"]) == ("A fab for glass wafers", "2026-08-10T13:30:00+00:00")
    assert (article["url"], article["access"]) == (f"{SITE}/news/2026/glass", "abstract")
    assert article["body"].startswith("The fab orders") and "Ads" not in article["body"]


@pytest.mark.slow
def test_other_commands_know_it(tmp_path: Path, web: Path, uri: str) -> None:
    own = tmp_path / "sources.toml"
    own.write_text(example("zh"), "utf-8")
    given = {"xinwen_sources": own, "xinwen_sample_web": web, "mongodb_uri": uri}
    page = tmp_path / "list.html"
    page.write_bytes((web / "site" / "2.body").read_bytes())
    done = run("crawler", "links", page, "--source", "chip_daily", "--url", f"{SITE}/news", **given)
    assert [json.loads(line)["wanted"] for line in done.stdout.splitlines()] == [True, False]
    done = run(
        "crawler", "extract", web / "site/3.body", "--url", f"{SITE}/news/2026/glass", "--source", "chip_daily", **given
    )
    assert json.loads(done.stdout)["body"] == "" and json.loads(done.stdout)["title"] == "A fab for glass wafers"
    done = run("scrapy", "crawlall", "chip_daily", **given)
    assert done.returncode == 0, done.stdout + done.stderr
    done = run("similarity", "health", "chip_daily", **given)
    assert done.returncode == 0 and "ok" in done.stdout
    found = run("similarity", "latest", "--source", "chip_daily", **given)
    assert "A fab for glass wafers" in found.stdout
    done = scrapy("capture", "chip_daily", f"{SITE}/news", folder=web, xinwen_sources=own)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "fixtures/chip_daily/news/expected.json").exists()


@pytest.mark.slow
def test_newsource_adds_to_the_file(tmp_path: Path) -> None:
    site, web, own = "https://www.chipweekly.example", tmp_path / "web", tmp_path / "sources.toml"
    own.write_text("# ours\n[kpmg]\nenabled = false # for now", "utf-8")
    add(web, "w", f"{site}/robots.txt", "", type="text/plain")
    add(
        web,
        "w",
        f"{site}/",
        '<title>Chip "Weekly\\"</title><link rel=alternate type="application/rss+xml" href="/f.xml">',
    )
    items = "".join(f"<item><title>T{n}</title><link>{site}/a.b/2026/{n}</link></item>" for n in range(3))
    add(web, "w", f"{site}/f.xml", f'<rss version="2.0"><channel>{items}</channel></rss>', type="application/rss+xml")
    given = {"folder": web, "xinwen_sources": str(own)}
    done = scrapy("newsource", "--local", "chip_weekly", f"{site}/", **given)
    assert done.returncode == 0, done.stderr
    assert f"written: {own}:5, disabled" in done.stdout and f"xinwen capture chip_weekly {site}/f.xml" in done.stdout
    text = own.read_text("utf-8")
    assert text.startswith("# ours\n[kpmg]\nenabled = false # for now\n\n[chip_weekly]\n")
    assert "include = '/a\\.b/'" in text and 'method = "feed"' in text
    assert scrapy("list", xinwen_sources=str(own)).stdout.split()[-1] == "chip_weekly"
    again = scrapy("newsource", "--local", "chip_weekly", f"{site}/", **given)
    assert_one_line_error(again, f"there is a source chip_weekly already, in {own}")
    assert_one_line_error(scrapy("newsource", "--local", "sia", f"{site}/", **given), "there is a source sia already")
    assert own.read_text("utf-8") == text
    assert_one_line_error(
        scrapy("newsource", "--local", "other", f"{site}/", folder=web), "XINWEN_SOURCES names no file"
    )


@pytest.mark.slow
@pytest.mark.parametrize("key", sorted(path.stem for path in PROJECT.glob("tests/crawls/extra/*.json")))
def test_more_sources_are_crawled_once_they_are_on(key: str, tmp_path: Path) -> None:
    printed = scrapy("list", "--extra")
    own = tmp_path / "sources.toml"
    own.write_text(printed.stdout.replace("enabled = false", "enabled = true"), "utf-8")
    found = crawl(PROJECT / "samples", key, results=tmp_path, xinwen_sources=str(own))
    assert found.status == 0, found.errors
    wanted = json.loads((PROJECT / f"tests/crawls/extra/{key}.json").read_text("utf-8"))
    assert list(found.articles) == [article["url"] for article in wanted]
    for article in wanted:
        assert comparable(found.articles[article["url"]], article) == {
            name: value or None for name, value in article.items()
        }


@pytest.mark.parametrize(
    "command",
    [
        ("scrapy", "list"),
        ("scrapy", "crawl", "sia"),
        ("scrapy", "crawlall"),
        ("crawler", "links", "x", "--source", "sia"),
        ("pipelines", "ingest", "x"),
        ("similarity", "health"),
        ("service", "--port", "0"),
    ],
    ids=" ".join,
)
def test_no_command_goes_on_with_a_wrong_file(command: tuple[str, ...], tmp_path: Path) -> None:
    own = tmp_path / "sources.toml"
    own.write_text("[kpmg]\nenabled = 'no'\n", "utf-8")
    for file, reason in ((own, f"error: {own}:2: kpmg.enabled: 'no' "), (tmp_path / "none.toml", "no such file")):
        done = run(*command, xinwen_sources=file, mongodb_uri="mongodb://127.0.0.1:9/x")
        assert_one_line_error(done, reason)
        assert done.returncode == 2


@pytest.mark.parametrize("page", PAGES.values())
def test_every_key_is_in_the_documentation(page: str) -> None:
    text = re.sub(r"```.*?```", "", (PROJECT / page).read_text("utf-8"), flags=re.DOTALL)
    tables = dict.fromkeys(re.findall(r"`([^`]+)`", text))
    kinds = (Source, Selectors, Thresholds, *METHODS.values())
    missing = {name for kind in kinds for name in _hints(kind) if name not in tables and f"`{name} = " not in text}
    assert missing == set()
    assert not {*METHODS, *get_args(Category), *Link.__dataclass_fields__} - {*tables, "files"}
    assert EXTRA.read_text("utf-8").count("enabled = false") == 14
