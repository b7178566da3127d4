"""What the entry page says of an article, where its page or document is refused or hardly read."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.discovery.methods import Link
from crawler.extraction import Unreadable
from crawler.sources import source
from crawler.spider.article_builder import article_from_page
from tests.crawler.tiny_web import add, crawl

NOW = datetime(2026, 11, 20, tzinfo=UTC)
TEXT = "Makers of equipment for chips sold more of it in every region than in the quarter before. "
GOLDMAN = "https://www.goldmansachs.com"
IR = "https://www.samsung.com/global/ir/financial-information/earnings-release/"
FILES = "images.samsung.com/is/content/samsung/assets/global/ir/docs"
LIST = "http://www.semi-insights.com/s/bdt/15/1.shtml"
ABSTRACT = "本周三家代工厂公布了第三季度的产能利用率，成熟制程的价格在夏季之前将保持平稳，分销商库存仍高于九十天。"


def feed_of_goldman(folder: Path) -> None:
    item = {
        "title": "Chips and power",
        "path": "/insights/articles/chips-and-power",
        "description": "What semiconductors do to the price of power.",
        "cmsPageProps": {"publishDate": "2026-02-25T14:00:00Z", "contentType": [{"id": "gscom:content-type/article"}]},
    }
    add(folder, "goldman_sachs", f"{GOLDMAN}/feeds/insights.json", json.dumps([item]), type="application/json")


@pytest.mark.parametrize("by_robots", [False, True])
def test_of_a_refused_article_of_goldman_sachs_the_feed_is_kept(tmp_path: Path, by_robots: bool) -> None:
    feed_of_goldman(tmp_path)
    rules = "User-agent: *\nDisallow: /insights/articles/\n" if by_robots else ""
    add(tmp_path, "goldman_sachs", f"{GOLDMAN}/robots.txt", rules, type="text/plain")
    url = f"{GOLDMAN}/insights/articles/chips-and-power"
    add(tmp_path, "goldman_sachs", url, "<title>Access Denied</title>", status=403)
    run = crawl(tmp_path, "goldman_sachs")
    (article,) = run.articles.values()
    assert (article["url"], article["access"], article["body"]) == (url, "abstract", "")
    assert (article["title"], article["summary"]) == (
        "Chips and power",
        "What semiconductors do to the price of power.",
    )
    assert article["published"] == "2026-02-25T14:00:00+00:00"
    assert run.stats["xinwen/pages/stood_in"] == 1


def test_of_refused_documents_of_samsung_the_link_is_kept_as_headline(tmp_path: Path) -> None:
    names = ("2026_2Q_conference_eng.pdf", "2026_1Q_conference_eng.pdf")
    page = "".join(f'<a href="//{FILES}/{name}">PDF</a>' for name in names)
    add(tmp_path, "samsung", IR, page)
    for name in names:
        add(tmp_path, "samsung", f"https://{FILES}/{name}", "<title>Access Denied</title>", status=403)
    run = crawl(tmp_path, "samsung")
    assert run.unreadable == {}
    assert {(article["title"], article["access"], article["kind"]) for article in run.articles.values()} == {
        ("Samsung Electronics: Earnings presentation, Q2 2026", "headline", "report"),
        ("Samsung Electronics: Earnings presentation, Q1 2026", "headline", "report"),
    }
    (file,) = run.articles[f"https://{FILES}/{names[0]}"]["files"]
    assert (file["url"], file["media_type"]) == (f"https://{FILES}/{names[0]}", "application/pdf")


def of_the_list(body: str, head: str = "") -> tuple[str, str]:
    """Summary and body of an article of semi-insights whose list has an abstract."""
    link = Link(LIST, title="三家代工厂公布产能利用率", published=NOW, summary=ABSTRACT)
    page = f"<html><head><title>半导体行业观察</title>{head}</head><body>{body}</body></html>".encode()
    article = article_from_page(page, LIST, link, source("semiinsights"), NOW, "utf-8")
    assert article.title == "三家代工厂公布产能利用率"
    return article.summary, article.body


def test_of_an_article_that_comes_out_short_the_abstract_of_the_list_is_kept() -> None:
    description = '<meta name="description" content="半导体行业观察，最专业的半导体媒体。">'
    assert of_the_list("<h1>三家代工厂公布产能利用率</h1><div>登录</div>", description)[0] == ABSTRACT
    assert of_the_list("<h1>三家代工厂公布产能利用率</h1>") == (ABSTRACT, "")
    text = "该公司周五宣布，第三座晶圆厂比原计划提前两个季度投产，在最后一批设备安装完毕之后，月产能将达到四万片。"
    more = "供应商已经搬到附近的园区，当地预计到明年将增加两千个就业岗位，另外还要修建第二条铁路，通往河边的平原。"
    summary, body = of_the_list(f"<h1>三家代工厂公布产能利用率</h1><p>{text}</p><p>{more}</p>", description)
    assert (summary, body) == ("半导体行业观察，最专业的半导体媒体。", f"{text}\n{more}")


def test_a_page_with_neither_text_nor_abstract_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="no content"):
        article_from_page(b"<h1>X</h1>", LIST, Link(LIST, title="X"), source("semiinsights"), NOW, "")
