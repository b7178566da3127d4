"""Captured feeds, sitemaps, listings and report pages of real sites, read by their discovery methods."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from crawler.discovery.entry_page import EntryPage
from crawler.discovery.methods import Feed, Listing, Reports, Sitemap
from crawler.discovery.reader import read_entry_page
from crawler.discovery.select import on_topic
from crawler.extraction import read_document
from crawler.sources import source

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def seeking_alpha(file: Path) -> EntryPage:
    row = source("seeking_alpha")
    method = row.discovery[2]
    return read_entry_page(method, file.read_bytes(), method.url, row, NOW)


def test_seeking_alpha_in_the_shape_of_2026(captures: Path) -> None:
    page = seeking_alpha(captures / "seeking_alpha/rss-symbol-AAPL-2026-03-08.xml")
    assert len(page.links) == page.found == 20
    assert Counter(link.url.split("/")[3] for link in page.links) == {"news": 14, "article": 6}
    first = page.links[0]
    assert first.url == "https://seekingalpha.com/article/4879882"
    assert first.title == "Wall Street Week Ahead"
    assert first.published == datetime(2026, 3, 8, 11, 23, 46, tzinfo=UTC)
    assert len(first.tags) == 16
    assert first.authors == ("Wall Street Breakfast",)
    # The feed changes from -0400 to -0500 on the way.
    assert page.links[-1].published == datetime(2026, 3, 4, 1, 4, 12, tzinfo=UTC)
    # A week ahead that names sixteen companies, chip makers among them, is not on topic.
    assert first not in on_topic(page.links, source("seeking_alpha"))


def test_seeking_alpha_in_the_shape_of_2017(captures: Path) -> None:
    page = seeking_alpha(captures / "seeking_alpha/rss-combined-MSFT-2017-10.derived.xml")
    assert len(page.links) == 30
    first, second = page.links[:2]
    assert (first.url, first.tags, first.authors) == (
        "https://seekingalpha.com/article/4117127",
        ("MSFT",),
        ("SA Transcripts",),
    )
    # Its link is /symbol/MSFT/news; only the guid identifies the item.
    assert second.url == "https://seekingalpha.com/news/3304927"
    assert second.published == datetime(2017, 10, 26, 20, 53, 2, tzinfo=UTC)
    assert len({link.url for link in page.links}) == 30
    assert not any("?" in link.url for link in page.links)


def test_a_feed_of_feedburner(captures: Path) -> None:
    row = replace(source("reuters"), include="", hosts=("feeds.reuters.com",))
    method = Feed("http://feeds.reuters.com/Reuters/worldNews")
    page = read_entry_page(method, (captures / "reuters/feed-worldNews-2020.rss").read_bytes(), method.url, row, NOW)
    assert len(page.links) == 20
    assert page.links[0].title.startswith("Mexico City to begin")
    assert page.links[0].published == datetime(2020, 6, 13, 0, 25, 17, tzinfo=UTC)
    assert page.links[0].language == "en"
    assert not any("<" in link.summary for link in page.links)


def test_a_feed_with_line_breaks_in_its_addresses(captures: Path) -> None:
    row = replace(source("bloomberg"), hosts=("news.google.com",))
    method = Feed("https://news.google.com/rss/search")
    data = (captures / "reuters/analogue-google-news-rss-site-reuters-2026-03-15.xml").read_bytes()
    page = read_entry_page(method, data, method.url, row, NOW)
    assert len(page.links) == 100
    assert page.links[0].url.startswith("https://news.google.com/rss/articles/CBMi4gFBVV95")


def test_a_feed_in_gb2312(captures: Path) -> None:
    row = replace(source("semiinsights"), include="", hosts=("www.acnnewswire.net",), same_page=None)
    method = Feed("http://www.acnnewswire.net/rss2/press_rss_20c.asp")
    data = (captures / "semiinsights/analogue-gb2312-acnnewswire-feed.xml").read_bytes()
    page = read_entry_page(method, data, method.url, row, NOW)
    assert len(page.links) == 8
    assert page.links[0].title.startswith("JCB 与中国银联（China UnionPay）")
    assert page.links[0].url == "http://www.acnnewswire.net/Article.Asp?lang=_c&Art_ID=29698"
    assert not any("\ufffd" in link.title for link in page.links)


def test_a_news_sitemap(captures: Path) -> None:
    method = Sitemap("https://www.bloomberg.com/feeds/bbiz/sitemap_news.xml", language="en")
    data = (captures / "bloomberg/news-sitemap-bbiz-2026-03-15.xml").read_bytes()
    page = read_entry_page(method, data, method.url, source("bloomberg"), NOW)
    assert len(page.links) == 16
    first = page.links[0]
    assert first.title.startswith("Trump Wants Countries")
    assert first.published == datetime(2026, 3, 15, 0, 48, 24, tzinfo=UTC)
    assert first.url.startswith("https://www.bloomberg.com/news/audio/2026-03-15/trump-wants-countries-")
    assert ("NASDAQ:SBGI", "NASDAQ:NXST", "NASDAQ:GOOGL") in [link.tags for link in page.links]


def test_a_damaged_news_sitemap_in_four_languages(captures: Path) -> None:
    method = Sitemap("https://www.bloomberg.com/feeds/sitemap_news.xml", language="en")
    data = (captures / "bloomberg/news-sitemap-2023-12-01.pasted.xml").read_bytes()
    page = read_entry_page(method, data, method.url, source("bloomberg"), NOW)
    assert (page.found, len(page.links), page.dropped) == (734, 663, {"language": 71})
    assert not any("\\n" in link.url + link.title for link in page.links)


def test_a_chinese_list_page(captures: Path) -> None:
    row = replace(source("semiinsights"), include=r"163\.com/\d\d/", hosts=("news.163.com",), same_page=None)
    method = Listing("http://news.163.com/", item="div.data_row", link="h3 a::attr(href)", title="h3 a")
    page = read_entry_page(
        method, (captures / "semiinsights/analogue-163-listpage.html").read_bytes(), method.url, row, NOW
    )
    assert (len(page.links), page.dropped) == (25, {"host": 4})
    assert page.links[0].url == "https://news.163.com/20/0802/16/FJ1P0UTC0001899O.html"
    assert page.links[0].title.startswith("无缘清华北大")


def test_the_release_page_of_wsts_leads_to_the_pdf(captures: Path) -> None:
    row = source("wsts")
    method = next(method for method in row.discovery if isinstance(method, Reports))
    page = read_entry_page(method, (captures / "wsts/wsts_recent_news_release.html").read_bytes(), method.url, row, NOW)
    (link,) = page.links
    assert link.url == "https://www.wsts.org/esraCMS/extension/media/f/WST/7618/WSTS_FC-Release-2026-May.pdf"
    assert link.title == "WSTS Spring 2026 FC - Global Semiconductor Market Surges Beyond $1.5T 2026"
    assert link.kind == "news"


def test_filings_on_a_page_of_intels_platform(captures: Path) -> None:
    row = replace(
        source("intel"), include="", address_of=None, hosts=("ir.marathondh.com", "d1io3yog0oux5.cloudfront.net")
    )
    method = Reports("https://ir.marathondh.com/financial-information", kind="filing")
    data = (captures / "intel/analogue-equisolve-marathondh-financial-information.fragment.html").read_bytes()
    page = read_entry_page(method, data, method.url, row, NOW)
    assert [(link.url.rsplit("/", 1)[-1], link.title) for link in page.links] == [
        (
            "2022-11-08_Marathon_Digital_Holdings_Reports_Third_Quarter_1297.pdf",
            "Marathon Digital Holdings Reports Third Quarter 2022 Results",
        ),
        ("0001493152-22-031756.pdf", "10-Q"),
        ("0001493152-22-006446.pdf", "Latest 10-K"),
    ]


def test_the_chinese_site_of_semi(captures: Path) -> None:
    row = source("semi")
    method = row.discovery[0]
    assert isinstance(method, Listing)
    data = (captures / "semi/semi.org.cn-column-hot-news-2026-05-20.trimmed.html").read_bytes()
    page = read_entry_page(method, data, method.url, row, NOW)
    assert len(page.links) == 10
    assert all(link.title and link.published and link.summary for link in page.links)
    assert all(link.url.startswith("https://www.semi.org.cn/site/semi/article/") for link in page.links)
    url = page.links[0].url
    data = (captures / "semi/semi.org.cn-article-2026-05-20.trimmed.html").read_bytes()
    article = read_document(data, url, captured=NOW, source=row)
    assert article.title == "英特尔陈立武：14A制程2029年量产，18A工艺良率回升"
    assert article.published and f"{article.published:%Y-%m-%d}" == "2026-05-20"
    # The page names the maker of its template as the author.
    assert (article.language, article.authors) == ("zh", [])
